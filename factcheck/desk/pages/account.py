"""A user's own account: the password, the sessions, and the way back in."""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView, PasswordResetView
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from factcheck.api.models import Identity, Session, Token
from factcheck.api.roles import Role, role_of
from factcheck.api.throttles import LoginThrottle
from factcheck.desk.languages import choose_language, chosen_language, set_language_cookie
from factcheck.desk.page_view import DeskView, OptionsForAnybody
from factcheck.desk.roles import ROLES
from factcheck.journal.users import end_sessions


def sessions_of(user: Any) -> Any:
    return Session.objects.filter(user=user.pk, expire_date__gt=timezone.now()).order_by("-since")


class AccountPage(DeskView):
    template_name = "desk/accounts/account.html"
    required_role = Role.NONE  # who has none yet still has a password

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        return super().get_context_data(
            role=ROLES[role_of(user)],
            sessions=sessions_of(user),
            own_session=self.request.session.session_key,
            tokens=Token.objects.filter(user=user.pk).count(),
            language=chosen_language(user.pk),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Chooses the language, ends one of the own sessions, or all but this one."""
        if "language" in request.POST:
            return self._choose_language(request.POST["language"])
        if request.POST.get("session") == "others":
            end_sessions(user=request.user, but=request.session.session_key)
        else:
            named = [row for row in sessions_of(request.user) if row.reference == request.POST.get("session")]
            if not named:
                raise Http404
            named[0].delete()
        return HttpResponseRedirect("/account/", status=303)

    def _choose_language(self, code: str) -> HttpResponse:
        if code and code not in dict(settings.LANGUAGES):
            raise Http404
        choose_language(self.request.user.pk or 0, code)
        response = HttpResponseRedirect("/account/", status=303)
        set_language_cookie(response, code)
        return response


class WithPasswords(OptionsForAnybody):
    """A page that is not there where the identity provider alone lets people in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not settings.LOCAL_PASSWORDS and request.method != "OPTIONS":
            raise Http404
        return super().dispatch(request, *args, **kwargs)


@method_decorator(never_cache, name="dispatch")
class ChangePassword(WithPasswords, PasswordChangeView):
    """All other sessions of the user end; Django itself keeps the one that it is changed in."""

    template_name = "desk/accounts/password.html"
    success_url = "/account/?changed=1"

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        self.request.session.save()
        end_sessions(user=self.request.user, but=self.request.session.session_key)
        return response


class ResetForm(PasswordResetForm):
    """Also for somebody who was invited and has no password yet, but for nobody who comes by the provider."""

    def get_users(self, email: str) -> Any:
        vouched = Identity.objects.filter(issuer=settings.OIDC_ISSUER).values("user")
        return User.objects.filter(email__iexact=email, is_active=True).exclude(pk__in=vouched)


@method_decorator(never_cache, name="dispatch")
class ResetPassword(WithPasswords, PasswordResetView):
    """Mails a link. The answer is the same whether or not anybody has the address."""

    template_name = "desk/accounts/reset.html"
    form_class = ResetForm
    subject_template_name = "desk/accounts/reset_subject.txt"
    email_template_name = "desk/accounts/reset_mail.txt"
    success_url = "/reset/?sent=1"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not settings.HAS_MAIL:
            raise Http404
        throttle = LoginThrottle()
        if throttle.allow_request(request, self):
            return super().post(request, *args, **kwargs)
        return HttpResponse(status=429, headers={"Retry-After": str(throttle.wait())})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(has_mail=settings.HAS_MAIL, is_sent="sent" in self.request.GET, **kwargs)


@method_decorator(transaction.atomic, name="dispatch")
class OnceOnly(PasswordResetConfirmView):
    """The user is locked before the link is judged: of two who use it at once, the second finds it used up."""

    def get_user(self, uidb64: str) -> Any:
        user = super().get_user(uidb64)
        return user and User.objects.select_for_update().filter(pk=user.pk, is_active=True).first()


class SetPassword(WithPasswords, OnceOnly):
    """Behind a link that works once, from a mail or from an admin. All sessions of the user end."""

    template_name = "desk/accounts/set_password.html"
    success_url = "/login/?set=1"

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if self.request.user == self.user:
            logout(self.request)  # the session of this very request cannot be saved once its row is gone
        end_sessions(user=self.user)
        return response
