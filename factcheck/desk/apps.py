from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.core.checks import Tags, register

from factcheck.checks import role_owns_no_table, signing_key_is_whole, static_files_are_collected


class DeskConfig(AppConfig):
    default = True
    name = "factcheck.desk"
    label = "desk"

    def ready(self) -> None:
        register(static_files_are_collected, Tags.staticfiles, deploy=True)
        register(signing_key_is_whole, Tags.security, deploy=True)
        register(role_owns_no_table, Tags.database, deploy=True)


class AdminConfig(admin.AdminConfig):
    default = False
    default_site = "factcheck.desk.admin_site.Site"
