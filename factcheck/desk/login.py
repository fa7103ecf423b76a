"""The log-in: a password, and where the user has or needs one, a second step. Before that nobody is logged in."""

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from factcheck.api.factors import PROVED, has_factors, has_password, is_break_glass, must_have_factor
from factcheck.api.problems import wants_page
from factcheck.api.session_store import describe_session
from factcheck.api.throttles import LoginThrottle
from factcheck.desk.languages import chosen_language, set_language_cookie
from factcheck.desk.login_form import LoginForm
from factcheck.desk.page_view import OptionsForAnybody
from factcheck.journal.people import break_glass, mend_glass

BREAK_GLASS_PERIOD = timedelta(hours=1)
WAITING = "waiting"  # in a session of nobody: whose password was right
LONGEST_WAY = timedelta(minutes=10)  # from the password to the second step
CONFIRMED = "confirmed"  # in a session: when the user has last shown who they are


def log_in(request: HttpRequest, user: Any, *, is_proved: bool) -> None:
    """`is_proved`: by a second factor too."""
    if is_break_glass(user):
        break_glass(user)
    request.session.flush()  # what somebody began here before, such as an app whose key they know
    login(request, user, settings.AUTHENTICATION_BACKENDS[0])
    request.session.set_expiry(timezone.now() + BREAK_GLASS_PERIOD if is_break_glass(user) else None)
    request.session[PROVED], request.session[CONFIRMED] = is_proved, time.time()
    describe_session(request)


def lead_in(user: Any, address: str) -> HttpResponse:
    """The answer to a log-in."""
    response = HttpResponseRedirect(address)
    set_language_cookie(response, chosen_language(user.pk))
    return response


def wait_for_second_step(request: HttpRequest, user: Any, address: str) -> HttpResponse:
    """The session stays nobody's: it only notes whose password was right, and where they want to go."""
    request.session.flush()
    request.session[WAITING] = {"user": user.pk, "hash": user.get_session_auth_hash(), "next": address}
    request.session.set_expiry(timezone.now() + LONGEST_WAY)
    return HttpResponseRedirect("/login/second/")


def waiting_user(request: HttpRequest) -> Any | None:
    kept = request.session.get(WAITING, {})
    user = User.objects.filter(pk=kept.get("user"), is_active=True).first()
    is_same = user and constant_time_compare(kept["hash"], user.get_session_auth_hash())
    return user if is_same and has_password(user) else None


class ThrottledLoginView(OptionsForAnybody, LoginView):
    template_name = "desk/pages/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user, address = form.get_user(), self.get_success_url()
        if has_factors(user) or must_have_factor(user):
            return wait_for_second_step(self.request, user, address)
        log_in(self.request, user, is_proved=False)
        return lead_in(user, address)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        throttle = LoginThrottle()
        if throttle.allow_request(request, self):
            return super().post(request, *args, **kwargs)
        return self._refuse(request, throttle.wait())

    def _refuse(self, request: HttpRequest, wait: int) -> HttpResponse:
        headers = {"Retry-After": str(wait)}
        if not wants_page(request):
            return HttpResponse(status=429, headers=headers)
        form = LoginForm(request, initial={"username": request.POST.get("username", "")})
        context = self.get_context_data(form=form, wait=wait)
        response = self.render_to_response(context, status=429, headers=headers)
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response


class LogoutPage(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if is_break_glass(request.user):
            mend_glass(request.user)
        return super().post(request, *args, **kwargs)
