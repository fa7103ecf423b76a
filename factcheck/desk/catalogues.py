"""The catalogues of translations: which texts the code has, and what of them is translated.

Babel does what GNU gettext does, which a machine may lack. Each room has a catalogue of its own, so that two people
rarely edit the same file; its texts stand in their order, without line numbers, for the same reason.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOMS = ("factcheck/desk", "claims", "sources", "factcheck")  # a file belongs to the first that it is in
DOMAINS = {"django": (".py", ".html", ".txt"), "djangojs": (".js",)}
LAZY: Any = {f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext", "npgettext")}
KEYWORDS = {**DEFAULT_KEYWORDS, **LAZY, "gettext_noop": None}
# What a translation must keep, and may have in another order.
KEPT = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{\w*\}|</?[a-z]+")


class Texts(Catalog):
    """Without the times and names that differ from one machine to the next."""

    def _get_mime_headers(self) -> Any:
        plurals = f"nplurals={self.num_plurals}; plural={self.plural_expr};"
        return [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Language", str(self.locale_identifier)),
            ("Plural-Forms", plurals),
        ]


class Catalogue:
    """The texts of one room in one language."""

    def __init__(self, room: str, language: str, domain: str):
        self.language, self.domain, self.folder = language, domain, settings.BASE_DIR / room
        self.path = self.folder / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
        self.compiled_path = self.path.with_suffix(".mo")
        self.known = read_po(BytesIO(self.path.read_bytes() if self.path.exists() else b"#\n"), language)
        self.current = self._current()

    def _current(self) -> Texts:
        """All texts of the code, with the translations that are known."""
        current = Texts(self.language, header_comment=self.known.header_comment, fuzzy=False)
        for text, context in self._texts():
            known = self.known.get(text, context)
            kept = known if known and known.id == text else Message(text)
            current.add(text, kept.string, flags=kept.flags, context=context)
        return current

    def _texts(self) -> Iterator[tuple[Any, str | None]]:
        for path in sorted(self.folder.rglob("*")):
            if path.suffix in DOMAINS[self.domain] and _room_of(path) == self.folder:
                for _line, text, _comments, context in extract(*_as_code(path), keywords=KEYWORDS):
                    yield text, context

    def is_empty(self) -> bool:
        return not len(self.current) and not self.path.exists()

    def compiled(self) -> bytes:
        buffer = BytesIO()
        write_mo(buffer, self.current)
        return buffer.getvalue()

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("wb") as file:
            write_po(file, self.current, width=100, sort_output=True, ignore_obsolete=True)
        self.compiled_path.write_bytes(self.compiled())

    def faults(self) -> Iterator[str]:
        """One line for each text that is not translated as it should be."""
        for message in self._messages(self.current):
            if not all(_forms(message.string)):
                yield f"missing: {message.id!r}"
            elif message.fuzzy:
                yield f"fuzzy: {message.id!r}"
            elif not _keeps_placeholders(message):
                yield f"other placeholders or tags: {message.id!r} → {message.string!r}"
        for message in self._messages(self.known):
            if message.id and self.current.get(message.id, message.context) is None:
                yield f"unused: {message.id!r}"
        if not self.compiled_path.exists() or self.compiled_path.read_bytes() != self.compiled():
            yield "the compiled catalogue is not that of the texts"

    @staticmethod
    def _messages(catalog: Catalog) -> Iterator[Message]:
        return (message for message in catalog if message.id)


def _room_of(path: Path) -> Path:
    return next(settings.BASE_DIR / room for room in ROOMS if path.is_relative_to(settings.BASE_DIR / room))


def _as_code(path: Path) -> tuple[str, BytesIO]:
    """A language that Babel reads, and the file in it. A template becomes calls among words that mean nothing."""
    content = path.read_text()
    if path.suffix == ".js":
        return "javascript", BytesIO(content.encode())
    if path.suffix != ".py":
        content = "\n".join(map(str.strip, templatize(content, str(path)).split("\n")))
    return "python", BytesIO(content.encode())


def _forms(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _keeps_placeholders(message: Message) -> bool:
    """The form for one may leave the number out."""
    allowed = [sorted(KEPT.findall(text)) for text in _forms(message.id)]
    forms = [sorted(KEPT.findall(text)) for text in _forms(message.string)]
    return all(form in allowed for form in forms) and forms[-1] == allowed[-1]


def catalogues() -> Iterator[Catalogue]:
    for language, _name in settings.LANGUAGES:
        for room in ROOMS if language != settings.LANGUAGE_CODE else ():
            for domain in DOMAINS:
                catalogue = Catalogue(room, language, domain)
                if not catalogue.is_empty():
                    yield catalogue
