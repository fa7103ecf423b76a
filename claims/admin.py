from django.contrib import admin

from claims.models import Article, Dispute, Evidence, Statement
from factcheck.api.admin_site import ReadOnlyAdmin


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
