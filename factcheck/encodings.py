"""Bytes from outside as text. An encoding is never guessed, since wrong characters look like text: what cannot be read
is told by what it looks like."""

import codecs
from pathlib import Path

from django.utils.translation import gettext, gettext_lazy

from factcheck.charsets import is_of_text

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NO_TEXT = (
    (b"PK\x03\x04", gettext_lazy("a ZIP archive, as .docx and .xlsx files are")),
    (b"\xd0\xcf\x11\xe0", gettext_lazy("a .doc or .xls file")),
    (b"%PDF-", gettext_lazy("a PDF file")),
    (b"\x1f\x8b", gettext_lazy("a compressed file (gzip)")),
)
CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f")
QUOTED_BYTES = 30  # on each side of the first byte that is not UTF-8


class NotText(ValueError):
    """The message says what the bytes look like. `encoding` is what they may be in, or nothing if they are no text."""

    def __init__(self, message: str, encoding: str = "NAME"):
        super().__init__(message)
        self.encoding = encoding


def decode(data: bytes, encoding: str | None = None) -> str:
    """By the byte order mark at the beginning, else by `encoding`, else as UTF-8. The mark is left out.

    Raises NotText.
    """
    marked = next((codec for mark, codec in MARKS if data.startswith(mark)), None)
    if not is_of_text(marked or encoding or "utf-8"):
        raise NotText(gettext("There is no encoding of text %(encoding)r.") % {"encoding": encoding})
    try:
        codec = codecs.lookup(marked or encoding or "utf-8").name
        if codec == "utf-8":
            _refuse_utf_16(data)
        elif not marked and _is_utf_8(data):
            raise NotText(gettext("This is UTF-8, not %(encoding)s.") % {"encoding": encoding}, "utf-8")
        return data.decode(codec)
    except UnicodeDecodeError as error:
        if codec == "utf-8":
            raise _not_utf_8(data, error.start) from None
        raise NotText(
            gettext("This is not %(codec)s from byte %(start)s on.") % {"codec": codec, "start": error.start}
        ) from None


def read_text(path: Path, encoding: str | None = None) -> str:
    """For commands, which have an option --encoding. Raises OSError and NotText."""
    try:
        return decode(path.read_bytes(), encoding)
    except NotText as error:
        advice = {
            "": "Save the text in it as UTF-8.",
            "utf-8": "Leave --encoding out.",
        }.get(
            error.encoding,
            f"Save the file as UTF-8, or add --encoding {error.encoding}.",
        )
        raise NotText(f"{error} {advice}", error.encoding) from None


def _is_utf_8(data: bytes) -> bool:
    """Text with other characters than ASCII is hardly ever UTF-8 by chance."""
    try:
        return not data.isascii() and bool(data.decode())
    except UnicodeDecodeError:
        return False


def _refuse_utf_16(data: bytes) -> None:
    """In Latin script every second byte is zero, and such bytes are UTF-8 as well."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    if len(data) % 2 == 0 and max(even, odd) > len(data) // 8 and min(even, odd) <= max(even, odd) // 4:
        codec = "utf-16-be" if even > odd else "utf-16-le"
        raise NotText(gettext("This looks like UTF-16 without a byte order mark."), codec)


def _not_utf_8(data: bytes, at: int) -> NotText:
    for start, name in NO_TEXT:
        if data.startswith(start):
            return NotText(gettext("This is %(name)s, not text.") % {"name": name}, "")
    line = data.count(b"\n", 0, at) + 1
    found = gettext("Line %(line)s is not UTF-8") % {"line": line}
    if not CONTROLS.isdisjoint(data):
        return NotText(gettext("%(found)s, and this does not look like text.") % {"found": found}, "")
    try:
        text = data.decode("windows-1252")
    except UnicodeDecodeError:
        return NotText(
            gettext("%(found)s: byte %(at)s is 0x%(byte)s.") % {"found": found, "at": at, "byte": f"{data[at]:02X}"}
        )
    quoted = " ".join(text[max(0, at - QUOTED_BYTES) : at + QUOTED_BYTES].split())
    return NotText(
        gettext("%(found)s. It may be Windows-1252, and then it reads: “%(quoted)s”.")
        % {"found": found, "quoted": quoted},
        "windows-1252",
    )
