"""What the documents say of settings and roles is so."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from factcheck.api.openapi.responses import PROBLEMS

ROOT = Path(__file__).parents[2]


def settings_documented() -> set[str]:
    text = (ROOT / "docs" / "settings.md").read_text()
    return set(re.findall(r"^\| `([A-Z][A-Z_]+)` \|", text, re.M))


def test_every_variable_that_the_settings_read_is_documented_and_no_other():
    source = "".join((ROOT / name).read_text() for name in ("factcheck/settings.py", "gunicorn.conf.py"))
    read = set(
        re.findall(
            r'(?:environ\.get|environ\[|environ|flag|number|rate|words|origins|database)[(\[]\s*"([A-Z_]+)"', source
        )
    )
    commands = {"DEMO_PASSWORD"}  # read by the command demo
    assert settings_documented() - commands >= read
    files = ["Makefile", "docker-compose.yml", "factcheck/postgres/embedded.py", "claims/management/commands/demo.py"]
    everything = source + "".join((ROOT / name).read_text() for name in files)
    assert [name for name in settings_documented() if name not in everything] == []


DOCUMENTS = ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
NAMED = re.compile(r"`((?:claims|sources|factcheck|tests|docs|seeds|benchmarks)/[\w./-]*\w\.(?:py|md|json|html))`")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_exists(document):
    text = (ROOT / document).read_text()
    links = re.findall(r"\]\(([^)#]+)\)", text)
    folder = (ROOT / document).parent
    missing = [link for link in links if not link.startswith("http") and not (folder / link).exists()]
    named = NAMED.findall(text)
    missing += [name for name in named if not (ROOT / name).exists()]
    assert missing == []


def test_every_test_that_the_security_promises_name_exists():
    promises = re.findall(r"`(test_\w+\.py)(?:::(test_\w+))?`", (ROOT / "docs/security.md").read_text())
    assert len(promises) > 15
    for file, name in promises:
        assert any(f"def {name or 'test_'}" in found.read_text() for found in (ROOT / "tests").rglob(file)), (
            file,
            name,
        )


def test_the_conventions_name_every_status_and_type_of_problem_that_an_operation_lists():
    rows = re.findall(r"^\| ([\d, ]+) \| (.+?) \|", (ROOT / "docs/api-conventions.md").read_text(), re.M)
    named = {int(status): re.findall(r"`([\w-]+)`", types) for some, types in rows for status in some.split(",")}
    components = settings.SPECTACULAR_SETTINGS["APPEND_COMPONENTS"]["responses"]
    for status, component in PROBLEMS.items():
        shape = components[component]["content"]["application/problem+json"]["schema"]
        types = {kind.removeprefix("urn:factcheck:problem:") for kind in shape["properties"]["type"]["enum"]}
        assert types <= set(named[status]), status
