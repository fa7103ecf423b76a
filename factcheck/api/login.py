from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse

from factcheck.api.throttles import LoginThrottle


class ThrottledLoginView(LoginView):
    template_name = "api/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        throttle = LoginThrottle()
        if throttle.allow_request(request, self):
            return super().post(request, *args, **kwargs)
        return HttpResponse(status=429, headers={"Retry-After": str(throttle.wait())})
