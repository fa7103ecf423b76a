from importlib import import_module

from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "claims"

    def ready(self) -> None:
        from claims.rules import RULES
        from factcheck.api.problems import DATABASE_RULES

        DATABASE_RULES.update(RULES)
        import_module("claims.desk.pages")
