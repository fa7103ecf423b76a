from django.apps import AppConfig
from django.contrib.admin import apps as admin


class ApiConfig(AppConfig):
    default = True
    name = "factcheck.api"
    label = "api"
    verbose_name = "API access"


class AdminConfig(admin.AdminConfig):
    default = False
    default_site = "factcheck.api.admin_site.Site"
