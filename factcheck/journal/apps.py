from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "factcheck.journal"
    label = "journal"
