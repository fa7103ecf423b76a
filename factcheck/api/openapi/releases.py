"""The document of the last release, and what CHANGELOG.md says to clients about the changes since then."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from factcheck.api.openapi.schema_changes import Break

SECTION = re.compile(r"^## Unreleased$.*?^### Changed for clients$(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
NEXT_RELEASE = re.compile(r"\n## (?!Unreleased$)", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
RELEASED = re.compile(r"openapi-(\d+)\.(\d+)\.yaml")


def last_release(folder: Path) -> Path:
    """Of `openapi-0.9.yaml` and `openapi-0.10.yaml` the second."""
    found = {tuple(map(int, match.groups())): path for path in folder.iterdir() if (match := RELEASED.match(path.name))}
    return found[max(found)]


def without_entry(breaks: Iterable[Break], changelog: str) -> list[Break]:
    """Those that no `code` of the section “Changed for clients” of what is unreleased names: by the operation or the
    component, or by all that is said of it. A * stands for anything."""
    unreleased = NEXT_RELEASE.split(changelog)[0]
    section = SECTION.search(unreleased)
    names = CODE.findall(section[1]) if section else []
    return [each for each in breaks if not any(_names(name, each) for name in names)]


def _names(name: str, change: Break) -> bool:
    pattern = name.replace("[", "[[]")
    return fnmatchcase(change.where, pattern) or fnmatchcase(str(change), pattern)
