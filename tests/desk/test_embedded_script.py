"""What can be tested of the embeddable script without a browser; the rest is in e2e/test_embed.py."""

import re
from pathlib import Path

from django.core.management import call_command

FOLDER = Path(__file__).parents[2] / "factcheck" / "desk" / "static" / "embed"


def test_the_script_is_at_most_twelve_kilobytes_as_it_is():
    assert len((FOLDER / "factcheck.js").read_bytes()) <= 12_000


def test_the_script_makes_no_markup_and_no_inline_style_out_of_what_it_reads():
    code = (FOLDER / "factcheck.js").read_text()
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\.style\b|cssText", code) == []


def test_a_server_keeps_the_files_at_the_address_that_pages_name(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    others = ("admin", "rest_framework", "drf_spectacular_sidecar")  # only the service's own files matter here
    call_command("collectstatic", "--noinput", *(f"--ignore={name}" for name in others), verbosity=0)
    for name in ("factcheck.js", "factcheck.css"):
        assert (tmp_path / "embed" / name).read_bytes() == (FOLDER / name).read_bytes()
