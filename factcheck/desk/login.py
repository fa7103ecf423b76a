from datetime import timedelta
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from factcheck.api.problems import wants_page
from factcheck.api.session_store import describe_session
from factcheck.api.throttles import LoginThrottle
from factcheck.desk.languages import chosen_language, set_language_cookie
from factcheck.desk.login_form import LoginForm
from factcheck.desk.page_view import OptionsForAnybody
from factcheck.journal.people import break_glass, is_break_glass, mend_glass

BREAK_GLASS_PERIOD = timedelta(hours=1)


class ThrottledLoginView(OptionsForAnybody, LoginView):
    template_name = "desk/pages/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        if is_break_glass(form.get_user()):
            break_glass(form.get_user())
        response = super().form_valid(form)
        describe_session(self.request)
        if is_break_glass(form.get_user()):
            self.request.session.set_expiry(timezone.now() + BREAK_GLASS_PERIOD)
        set_language_cookie(response, chosen_language(form.get_user().pk))
        return response

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
