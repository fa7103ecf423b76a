"""A checkpoint as people keep it, without a database: which notes and which keys a text holds."""

import json
from email.message import EmailMessage

import pytest

from factcheck.journal.seal import notes
from factcheck.journal.seal.notes import NoteError
from factcheck.journal.seal.saved_notes import saved_keys, saved_note
from tests.journal.saved_forms import saved_forms
from tests.newsroom import SIGNING_KEY

KEY = notes.read_signing_key(SIGNING_KEY)
OTHER = notes.make_key("another.example")
NOTE = notes.sign(notes.checkpoint_text("factcheck.example", 5, bytes(32)), KEY)
LATER = notes.sign(notes.checkpoint_text("factcheck.example", 6, bytes(32)), KEY)
TWICE = NOTE + notes.sign(notes.checkpoint_text("x", 1, bytes(32)), OTHER).partition("\n\n")[2]


@pytest.mark.parametrize("name", [name for name in saved_forms(NOTE) if name != "as PowerShell redirects it"])
def test_the_note_is_read_in_the_form_that_was_signed(name):
    assert saved_note(saved_forms(NOTE)[name].decode("utf-8-sig")) == NOTE
    if name not in ("wrapped at a blank", "no last newline"):
        assert saved_note(saved_forms(TWICE)[name].decode("utf-8-sig")) == TWICE


def mail(html, plain=None):
    message = EmailMessage()
    if plain:
        message.set_content(plain, cte="base64")
        message.add_alternative(html, subtype="html")
    else:
        message.set_content(html, subtype="html")
    return message.as_string()


@pytest.mark.parametrize(
    ("saved", "said"),
    [
        ("", "This holds no whole checkpoint, with its signature."),
        (NOTE.replace("\n5\n", "\n05\n"), "This holds no whole checkpoint, with its signature."),
        (NOTE.partition("—")[0], "This holds no whole checkpoint, with its signature."),
        (NOTE + LATER, "This holds 2 different checkpoints."),
        (f"{NOTE}\nand later\n\n{LATER}\nand again\n\n{NOTE}", "This holds 2 different checkpoints."),
        ("{}", "This holds no whole checkpoint, with its signature."),
        (json.dumps({"note": None}), "This holds no whole checkpoint, with its signature."),
        (json.dumps({"notes": NOTE}), "This holds no whole checkpoint, with its signature."),
        (mail("<p>See the attachment</p>"), "This holds no whole checkpoint, with its signature."),
        ("{", "This is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ('{"a":' * 100_000, "This is not JSON: maximum recursion depth exceeded"),
    ],
)
def test_what_is_not_one_checkpoint_is_refused(saved, said):
    with pytest.raises(NoteError) as refused:
        saved_note(saved)
    assert str(refused.value).startswith(said)


def test_the_json_of_the_api_may_be_indented_and_holds_its_key_too():
    row = json.dumps({"size": 5, "key": str(KEY.public), "note": NOTE}, indent=1)
    for saved in (row, f"\n {row}\n"):
        assert (saved_note(saved), saved_keys(saved)) == (NOTE, [KEY.public])
    assert saved_keys(json.dumps({"note": NOTE})) == []


def test_of_a_mail_its_plain_part_is_read():
    assert saved_note(mail(f"<p>{LATER}</p>", plain=f"Keep this:\n\n{NOTE}")) == NOTE


def test_whole_keys_are_found_once_each_in_their_order_among_what_looks_like_one():
    damaged = str(KEY.public).replace("A", "B", 1)
    text = (
        f"The keys: “{damaged}”, <{KEY.public}>;\n> {OTHER.public} \nagain ({KEY.public}), and no {SIGNING_KEY[:-9]}."
    )
    assert saved_keys(text) == [KEY.public, OTHER.public]
    assert saved_keys("nothing") == []
