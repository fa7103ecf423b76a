from django.contrib import admin

from factcheck.api.admin_site import ReadOnlyAdmin
from factcheck.journal.models import Entry


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "resource", "resource_id", "version", "reason")
    list_select_related = ("actor",)
    ordering = ("-id",)
