"""A server whose static files are not collected does not start: each of its pages would be a 500."""

import re
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.project.test_settings import CHECK, GUNICORN, run

# A server's settings, except the folder that static files are collected in.
SETTINGS = """
from factcheck.settings import *
STATIC_ROOT = {!r}
"""
SAID = r"Static files are not collected, such as \S+\. Run `manage\.py collectstatic --noinput`"


def run_with(static_root: Path, *command: str) -> CompletedProcess[str]:
    static_root.mkdir(exist_ok=True)
    (static_root / "settings_of_test.py").write_text(SETTINGS.format(str(static_root)))
    return run(list(command), DJANGO_SETTINGS_MODULE="settings_of_test", PYTHONPATH=str(static_root))


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    done = run_with(folder, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    return folder


def test_without_collected_files_gunicorn_does_not_start_and_says_what_to_run(tmp_path):
    done = run_with(tmp_path, *GUNICORN)
    assert done.returncode == 1
    assert re.fullmatch(f"Factcheck does not start: {SAID} with the settings of the server.\n", done.stderr)


def test_without_collected_files_the_check_for_a_server_fails(tmp_path):
    done = run_with(tmp_path, *CHECK)
    assert done.returncode == 1
    assert re.search(rf"\(factcheck\.E001\) {SAID}", done.stderr)


def test_djangos_own_check_for_a_server_finds_nothing(collected):
    done = run_with(collected, *CHECK)
    assert (done.returncode, done.stdout.strip()) == (0, "System check identified no issues (0 silenced).")
    assert run_with(collected, "-c", "import factcheck.wsgi").returncode == 0


def test_files_that_were_collected_before_one_was_added_are_not_enough(collected):
    manifest = collected / "staticfiles.json"
    manifest.write_text(manifest.read_text().replace('"desk/desk.css"', '"desk/old.css"'))
    assert "such as desk/desk.css. " in run_with(collected, *GUNICORN).stderr
