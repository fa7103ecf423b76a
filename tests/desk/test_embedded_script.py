"""What can be tested of the embeddable script without a browser; the rest is in e2e/test_embed.py."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

FOLDER = Path(__file__).parents[2] / "factcheck" / "desk" / "static" / "embed"


def test_the_script_is_at_most_ten_kilobytes_as_it_is():
    assert len((FOLDER / "factcheck.js").read_bytes()) <= 10_000


def test_the_script_makes_no_markup_and_no_inline_style_out_of_what_it_reads():
    code = (FOLDER / "factcheck.js").read_text()
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\.style\b|cssText", code) == []


@pytest.mark.parametrize("name", ["factcheck.js", "factcheck.css"])
def test_a_server_keeps_the_files_at_the_address_that_pages_name(settings, tmp_path, name):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    call_command("collectstatic", "--noinput", verbosity=0)
    assert (tmp_path / "embed" / name).read_bytes() == (FOLDER / name).read_bytes()
