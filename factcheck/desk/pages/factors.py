"""The factors of a user's second step: an app, passkeys, recovery codes."""

import time
from typing import Any

import segno
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.generic import TemplateView

from factcheck.api.factors import (
    PROVED,
    address_for_app,
    has_factors,
    has_password,
    must_have_factor,
    new_secret,
    seal,
    step_of,
    unseal,
)
from factcheck.api.models import AuthenticatorApp, Passkey, RecoveryCode
from factcheck.api.passkeys import NotAPasskey, creation_options, made_passkey
from factcheck.api.roles import Role
from factcheck.api.throttles import LoginThrottle
from factcheck.desk.login import CONFIRMED, WAITING, log_in, waiting_user
from factcheck.desk.page_view import DeskView
from factcheck.errors import Conflict
from factcheck.journal.factors import add_factor, app_with, remove_factor, renew_recovery_codes
from factcheck.journal.users import end_sessions

ADDRESS = "/account/second-step/"
NEW_APP = "new_app"  # in a session: the sealed secret that waits for its first code
CONFIRMED_FOR = 900  # seconds


class FactorsPage(DeskView):
    """Also for somebody whose password was right and who must add a second step before anything else."""

    template_name = "desk/accounts/second_step.html"
    required_role = Role.NONE
    person: Any
    is_waiting = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        if self.is_waiting:  # still anonymous, but no cache may keep what they read
            response.headers.pop("Cache-Control", None)
            response.headers.pop("Surrogate-Key", None)
            add_never_cache_headers(response)
        return response

    def _dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.person = request.user
        if not request.user.is_authenticated:
            person = waiting_user(request)
            if person is None or not must_have_factor(person) or has_factors(person):
                return super()._dispatch(request, *args, **kwargs)
            self.person, self.is_waiting = person, True
        return TemplateView.dispatch(self, request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        app = AuthenticatorApp.objects.filter(user=self.person.pk).first()
        is_confirmed = self._is_confirmed()
        if is_confirmed and not app and (self.request.GET.get("add") == "app" or "code_error" in kwargs):
            kwargs |= self._new_app()
        return super().get_context_data(
            person=self.person,
            user=AnonymousUser() if self.is_waiting else self.request.user,
            is_waiting=self.is_waiting,
            has_password=has_password(self.person),
            must_have=must_have_factor(self.person),
            is_confirmed=is_confirmed,
            app=app,
            passkeys=Passkey.objects.filter(user=self.person.pk).order_by("pk"),
            codes_left=RecoveryCode.objects.filter(user=self.person.pk).count(),
            **kwargs,
        )

    def _new_app(self) -> dict[str, Any]:
        secret = unseal(self.request.session.get(NEW_APP, "")) or new_secret()
        self.request.session[NEW_APP] = seal(secret)
        address = address_for_app(secret, self.person)
        picture = segno.make(address, micro=False).svg_inline(omitsize=True, light="#fff", border=4)
        text = address.partition("secret=")[2].partition("&")[0]
        groups = " ".join(text[at : at + 4] for at in range(0, len(text), 4))
        return {"picture": mark_safe(picture), "secret": groups, "app_address": address}  # noqa: S308 made of digits

    def _is_confirmed(self) -> bool:
        return self.is_waiting or time.time() - self.request.session.get(CONFIRMED, 0) < CONFIRMED_FOR

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        acts = {
            "confirm": self._confirm,
            "app": self._add_app,
            "passkey": self._add_passkey,
            "remove": self._remove,
            "codes": self._renew_codes,
        }
        act = request.POST.get("act", "")
        if act not in acts or not has_password(self.person):
            raise Http404
        if act != "confirm" and not self._is_confirmed():
            return self._again(403)
        try:
            return acts[act]()
        except Conflict as refused:
            return self._again(409, error=refused.detail)

    def _again(self, status: int, **context: Any) -> HttpResponse:
        response = self.render_to_response(self.get_context_data(**context), status=status)
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response

    def _confirm(self) -> HttpResponse:
        throttle = LoginThrottle()
        if not throttle.allow_request(self.request, self):
            return HttpResponse(status=429, headers={"Retry-After": str(throttle.wait())})
        if not self.person.check_password(self.request.POST.get("password", "")):
            return self._again(400, password_error=gettext("This is not your password."))
        self.request.session[CONFIRMED] = time.time()
        return HttpResponseRedirect(ADDRESS, status=303)

    def _add_app(self) -> HttpResponse:
        secret = unseal(self.request.session.get(NEW_APP, ""))
        step = secret and step_of(secret, "".join(self.request.POST.get("code", "").split()))
        if not secret or not step:
            words = gettext("This is not the code that the app shows now. Is the clock of its device right?")
            return self._again(400, code_error=words)
        return self._add(app_with(secret, step))

    def _add_passkey(self) -> HttpResponse:
        answer = self.request.POST.get("credential", "")
        if not answer:
            return JsonResponse(creation_options(self.request, self.person))
        try:
            return self._add(made_passkey(self.request, answer, self.request.POST.get("name", "")))
        except NotAPasskey:
            return self._again(400, error=gettext("This passkey could not be added. Try again."))

    def _add(self, factor: AuthenticatorApp | Passkey) -> HttpResponse:
        codes = add_factor(user=self.person, factor=factor, is_first=self.is_waiting)
        self.request.session.pop(NEW_APP, None)
        context = {}
        if self.is_waiting:
            context["go_on"] = self.request.session[WAITING]["next"]
            log_in(self.request, self.person, is_proved=True)
            self.is_waiting = False
        self.request.session[PROVED] = True
        self._end_other_sessions()
        if codes:
            return self.render_to_response(self.get_context_data(codes=codes, **context))
        return HttpResponseRedirect(ADDRESS, status=303)

    def _remove(self) -> HttpResponse:
        remove_factor(user=self.person, factor=self._named())
        self.request.session[PROVED] = has_factors(self.person)
        self._end_other_sessions()
        return HttpResponseRedirect(ADDRESS, status=303)

    def _named(self) -> AuthenticatorApp | Passkey:
        named = self.request.POST.get("factor", "")
        of = AuthenticatorApp.objects if named == "app" else Passkey.objects
        rows: Any = of.filter(user=self.person.pk)
        if named != "app":
            rows = rows.filter(pk=int(named)) if named.isdecimal() and len(named) < 19 else rows.none()
        found: AuthenticatorApp | Passkey | None = rows.first()
        if found is None:
            raise Http404
        return found

    def _renew_codes(self) -> HttpResponse:
        if not has_factors(self.person):
            raise Http404
        return self.render_to_response(self.get_context_data(codes=renew_recovery_codes(user=self.person)))

    def _end_other_sessions(self) -> None:
        """They began without what counts now."""
        self.request.session.save()
        end_sessions(user=self.person, but=self.request.session.session_key)
