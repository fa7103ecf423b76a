"""Signed notes against the example of golang.org/x/mod/sumdb/note, and whatever is not one."""

import pytest

from factcheck.journal.seal import notes
from factcheck.journal.seal.notes import NoteError

PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NOTE = f"{TEXT}\n{SIGNATURE}"
KEY = notes.read_public_key(PUBLIC)


def test_the_published_note():
    key = notes.read_signing_key(PRIVATE)
    assert (str(key), str(key.public)) == (PRIVATE, PUBLIC)
    assert notes.sign(TEXT, key) == NOTE
    assert notes.verify(NOTE, [KEY]) == (TEXT, KEY)


def test_a_new_key_signs_and_is_read_again_and_hides_itself_in_a_traceback():
    key = notes.make_key("factcheck.example/journal")
    assert notes.read_signing_key(str(key)) == key
    assert notes.verify(notes.sign(TEXT, key), [KEY, notes.read_public_key(str(key.public))]) == (TEXT, key.public)
    assert str(key) not in repr(key)
    assert notes.make_key("factcheck.example/journal") != key


def test_signatures_of_unknown_keys_count_for_nothing():
    other = notes.make_key("somebody")
    more = NOTE + notes.sign(TEXT, other).partition("\n\n")[2]
    assert notes.verify(more, [KEY]) == (TEXT, KEY)
    assert notes.verify(more, [other.public]) == (TEXT, other.public)
    with pytest.raises(NoteError, match="It names PeterNeumann, somebody"):
        notes.verify(more, [notes.make_key("PeterNeumann").public])


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("", "not a signed note"),
        (TEXT, "not a signed note"),
        (NOTE.removesuffix("\n"), "not a signed note"),
        (NOTE.replace("—", "-"), "not a signed note"),
        (NOTE + "more\n", "not a signed note"),
        (NOTE.replace("\n", "\r\n"), "control characters"),
        (NOTE.replace("problem is", "problem was"), "does not belong to this text"),
        (NOTE.replace("BwJnAM=", "BwJnAA="), "does not belong to this text"),
        (NOTE.replace("BS9U", ""), "does not belong to this text"),
        (NOTE.replace("BwJnAM=", "BwJnA="), "not base64"),
    ],
)
def test_what_is_no_note_of_the_key_is_refused(note, said):
    with pytest.raises(NoteError, match=said):
        notes.verify(note, [KEY])


NO_KEY = "This is not an Ed25519 key in the form NAME+ID+BASE64."
DAMAGED = "This public key is damaged: its parts do not belong together."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", NO_KEY),
        ("x", NO_KEY),
        (PRIVATE, NO_KEY),
        (PRIVATE.removeprefix("PRIVATE+"), NO_KEY),
        (PUBLIC[:-4], NO_KEY),
        (PUBLIC + "AAAA", NO_KEY),
        (PUBLIC.replace("ARpc", "Arpc"), NO_KEY),  # of another algorithm
        (PUBLIC.replace("c74f20a3", "c74f20a4"), DAMAGED),
        (PUBLIC.replace("Peter", "Paul"), DAMAGED),
        (PUBLIC.replace("ARpc", "ARpd"), DAMAGED),
        (PUBLIC.replace("Peter", "Peter "), NO_KEY),
        (f" {PUBLIC}", NO_KEY),
        (PUBLIC[:-1] + "=", NO_KEY),
        (PUBLIC[:-1], "This is not base64."),
    ],
)
def test_what_is_no_public_key_is_refused(text, said):
    with pytest.raises(NoteError) as refused:
        notes.read_public_key(text)
    assert str(refused.value) == said


NO_PRIVATE_KEY = "This is not an Ed25519 key in the form PRIVATE+KEY+NAME+ID+BASE64."
DAMAGED_PRIVATE = "This private key is damaged: its parts do not belong together."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", NO_PRIVATE_KEY),
        (PUBLIC, NO_PRIVATE_KEY),
        (PRIVATE[:-4], NO_PRIVATE_KEY),
        (PRIVATE + "AAAA", NO_PRIVATE_KEY),
        (PRIVATE.replace("AYEK", "AoEK"), NO_PRIVATE_KEY),
        (PRIVATE.replace("c74f20a3", "c74f20a4"), DAMAGED_PRIVATE),
        (PRIVATE.replace("AYEK", "AYEL"), DAMAGED_PRIVATE),
    ],
)
def test_what_is_no_private_key_is_refused(text, said):
    with pytest.raises(NoteError) as refused:
        notes.read_signing_key(text)
    assert str(refused.value) == said


def test_a_signature_counts_only_under_the_name_of_its_key():
    with pytest.raises(notes.NotSigned) as refused:
        notes.verify(NOTE.replace("— PeterNeumann", "— Somebody"), [KEY])
    assert str(refused.value) == "No key that is known here has signed this note. It names Somebody."


def test_a_text_with_blank_lines_ends_before_the_last_one():
    text = "One.\n\nTwo.\n\n\nThree.\n"
    assert notes.verify(notes.sign(text, notes.read_signing_key(PRIVATE)), [KEY]) == (text, KEY)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n"])
def test_the_name_of_a_key_is_one_word_without_a_plus_sign(name):
    with pytest.raises(NoteError, match="no white space and no plus sign"):
        notes.make_key(name)


def test_a_checkpoint_is_origin_size_and_root_and_perhaps_more_lines():
    text = notes.checkpoint_text("factcheck.example/journal", 7, b"\x01" * 32)
    assert text == "factcheck.example/journal\n7\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
    checkpoint = notes.Checkpoint("factcheck.example/journal", 7, b"\x01" * 32)
    assert notes.read_checkpoint(text) == notes.read_checkpoint(f"{text}an extension\n") == checkpoint


@pytest.mark.parametrize(
    "text", ["", TEXT, "a\n07\n" + "A" * 43 + "=\n", "a\n-1\n" + "A" * 43 + "=\n", "a\n7\n" + "A" * 40 + "\n"]
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(NoteError, match="not a checkpoint"):
        notes.read_checkpoint(text)
