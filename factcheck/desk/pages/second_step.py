"""The second step of a log-in, after the password; and the log-in by a passkey alone."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView, View

from factcheck.api.factors import Unreadable, Wait, accept_code, has_factors, has_password, must_have_factor
from factcheck.api.models import AuthenticatorApp, Passkey
from factcheck.api.passkeys import NotAPasskey, request_options, used_passkey
from factcheck.api.throttles import LoginThrottle
from factcheck.desk.login import LONGEST_WAY, WAITING, lead_in, log_in, waiting_user
from factcheck.desk.page_view import OptionsForAnybody, too_many_requests


def arrive(request: HttpRequest, user: Any) -> HttpResponse:
    """The second step is done: now the user is logged in, and goes where they wanted."""
    address = request.session[WAITING]["next"]
    log_in(request, user, is_proved=True)
    return lead_in(user, address)


@method_decorator(never_cache, name="dispatch")
class SecondStep(OptionsForAnybody, TemplateView):
    template_name = "desk/pages/second_step.html"
    person: Any

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "OPTIONS":
            return super().dispatch(request, *args, **kwargs)
        self.person = waiting_user(request)
        if self.person is None:
            return HttpResponseRedirect(settings.LOGIN_URL)
        if not has_factors(self.person):
            return HttpResponseRedirect(
                "/account/second-step/" if must_have_factor(self.person) else settings.LOGIN_URL
            )  # fmt: skip
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            person=self.person,
            has_app=AuthenticatorApp.objects.filter(user=self.person.pk).exists(),
            has_passkeys=Passkey.objects.filter(user=self.person.pk).exists(),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        throttle = LoginThrottle()
        if not throttle.allow_request(request, self):
            return self._again(429, wait=throttle.wait())
        try:
            is_good = accept_code(self.person, request.POST.get("code", ""))
        except Wait as wait:
            return self._again(429, wait=wait.seconds)
        except Unreadable:
            return self._again(400, is_unreadable=True)
        return arrive(request, self.person) if is_good else self._again(400, is_wrong=True)

    def _again(self, status: int, **context: Any) -> HttpResponse:
        headers = {"Retry-After": str(context["wait"])} if "wait" in context else None
        response = self.render_to_response(self.get_context_data(**context), status=status, headers=headers)
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response


@method_decorator(never_cache, name="dispatch")
class PasskeyLogin(OptionsForAnybody, View):
    """Without a credential it answers what the browser is to be asked. `alone`: without a password before."""

    def post(self, request: HttpRequest) -> HttpResponse:
        is_alone = "alone" in request.POST
        person = None if is_alone else waiting_user(request)
        if person is None and not is_alone:
            return self._refused(gettext("This log-in took too long. Begin it again."))
        if not request.POST.get("credential"):
            return too_many_requests(request) or self._ask(person)
        throttle = LoginThrottle()
        if not throttle.allow_request(request, self):
            return HttpResponse(status=429, headers={"Retry-After": str(throttle.wait())})
        try:
            user = used_passkey(request, request.POST["credential"], person).user
        except NotAPasskey:
            return self._refused(gettext("This passkey is not known here, or was not asked for now. Begin again."))
        if not is_alone:
            return arrive(request, user)
        if not (user.is_active and has_password(user)):
            return self._refused(gettext("Nobody can log in with this passkey. Ask an admin of this service."))
        log_in(request, user, is_proved=True)
        wanted = request.POST.get("next", "")
        is_own = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
        return lead_in(user, wanted if is_own else settings.LOGIN_REDIRECT_URL)

    def _ask(self, person: Any | None) -> HttpResponse:
        if person is None and not self.request.user.is_authenticated:
            self.request.session.pop(WAITING, None)
            self.request.session.set_expiry(LONGEST_WAY)
        return JsonResponse(request_options(self.request, person))

    def _refused(self, message: str) -> HttpResponse:
        response = render(self.request, "desk/pages/not_logged_in.html", {"message": message}, status=403)
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response
