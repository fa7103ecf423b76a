from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class ApiConfig(AppConfig):
    default = True
    name = "factcheck.api"
    label = "api"
    verbose_name = "API access"

    def ready(self) -> None:
        for pages in ("token_pages", "root_page"):
            import_module(f"factcheck.api.{pages}")


class AdminConfig(admin.AdminConfig):
    default = False
    default_site = "factcheck.api.admin_site.Site"
