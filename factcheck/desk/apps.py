from django.apps import AppConfig
from django.contrib.admin import apps as admin


class DeskConfig(AppConfig):
    default = True
    name = "factcheck.desk"
    label = "desk"


class AdminConfig(admin.AdminConfig):
    default = False
    default_site = "factcheck.desk.admin_site.Site"
