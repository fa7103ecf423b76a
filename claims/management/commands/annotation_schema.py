import json
from typing import Any

from django.core.management.base import BaseCommand

from claims.annotations.schema import json_schema


class Command(BaseCommand):
    help = "Prints the JSON Schema of annotation documents, which is kept in docs/annotation-document.schema.json."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(json_schema(), indent=2))
