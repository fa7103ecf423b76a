"""The key that signs checkpoints: from the settings, or made for this machine."""

import os
import re
import stat
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from factcheck.journal.seal import notes
from factcheck.journal.seal.models import Leaf
from factcheck.journal.seal.services import signing_key


def test_with_debug_a_key_of_this_machine_is_made_at_the_first_use(settings, tmp_path):
    folder = tmp_path / "new" / "data"
    settings.JOURNAL_SIGNING_KEY, settings.DEBUG, settings.DATA_DIR = "", True, folder
    made = signing_key()
    assert made == signing_key()
    assert made.public.name == "factcheck-development"
    assert [path.name for path in folder.iterdir()] == ["journal-signing-key"]
    assert stat.S_IMODE(os.stat(folder / "journal-signing-key").st_mode) == 0o600
    (folder / "journal-signing-key").unlink()
    assert signing_key() not in (made, notes.make_key("factcheck-development"))
    settings.JOURNAL_SIGNING_KEY = str(made)
    assert signing_key() == made


def test_of_two_processes_that_make_a_key_at_once_both_use_the_one_that_was_first(settings, tmp_path, monkeypatch):
    settings.JOURNAL_SIGNING_KEY, settings.DEBUG, settings.DATA_DIR = "", True, tmp_path
    first = notes.make_key("factcheck-development")

    def the_other_is_first():
        (tmp_path / "journal-signing-key").write_text(f"{first}\n")
        return 4711

    monkeypatch.setattr(os, "getpid", the_other_is_first)
    assert signing_key() == first
    assert [path.name for path in tmp_path.iterdir()] == ["journal-signing-key"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "JOURNAL_SIGNING_KEY is not set. Make a key with `manage.py journal_key NAME`, and keep it secret."),
        ("x", "JOURNAL_SIGNING_KEY: This is not an Ed25519 key in the form PRIVATE+KEY+NAME+ID+BASE64."),
        ("PRIVATE+KEY+a+00000000+" + "A" * 44, "JOURNAL_SIGNING_KEY: This is not an Ed25519 key in the form"),
    ],
)
def test_without_a_good_key_nothing_is_sealed(settings, text, said):
    settings.JOURNAL_SIGNING_KEY = text
    with pytest.raises(CommandError, match=re.escape(said)):
        call_command("follow", "seal", once=True)
    with pytest.raises(ImproperlyConfigured):
        signing_key()
    assert Leaf.objects.count() == 0


def test_the_command_journal_key_prints_a_key_that_signs(settings):
    secret, public = StringIO(), StringIO()
    call_command("journal_key", "desk.example", stdout=secret, stderr=public)
    settings.JOURNAL_SIGNING_KEY = secret.getvalue().strip()
    assert public.getvalue() == f"Public key: {signing_key().public}\n"
    with pytest.raises(CommandError, match="no white space"):
        call_command("journal_key", "the desk")
