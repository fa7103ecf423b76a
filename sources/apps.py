from django.apps import AppConfig


class SourcesConfig(AppConfig):
    name = "sources"

    def ready(self) -> None:
        from factcheck.api.problems import DATABASE_RULES
        from sources.rules import RULES

        DATABASE_RULES.update(RULES)
