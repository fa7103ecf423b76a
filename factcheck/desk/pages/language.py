from typing import Any

from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language


@method_decorator(csrf_exempt, name="dispatch")
class ChooseLanguage(View):
    """For who has no account. Only sets a cookie, so it needs no CSRF token: no cache could keep a page with one."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return set_language(request)
