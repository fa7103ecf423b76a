from django.contrib import admin

from factcheck.api.admin_site import ReadOnlyAdmin
from sources.models import Source


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "part_of", "anonymous", "version")
    list_select_related = ("part_of",)
    ordering = ("-id",)
