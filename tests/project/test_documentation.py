"""What the documents name exists: settings, paths, tests, problem types."""

import json
import re
from functools import cache
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
    read = set(re.findall(r'(?:environ\.get|environ\[|environ|env_[a-z]+)[(\[]\s*"([A-Z_]+)"', source))
    secrets = set(re.findall(r'env_(?:secrets?|databases?|mail)\(\s*"([A-Z_]+)"', source))
    in_files = {f"{name}_FILE" for name in secrets}
    commands = {"DEMO_PASSWORD"}  # read by the command demo
    assert settings_documented() - commands >= read | in_files
    assert {name for name in settings_documented() if name.endswith("_FILE")} == in_files
    files = [ROOT / "Makefile", ROOT / "docker-compose.yml", ROOT / "claims/management/commands/demo.py"]
    embedded = (ROOT / "factcheck/postgres").rglob("*.py")
    everything = source + "".join(path.read_text() for path in (*files, *embedded))
    assert [name for name in settings_documented() - in_files if name not in everything] == []


# There it is a production, without a pooler, on a fixed port, that logs as JSON.
NOT_IN_COMPOSE = {
    *("DEBUG", "DATA_DIR", "EMBEDDED_POSTGRES_GRACE", "DEMO_PASSWORD"),
    *("DATABASE_PREPARED_STATEMENTS", "PORT", "GUNICORN_ACCESS_LOG"),
}


def test_docker_compose_hands_on_every_setting():
    named = set(re.findall(r"^ +([A-Z_]+):", (ROOT / "docker-compose.yml").read_text(), re.M))
    plain = {name for name in settings_documented() if not name.endswith("_FILE")}
    handed_on = {name.removesuffix("_FILE") for name in named}
    assert plain - handed_on == NOT_IN_COMPOSE


DOCUMENTS = [
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"),
    *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
]
ROOMS = "benchmarks|claims|clients|docs|factcheck|seeds|sources|tests"
NOT_KEPT = {"clients/generated/"}  # `make clients` makes it


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_exists(document):
    """Links and paths are whole; a bare name such as `guards.py` is that of some file."""
    text = (ROOT / document).read_text()
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if not link.startswith("http")]
    missing = [link for link in links if not (ROOT / document).parent.joinpath(link).exists()]
    paths = re.findall(rf"(?<![\w/.])(?:{ROOMS})/[\w./-]*\w\.[a-z]+\b", text)
    paths += re.findall(rf"`((?:{ROOMS})/(?:[\w.-]+/)*)`", text)
    missing += [path for path in paths if path not in NOT_KEPT and not (ROOT / path).exists()]
    names = re.findall(r"`(\w+\.(?:py|html|js|css|md|json|yaml))`", text)
    assert missing + [name for name in names if name not in file_names()] == []


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/architecture.md", "docs/decisions.md"])
def test_every_name_that_a_document_takes_from_the_code_is_there(document):
    source = "".join(
        path.read_text() for room in ("claims", "factcheck", "sources") for path in (ROOT / room).rglob("*.py")
    )
    words = set(re.findall(r"\w+", source))
    names = re.findall(r"`(?:[A-Z]\w+\.)?(\w+)(?:\(\))?`", (ROOT / document).read_text())
    assert [name for name in names if name not in words] == []


@cache
def file_names() -> set[str]:
    rooms = (path for room in ROOMS.split("|") for path in (ROOT / room).rglob("*.*"))
    return {path.name for path in [*rooms, *ROOT.glob("*.*")] if "node_modules" not in path.parts}


def test_a_decision_says_why_and_what_it_costs_in_120_words():
    records = (ROOT / "docs/decisions.md").read_text().split("\n## ")[1:]
    assert [record.split(".")[0] for record in records] == [str(number) for number in range(1, len(records) + 1)]
    for record in records:
        assert "**Why:**" in record, record
        assert "**Cost:**" in record, record
        assert len(record.partition("\n")[2].split()) <= 120, record


def test_every_test_that_the_security_promises_name_exists():
    promises = re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`", (ROOT / "docs/security.md").read_text())
    assert len(promises) > 15
    for file, name in promises:
        assert f"def {name or 'test_'}" in (ROOT / file).read_text(), (file, name)


def test_the_conventions_name_every_status_and_type_of_problem_that_an_operation_lists():
    rows = re.findall(r"^\| ([\d, ]+) \| (.+?) \|", (ROOT / "docs/api-conventions.md").read_text(), re.M)
    named = {int(status): re.findall(r"`([\w-]+)`", types) for some, types in rows for status in some.split(",")}
    components = settings.SPECTACULAR_SETTINGS["APPEND_COMPONENTS"]["responses"]
    for status, component in PROBLEMS.items():
        types = {kind.removeprefix("urn:factcheck:problem:") for kind in components[component]["x-problem-types"]}
        assert types <= set(named[status]), status


def test_the_clients_page_names_each_generator_in_the_version_that_is_pinned():
    pinned = json.loads((ROOT / "clients/package.json").read_text())
    pins = pinned["dependencies"] | pinned["devDependencies"]
    pins |= dict(re.findall(r"^([\w-]+)==(.+)$", (ROOT / "clients/requirements.txt").read_text(), re.M))
    rows = re.findall(r"^\| ([^|]+) \| ([\d., ]+) \|", (ROOT / "docs/clients.md").read_text(), re.M)
    named = [each for names, versions in rows for each in zip(names.split(", "), versions.split(", "), strict=False)]
    assert len({name for name, _ in named}) == 8
    assert [(name, pins.get(name)) for name, _ in named] == named
