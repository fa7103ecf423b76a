"""The form to log in, also on the page that answers a form whose session has ended."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.forms import AuthenticationForm
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from factcheck.desk.form_words import FILL_IN
from factcheck.desk.labels import field_label

NOT_TYPED = {"csrfmiddlewaretoken", "version", "_method", "next"}


class LoginForm(AuthenticationForm):
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("No user has this name and this password. Check capital and small letters."),
    }

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        for field in self.fields.values():
            field.error_messages["required"] = FILL_IN


def ended_context(request: Any) -> dict[str, Any]:
    """For `desk/pages/login.html`: what was typed, to be copied, and the way back to the form's page.

    Only for a form of this service. Another site could otherwise put its words beside our log-in.
    """
    referer = urlsplit(request.headers.get("Referer", ""))
    is_own = url_has_allowed_host_and_scheme(referer.geturl(), {request.get_host()}, request.is_secure())
    if not is_own or not referer.netloc:
        return {"form": LoginForm(), "has_ended": True, "user": request.user}
    typed = [(field_label(name), value) for name, value in request.POST.items() if _is_typed(name, str(value))]
    page = referer._replace(scheme="", netloc="").geturl()
    return {"form": LoginForm(), "has_ended": True, "user": request.user, "typed": typed, "next": page}


def _is_typed(name: str, value: str) -> bool:
    return bool(value.strip()) and not value.isdigit() and name not in NOT_TYPED and "password" not in name
