"""While a release replaces another, and afterwards, each page finds the style sheets and scripts of its own release."""

import os
import re
import subprocess
import sys

import pytest

from tests.fleet.fleet import ask
from tests.service import ROOT

pytestmark = pytest.mark.server
SETTINGS = """
from factcheck.settings import *
from tests.server_settings import DATABASES
STATIC_ROOT = {root!r}
STATICFILES_DIRS = [{more!r}]
"""
CHANGED = ("desk/desk.css", "desk/drafts.js")
EMBEDDED = "/static/embed/factcheck.js"


@pytest.fixture
def releases(fleet):
    """The names of two settings: the second has other files under two of the names."""
    for number in (1, 2):
        more = fleet.home / f"more{number}"
        for name in CHANGED:
            (more / name).parent.mkdir(parents=True, exist_ok=True)
            (more / name).write_text(f"/* of release {number} */")
        settings = SETTINGS.format(root=str(fleet.home / f"static{number}"), more=str(more))
        (fleet.home / f"release{number}.py").write_text(settings)
        environment = fleet.service(f"collect{number}", **with_settings(fleet, number)).environment
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        subprocess.run(collect, cwd=ROOT, env=environment, check=True)


def with_settings(fleet, number):
    return {"DJANGO_SETTINGS_MODULE": f"release{number}", "PYTHONPATH": f"{ROOT}{os.pathsep}{fleet.home}"}


def files_of_a_page(service):
    status, _, page = ask(service.port, "/login/", Accept="text/html")
    assert status == 200
    return set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode()))


def test_each_page_finds_the_files_of_its_own_release_during_a_deploy_and_after_it(fleet, releases):
    for number in (1, 2):
        fleet.start_web(1, 1, **with_settings(fleet, number))
    old, new = fleet.web
    files = {service: files_of_a_page(service) for service in fleet.web}
    of_old, of_new = files[old] - files[new], files[new] - files[old]
    assert len(of_old) == len(of_new) >= 1
    for path in of_old:
        assert ask(new.port, path)[0] == 404
    port = fleet.start_nginx()
    for path in [*files[old] | files[new], EMBEDDED] * 2:
        status, headers, body = ask(port, path)
        assert status == 200, path
        assert "max-age" in headers["Cache-Control"]
        if path in of_old | of_new:
            assert body.decode() == f"/* of release {1 if path in of_old else 2} */"
    assert ask(port, "/static/desk/there-is-none.css")[0] == 404
    old.master.terminate()
    old.master.wait()
    for path in [*files[old] | files[new], EMBEDDED]:
        assert ask(port, path)[0] == 200, path
