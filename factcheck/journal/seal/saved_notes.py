"""A checkpoint as people keep it: the note itself, a mail that contains it, or the JSON of the API."""

import email
import email.policy
import json
import re

from factcheck.journal.seal.notes import NoteError, PublicKey, read_public_key

# Mail programs may break the line of a signature at a space.
NOTE = re.compile(
    r"^(?P<text>\S.*\n[1-9][0-9]*\n[A-Za-z0-9+/]{43}=\n(?:.+\n)*)\n(?P<signatures>(?:—\s+\S+\s+[A-Za-z0-9+/]+=*\s*)+)",
    re.MULTILINE,
)
SIGNATURE = re.compile(r"—\s+(\S+)\s+([A-Za-z0-9+/]+=*)")
KEY = re.compile(r"[^\s+\"'<>(),;]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}")


def saved_note(saved: str) -> str:
    """The signed note, in the form that was signed. Raises NoteError where there is none, or more than one."""
    found = {match["text"]: match["signatures"] for match in NOTE.finditer(_content(saved))}
    if len(found) != 1:
        what = f"{len(found)} different checkpoints" if found else "no whole checkpoint, with its signature"
        raise NoteError(f"This holds {what}.")
    ((text, signatures),) = found.items()
    return "\n".join([text, *(f"— {name} {value}" for name, value in SIGNATURE.findall(signatures)), ""])


def saved_keys(saved: str) -> list[PublicKey]:
    """All whole public keys in a text."""
    keys = []
    for text in dict.fromkeys(KEY.findall(_content(saved))):
        try:
            keys.append(read_public_key(text))
        except NoteError:  # something that looks like one
            continue
    return keys


def _content(saved: str) -> str:
    """The lines as they were before a mail program quoted, encoded or ended them in its own way."""
    if saved.lstrip().startswith("{"):
        return _json_content(saved)
    plain = _plain(saved)
    if NOTE.search(plain):
        return plain
    body = email.message_from_string(saved, policy=email.policy.default).get_body(("plain",))
    return _plain(body.get_content()) if body else plain


def _json_content(text: str) -> str:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoteError(f"This is not JSON: {error}") from None
    return "\n".join(str(row.get(name)) for name in ("key", "note"))


def _plain(text: str) -> str:
    return re.sub(r"^(?:> ?)+|[ \t\r]+$", "", text, flags=re.MULTILINE)
