"""Users and roles, for admins. A user is deactivated and never deleted: the journal names them."""

import logging
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from factcheck.api.factors import by_password_alone
from factcheck.api.models import AuthenticatorApp, Identity, Passkey, Token
from factcheck.api.roles import Role, role_of
from factcheck.desk.page_view import DeskView
from factcheck.desk.pages.account import sessions_of
from factcheck.desk.roles import ROLES
from factcheck.desk.timeline import timeline
from factcheck.desk.words import word
from factcheck.journal.factors import remove_all_factors
from factcheck.journal.models import Entry
from factcheck.journal.users import end_sessions, save_user

logger = logging.getLogger(__name__)

MAX_ENTRIES = 20
CHOICES = [(role.name.lower() if role else "", ROLES[role].name) for role in Role]


def provider_of(user: Any) -> str:
    """The name of the identity provider that vouches for the user, if one does."""
    return settings.OIDC_NAME if Identity.objects.filter(user=user.pk, issuer=settings.OIDC_ISSUER).exists() else ""


class UserForm(forms.ModelForm):
    role = forms.ChoiceField(label=_("Role"), choices=CHOICES, required=False)

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email", "role", "is_active"]
        labels = {"username": _("User name"), "email": _("Mail address"), "is_active": _("May log in")}
        help_texts = {"is_active": _("Who leaves is not deleted: the journal names them.")}

    def __init__(self, *args: Any, actor: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk == actor.pk:  # so that nobody locks the own door
            del self.fields["role"], self.fields["is_active"]
        elif provider_of(self.instance):  # which gives the role, and would give it again
            del self.fields["role"]
        elif self.instance.pk:
            held = role_of(self.instance)
            self.fields["role"].initial = held.name.lower() if held else ""
        else:
            del self.fields["is_active"]

    def clean_username(self) -> str:
        """The journal names its actors: Alice beside alice would be taken for her."""
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(gettext("A user with this name already exists, be it in other letters."))
        return name

    def save_by(self, actor: Any) -> User:
        """Writes the user with the journal entry."""
        if not self.instance.pk:
            self.instance.set_unusable_password()
        save_user(user=self.instance, role=self.cleaned_data.get("role"), actor=actor)
        return self.instance


class AdminPage(DeskView):
    required_role = Role.ADMIN

    def _not_allowed(self, request: HttpRequest) -> HttpResponseBase:
        raise Http404  # who works here, and in which role, is for admins to see

    def _again(self, form: Any) -> HttpResponse:
        response = self.render_to_response(self.get_context_data(form=form), status=400)
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response


class UsersPage(AdminPage):
    template_name = "desk/accounts/users.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        users = list(User.objects.prefetch_related("groups").order_by("-is_active", "username"))
        alone = by_password_alone(users)
        rows = [(user, ROLES[_role_in(user)].name, user in alone) for user in users]
        return super().get_context_data(rows=rows, **kwargs)


def _role_in(user: Any) -> Role:
    """As role_of, by the groups that were fetched."""
    held = {group.name for group in user.groups.all()}
    found = max((role for role in Role if role.name.lower() in held), default=Role.NONE)
    return Role.ADMIN if user.is_superuser else found


class NewUserPage(AdminPage):
    template_name = "desk/accounts/new_user.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", UserForm(actor=self.request.user, initial={"role": "reporter"}))
        return super().get_context_data(has_mail=settings.HAS_MAIL, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = UserForm(request.POST, actor=request.user)
        if not form.is_valid():
            return self._again(form)
        user = form.save_by(request.user)
        if not settings.LOCAL_PASSWORDS:  # a user for programs, or one who will have no way in
            return HttpResponseRedirect(f"/accounts/{user.pk}/?saved=1", status=303)
        return UserPage.as_view()(request, pk=user.pk, act="link")


class UserPage(AdminPage):
    """One user: who they are, the role, what the journal says of them, and a link to set a password."""

    template_name = "desk/accounts/user.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, may_change = self._user(), self._may_change()
        if may_change:
            kwargs.setdefault("form", UserForm(instance=user, actor=self.request.user))
        entries = Entry.objects.of("user", user.pk).with_before().order_by("-version")[:MAX_ENTRIES]
        return super().get_context_data(
            person=User.objects.get(pk=user.pk),  # not what a refused form would make of them
            role=ROLES[role_of(user)],
            is_own=user.pk == self.request.user.pk,
            provider=provider_of(user),
            factors=_factors_of(user),
            sessions=sessions_of(user).count(),
            tokens=Token.objects.filter(user=user.pk).count(),
            timeline=timeline(entries),
            **kwargs,
        )

    def _user(self) -> Any:
        return get_object_or_404(User, pk=self.kwargs["pk"])

    def _may_change(self) -> bool:
        """Only a superuser changes a superuser."""
        return self.request.user.is_superuser or not self._user().is_superuser

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = self._user()
        if not self._may_change():
            raise PermissionDenied
        act = kwargs.get("act", request.POST.get("act"))
        if act == "link":
            return self._link(user)
        if act == "end_sessions":
            end_sessions(user=user, but=request.session.session_key)
        elif act == "remove_factors":
            if user.pk == request.user.pk:
                raise Http404  # the own ones at /account/second-step/, which asks for the password
            remove_all_factors(user=user, actor=request.user)
        else:
            form = UserForm(request.POST, instance=user, actor=request.user)
            if not form.is_valid():
                return self._again(form)
            form.save_by(request.user)
        return HttpResponseRedirect(f"/accounts/{user.pk}/?saved=1", status=303)

    def _link(self, user: Any) -> HttpResponse:
        """Shown in this answer and nowhere else; mailed, where that is possible."""
        if not settings.LOCAL_PASSWORDS or provider_of(user):
            raise Http404
        uid = urlsafe_base64_encode(force_bytes(user.pk))
        path = reverse("set-password", args=[uid, default_token_generator.make_token(user)])
        link = self.request.build_absolute_uri(path)
        if not (settings.HAS_MAIL and user.email):
            return self.render_to_response(self.get_context_data(link=link))
        text = render_to_string("desk/accounts/invitation.txt", {"person": user, "link": link})
        try:
            send_mail(gettext("Your account"), text, None, [user.email])
        except OSError:  # also what smtplib raises
            logger.exception("A link could not be mailed.")
            return self.render_to_response(self.get_context_data(link=link, is_unmailed=True))
        return self.render_to_response(self.get_context_data(mailed_to=user.email))


def _factors_of(user: Any) -> str:
    """In words; empty where there is none."""
    passkeys = Passkey.objects.filter(user=user.pk).count()
    app = [word("app")] if AuthenticatorApp.objects.filter(user=user.pk).exists() else []
    return ", ".join(app + [word("passkey")] * passkeys)


class RolesPage(DeskView):
    template_name = "desk/accounts/roles.html"
    required_role = Role.NONE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = ROLES[role_of(self.request.user)]
        return super().get_context_data(roles=[ROLES[role] for role in Role if role], own=own, **kwargs)
