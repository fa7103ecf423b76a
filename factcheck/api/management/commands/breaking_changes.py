from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from factcheck.api.openapi.breaking import breaking_changes
from factcheck.api.openapi.releases import last_release, without_entry


class Command(BaseCommand):
    help = (
        "Compares openapi.yaml with that of the last release, and names each change that breaks a client and that "
        "CHANGELOG.md does not tell of."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--released", type=Path, help="by default the last of docs/releases/")
        parser.add_argument("--schema", type=Path, default=settings.BASE_DIR / "openapi.yaml")
        parser.add_argument("--changelog", type=Path, default=settings.BASE_DIR / "CHANGELOG.md")

    def handle(self, *args: Any, released: Path | None, schema: Path, changelog: Path, **options: Any) -> None:
        released = released or last_release(settings.BASE_DIR / "docs" / "releases")
        changes = breaking_changes(_read(released), _read(schema))
        untold = without_entry(changes, changelog.read_text(encoding="utf-8"))
        if untold:
            advice = f"Undo it, or name it in `code` under “Changed for clients” in {changelog.name}."
            raise CommandError("\n".join([f"This breaks clients of {released.name}. {advice}", *map(str, untold)]))
        self.stdout.write(f"Changes that break clients of {released.name}: {len(changes)}, all in {changelog.name}.")


def _read(path: Path) -> Any:
    return yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
