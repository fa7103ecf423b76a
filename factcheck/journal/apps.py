from importlib import import_module

from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "factcheck.journal"
    label = "journal"

    def ready(self) -> None:
        import_module("factcheck.journal.pages")
