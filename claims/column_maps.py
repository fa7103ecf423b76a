"""Which columns of a table become which fields, as a TOML file says. docs/loading.md describes it."""

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from claims.partial_dates import NOT_SAID, Format, date_format, read_said_on
from factcheck.encodings import NotText, decode

MAPS = Path(__file__).parent / "maps"
# By section, the names that it may have.
NAMES = {
    "file": {"delimiter", "quoting", "header", "columns"},
    "article": {"url", "title", "language"},
    "statement": {"key", "text", "paraphrase", "quote_type", "said_on", "said_on_format"},
    "source": {"name", "kind", "id"},
    "evidence": {"stance", "url", "title", "excerpt", "obtained_on", "obtained_how"},
}
REQUIRED = (("statement", "key"), ("statement", "text"), ("source", "name"), ("article", "url"))
FILLED = ("statement", "source", "evidence")  # from the columns of a row; an article only from the name of the file
LINE = "line"  # {line} is the number of the row's first line, unless a column has that name
PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]+)\}|[{}]")
Cells = dict[str, str]  # one row of the table, by column


class BadMap(Exception):
    """The map cannot be used; the message says why."""


class BadRows(Exception):
    """The message has a line for each error."""

    def __init__(self, errors: list[str]):
        super().__init__("\n".join(errors))


@dataclass
class ColumnMap:
    name: str
    sections: dict[str, Any]
    key_is_line: bool = field(default=False, init=False)  # known when the columns are

    @classmethod
    def read(cls, name: str) -> "ColumnMap":
        """A built-in map by its name, or a TOML file by its path. Raises BadMap."""
        path = MAPS / f"{name}.toml" if re.fullmatch(r"\w+", name) else Path(name)
        try:
            column_map = cls(path.stem, tomllib.loads(decode(path.read_bytes())))
        except (OSError, NotText, tomllib.TOMLDecodeError) as error:
            raise BadMap(f"{path}: {error}") from error
        column_map.check()
        return column_map

    def check(self) -> None:
        for section, values in self.sections.items():
            if section not in NAMES:
                raise self.bad(f"there is no section {section}")
            if not isinstance(values, dict):
                raise self.bad(f"[{section}] is a section")
            if unknown := values.keys() - NAMES[section]:
                raise self.bad(f"[{section}] has no {', '.join(sorted(unknown))}")
        for section, name in REQUIRED:
            if not isinstance(self.sections.get(section, {}).get(name), str):
                raise self.bad(f"[{section}] needs {name}")
        self._check_file()
        self._check_templates()
        _ = self.date_formats

    def _check_file(self) -> None:
        columns = self.file.get("columns")
        if not self.file.get("header") and not _is_texts(columns):
            raise self.bad("[file] needs columns, or header = true")
        if not isinstance(self.delimiter, str) or len(self.delimiter) != 1 or self.delimiter in '\r\n"':
            raise self.bad("the delimiter in [file] is one character, such as a comma")

    def _check_templates(self) -> None:
        """Also those of the article, which know no columns."""
        for name, template in self.sections["article"].items():
            if not isinstance(template, str):
                raise self.bad(f"{name} in [article] is no text")
            self._check_braces("article", name, template)
            if unknown := columns_in(template) - ({"file"} if name == "title" else set()):
                raise self.bad(f"{name} in [article] cannot have {{{unknown.pop()}}}")
        for section, name, template in self._templates():
            self._check_braces(section, name, template)

    def _templates(self) -> Iterator[tuple[str, str, str]]:
        """Each text that is filled from the row: (section, name, text)."""
        for section in FILLED:
            for name, value in self.sections.get(section, {}).items():
                if name != "said_on_format":
                    yield from ((section, name, text) for text in self._texts_of(section, name, value))

    def _texts_of(self, section: str, name: str, value: Any) -> Iterable[str]:
        if isinstance(value, str):
            return [value]
        if _is_texts(value):
            return value
        is_choice = isinstance(value, dict) and value.keys() <= {"column", "values", "default"}
        if is_choice and isinstance(value.get("column"), str) and isinstance(value.get("values"), dict):
            return [*map(str, value["values"].values()), str(value.get("default", ""))]
        raise self.bad(f"{name} in [{section}] is a text, a list of texts, or {{ column = …, values = … }}")

    def _check_braces(self, section: str, name: str, template: str) -> None:
        if any(found[0] in "{}" for found in PLACEHOLDER.finditer(template)):
            raise self.bad(f"{name} in [{section}] has a brace by itself: {template!r}. A brace in the text is doubled")

    def bad(self, message: str) -> BadMap:
        return BadMap(f"{self.name}: {message}.")

    @property
    def file(self) -> dict[str, Any]:
        return self.sections.get("file", {})

    @property
    def delimiter(self) -> Any:
        return self.file.get("delimiter", ",")

    @property
    def article_url(self) -> str:
        return self.sections["article"]["url"]

    def rows(self, text: str, limit: int | None) -> Iterator[tuple[int, Cells | str]]:
        """Each row that is not blank with the number of its first line, from 1.

        A text instead of cells says what is wrong with the row. Raises BadMap if a column is not there, and BadRows.
        """
        rows = ((line, row) for line, row in self._split_rows(text) if any(map(str.strip, row)))
        columns = self.file["columns"] if not self.file.get("header") else next(rows, (0, []))[1]
        columns = [column.strip() for column in columns]
        self._check_columns(columns)
        for line, row in islice(rows, limit):
            if len(row) == len(columns):
                yield line, {LINE: str(line), **dict(zip(columns, row, strict=True))}
            else:
                yield line, f"{len(row)} columns, not {len(columns)}"

    def _split_rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        if not self.file.get("quoting", True):
            # csv.QUOTE_NONE would still end a row at a lone carriage return.
            for line, cells in enumerate(StringIO(text, newline="\n"), 1):
                yield line, cells.rstrip("\r\n").split(self.delimiter)
            return
        reader, line = csv.reader(StringIO(text, newline=""), delimiter=self.delimiter, strict=True), 1
        try:
            for row in reader:
                yield line, row
                line = reader.line_num + 1
        except csv.Error as error:
            raise BadRows([f"line {line}: {error}"]) from error

    def _check_columns(self, columns: list[str]) -> None:
        for name, column in sorted(self._used_columns()):
            if column not in columns and column != LINE:
                listed = ", ".join(map(repr, columns))
                raise self.bad(f"there is no column {column!r} for {name}. The columns are {listed}")
            if columns.count(column) > 1:
                raise self.bad(f"{columns.count(column)} columns are named {column!r}")
        self.key_is_line = LINE in columns_in(self.sections["statement"]["key"]) and LINE not in columns

    def _used_columns(self) -> Iterator[tuple[str, str]]:
        """(name of the field, column)."""
        for section in FILLED:
            for name, value in self.sections.get(section, {}).items():
                if isinstance(value, dict):
                    yield name, value["column"]
        for _, name, text in self._templates():
            yield from ((name, column) for column in columns_in(text))

    def value(self, section: str, name: str, cells: Cells, default: str = "") -> str:
        """What the map says for this field, with the row's cells in place of `{column}`."""
        template = self.sections.get(section, {}).get(name, default)
        if isinstance(template, dict):
            template = template["values"].get(cells[template["column"]], template.get("default", default))
        if isinstance(template, list):
            # A line whose columns are all empty is left out.
            columns = ((line, columns_in(line)) for line in template)
            return "\n".join(_filled(line, cells) for line, used in columns if not used or any(map(cells.get, used)))
        return _filled(str(template), cells)

    def said_on(self, cells: Cells) -> dict[str, Any]:
        """The two fields of a partial date. Raises ValueError."""
        text = self.value("statement", "said_on", cells).strip()
        return read_said_on(text, self.date_formats) if text else NOT_SAID

    @cached_property
    def date_formats(self) -> list[Format]:
        given = self.sections["statement"].get("said_on_format", [])
        formats = [given] if isinstance(given, str) else given
        try:
            return [date_format(form) for form in formats]
        except (TypeError, ValueError) as error:
            raise self.bad(f"said_on_format {given!r} cannot be used: {error}") from error


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def columns_in(template: str) -> set[str]:
    return {name for name in PLACEHOLDER.findall(template) if name}


def _filled(template: str, cells: Cells) -> str:
    return PLACEHOLDER.sub(lambda found: cells[found[1]] if found[1] else found[0][0], template)
