"""The log-in by an identity provider: the way there, the way back, and what the provider ends by itself."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from factcheck.api.problems import wants_page
from factcheck.api.provider import NotVouched, Why, begin, finish, subject_of_logout
from factcheck.api.session_store import describe_session
from factcheck.api.throttles import AddressThrottle
from factcheck.desk.languages import chosen_language, set_language_cookie
from factcheck.desk.login import WAITING
from factcheck.desk.page_view import OptionsForAnybody
from factcheck.journal.people import log_out, record_person

BACKEND = settings.AUTHENTICATION_BACKENDS[0]
NEXT = "next_after_provider"
LONGEST_WAY = 600  # seconds from here to the provider and back

NO_ROLE = _("%(provider)s knows you, but has given you no role here. Ask who manages the accounts there.")
DEACTIVATED = _("Your account here is deactivated. Ask an admin of this service.")
WORDS = {
    Why.DENIED: (403, _("%(provider)s did not let you in, or you did not want it to.")),
    Why.EXPIRED: (400, _("This log-in took too long, or was begun in another window. Begin it again.")),
    Why.UNTRUE: (
        502,
        _("What %(provider)s answered could not be verified, so you are not logged in. Tell an admin of this service."),
    ),
    Why.UNREACHABLE: (503, _("%(provider)s does not answer. Nothing is wrong with your account: try again later.")),
}


@method_decorator(never_cache, name="dispatch")
class ProviderView(OptionsForAnybody, View):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        is_answered = request.method != "OPTIONS" and hasattr(self, str(request.method).lower())
        if is_answered and not settings.OIDC_ISSUER:
            raise Http404
        try:
            return super().dispatch(request, *args, **kwargs)
        except NotVouched as refused:
            return self._refused(*WORDS[refused.why])

    def _refused(self, status: int, words: Any) -> HttpResponse:
        if not wants_page(self.request):
            return HttpResponse(status=status)
        context = {"message": words % {"provider": settings.OIDC_NAME}}
        response = render(self.request, "desk/pages/not_logged_in.html", context, status=status)
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response


class ProviderLogin(ProviderView):
    def get(self, request: HttpRequest) -> HttpResponse:
        throttle = AddressThrottle()  # no password can be guessed here, and an office has one address
        if not throttle.allow_request(request, self):
            return HttpResponse(status=429, headers={"Retry-After": str(throttle.wait())})
        answer = begin(request, request.build_absolute_uri(reverse("provider-callback")))
        request.session[NEXT] = request.GET.get("next", "").replace("\x00", "")
        if not request.user.is_authenticated:
            request.session.set_expiry(LONGEST_WAY)
        return answer


class ProviderCallback(ProviderView):
    def get(self, request: HttpRequest) -> HttpResponse:
        person = finish(request)
        user = record_person(person=person)
        if user is None:
            return self._refused(403, NO_ROLE)
        if not user.is_active:
            return self._refused(403, DEACTIVATED)
        return self._log_in(request, user)

    def _log_in(self, request: HttpRequest, user: User) -> HttpResponse:
        wanted = request.session.pop(NEXT, "")
        is_own = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
        login(request, user, BACKEND)
        request.session.pop(WAITING, None)
        request.session.set_expiry(None)
        describe_session(request)
        response = HttpResponseRedirect(wanted if is_own else settings.LOGIN_REDIRECT_URL)
        set_language_cookie(response, chosen_language(user.pk))
        return response


@method_decorator(csrf_exempt, name="dispatch")
class ProviderLogout(ProviderView):
    """Back-channel logout: the provider itself says, signed, whose sessions end."""

    def post(self, request: HttpRequest) -> HttpResponse:
        throttle = AddressThrottle()
        if not throttle.allow_request(request, self):
            return HttpResponse(status=429, headers={"Retry-After": str(throttle.wait())})
        try:
            log_out(subject_of_logout(request.POST.get("logout_token", "")))
        except NotVouched as refused:
            return HttpResponse(status=503 if refused.why is Why.UNREACHABLE else 400)
        return HttpResponse(status=200)
