"""What can be tested of the script for other sites without a browser; the rest is in e2e/test_embed.py."""

import base64
import hashlib
import re
from pathlib import Path

from django.core.management import call_command

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "factcheck" / "desk" / "static" / "embed"


def test_the_script_is_at_most_twelve_kilobytes_as_it_is():
    assert len((FOLDER / "factcheck.js").read_bytes()) <= 12_000


def test_the_script_makes_no_markup_and_no_inline_style_out_of_what_it_reads():
    code = (FOLDER / "factcheck.js").read_text()
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\.style\b|cssText", code) == []


def test_the_script_writes_to_no_console():
    assert "console" not in (FOLDER / "factcheck.js").read_text()


def test_the_digest_of_each_version_is_documented_and_the_newest_is_the_one_without_a_number():
    document = (ROOT / "docs" / "embedding.md").read_text()
    versions = sorted(FOLDER.glob("factcheck-*.js"))
    for version in versions:
        digest = base64.b64encode(hashlib.sha384(version.read_bytes()).digest()).decode()
        assert f"| `{version.name}` | `sha384-{digest}` |" in document
    assert (FOLDER / "factcheck.js").resolve() == versions[-1]


def test_a_page_of_another_origin_may_check_the_digest(client, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    assert client.get("/static/embed/factcheck-2.js")["Access-Control-Allow-Origin"] == "*"


def test_a_server_keeps_the_files_at_the_address_that_pages_name(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    others = ("admin", "rest_framework", "drf_spectacular_sidecar")  # only the service's own files matter here
    call_command("collectstatic", "--noinput", *(f"--ignore={name}" for name in others), verbosity=0)
    for name in ("factcheck.js", "factcheck-2.js"):
        assert (tmp_path / "embed" / name).read_bytes() == (FOLDER / name).read_bytes()
