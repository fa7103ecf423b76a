from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from claims.models import Article, Dispute, Evidence, Note, Statement
from factcheck.api.models import Token
from factcheck.desk.admin_site import AdminOnlyMixin, ReadOnlyAdmin, is_admin
from factcheck.journal.models import Entry
from factcheck.journal.services import name_actor
from sources.models import Source

admin.site.unregister(Group)  # the roles are fixed: a migration makes them
admin.site.unregister(User)


@admin.register(User)
class RoleAdmin(AdminOnlyMixin, UserAdmin):
    """Users and their roles. A user is deactivated and never deleted: the journal names them."""

    list_display = ("username", "is_active", "last_login")
    list_filter = ("groups", "is_active")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Role"), {"fields": ("groups", "is_active")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        name_actor(request.user)
        super().save_model(request, obj, form, change)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_admin(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a superuser may change a superuser."""
        return is_admin(request) and (request.user.is_superuser or not (obj and obj.is_superuser))


@admin.register(Token)
class TokenAdmin(AdminOnlyMixin, admin.ModelAdmin):
    """An admin can revoke other users' tokens, but neither make nor change them."""

    list_display = ("user", "name", "prefix", "read_only", "created", "expiry")
    list_select_related = ("user",)
    fields = readonly_fields = ("user", "name", "prefix", "read_only", "created", "expiry")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_admin(request)


@admin.register(Article)
class ArticleAdmin(ReadOnlyAdmin):
    list_display = ("title", "publisher", "status", "revision", "version")
    list_select_related = ("publisher",)
    ordering = ("-id",)


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "tag", "anchor", "source", "version")
    list_select_related = ("source",)
    ordering = ("-id",)


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    list_display = ("title", "stance", "url", "version")
    ordering = ("-id",)


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    list_display = ("statement", "raised_by", "kind", "state", "version")
    list_select_related = ("statement", "raised_by")
    ordering = ("-id",)


@admin.register(Note)
class NoteAdmin(ReadOnlyAdmin):
    list_display = ("text", "article", "author", "resolved_at", "version")
    list_select_related = ("article", "author")
    ordering = ("-id",)


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "part_of", "anonymous", "version")
    list_select_related = ("part_of",)
    ordering = ("-id",)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_name", "action", "resource", "resource_id", "version", "reason")
    ordering = ("-id",)
