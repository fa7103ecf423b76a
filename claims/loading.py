"""Loads tables from elsewhere: a map turns each row into a statement. docs/loading.md describes a map."""

import csv
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from claims import services
from claims.models import Article, Evidence, Statement
from claims.models.article import MAX_TEXT
from claims.passages import MAX_PASSAGE
from sources.addresses import ADDRESS, find_sources
from sources.models import Source
from sources.services import create_sources

MAPS = Path(__file__).parent / "maps"
MAX_CANDIDATES = 20  # sources that an error lists
BATCH_SIZE = 1000  # statements in an article, and in a transaction
SEPARATOR = "\n\n"  # between two statements in the article's text
PLACEHOLDER = re.compile(r"\{(\w+)\}")
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
SECTIONS = {"file", "article", "statement", "source", "evidence"}
Cells = dict[str, str]  # one row of the table, by column
NamedSource = tuple[str, str, str]  # name, kind, and its address or nothing
check_url = URLValidator(schemes=["http", "https"])


class BadMap(Exception):
    """The map cannot be used; the message says why."""


class BadRows(Exception):
    """The message has a line for each error."""

    def __init__(self, errors: list[str]):
        super().__init__("\n".join(errors))


@dataclass(frozen=True)
class Record:
    """One row of the table, as the fields of what it becomes."""

    line: int
    statement: dict[str, Any]
    source: NamedSource
    evidence: dict[str, Any] | None


@dataclass
class Tally:
    statements: int = 0
    known: int = 0
    articles: int = 0
    sources: int = 0


@dataclass
class ColumnMap:
    """Which columns of a table become which fields."""

    name: str
    sections: dict[str, Any]

    @classmethod
    def read(cls, name: str) -> "ColumnMap":
        """A built-in map by its name, or a TOML file by its path. Raises BadMap."""
        path = MAPS / f"{name}.toml" if re.fullmatch(r"\w+", name) else Path(name)
        try:
            column_map = cls(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadMap(f"{path}: {error}") from error
        column_map.check()
        return column_map

    def check(self) -> None:
        if unknown := self.sections.keys() - SECTIONS:
            raise BadMap(f"{self.name}: there is no section {', '.join(sorted(unknown))}.")
        for section, name in (("statement", "key"), ("statement", "text"), ("source", "name"), ("article", "url")):
            if not isinstance(self.sections.get(section, {}).get(name), str):
                raise BadMap(f"{self.name}: [{section}] needs {name}.")
        if not self.file.get("header") and not isinstance(self.file.get("columns"), list):
            raise BadMap(f"{self.name}: [file] needs columns, or header = true.")

    @property
    def file(self) -> dict[str, Any]:
        return self.sections.get("file", {})

    @property
    def article_url(self) -> str:
        return self.sections["article"]["url"]

    def rows(self, path: Path, limit: int | None) -> Iterator[tuple[int, Cells | str]]:
        """Each row with the number of its first line; a text instead of cells says what is wrong with the row."""
        rows = self._split_rows(path)
        _, columns = next(rows, (0, []))
        for line, cells in islice(rows, limit):
            if len(cells) == len(columns):
                yield line, dict(zip(columns, cells, strict=True))
            else:
                yield line, f"{len(cells)} columns, not {len(columns)}"

    def _split_rows(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        """The names of the columns come first."""
        delimiter = self.file.get("delimiter", ",")
        with path.open(encoding="utf-8", newline="" if self.file.get("quoting", True) else "\n") as lines:
            if self.file.get("quoting", True):
                reader = csv.reader(lines, delimiter=delimiter, strict=True)
                rows = ((reader.line_num, row) for row in reader)
            else:
                # csv.QUOTE_NONE would still end a row at a lone carriage return.
                rows = ((n, line.rstrip("\r\n").split(delimiter)) for n, line in enumerate(lines, 1))
            if not self.file.get("header"):
                yield 0, self.file["columns"]
            yield from rows

    def value(self, section: str, name: str, cells: Cells, default: str = "") -> str:
        """What the map says for this field, with the row's cells in place of `{column}`."""
        template = self.sections.get(section, {}).get(name, default)
        if isinstance(template, dict):
            return str(template.get("values", {}).get(cells[template["column"]], template.get("default", default)))
        if isinstance(template, list):
            # A line whose columns are all empty is left out.
            lines = [line for line in template if any(cells[column] for column in PLACEHOLDER.findall(line))]
            return "\n".join(_filled(line, cells) for line in lines)
        return _filled(template, cells)


def _filled(template: str, cells: Cells) -> str:
    return PLACEHOLDER.sub(lambda placeholder: cells[placeholder[1]], template)


def convert(column_map: ColumnMap, line: int, cells: Cells) -> Record:
    """Raises KeyError for a column that is not there, and ValueError that says in words what is wrong."""
    said_on = column_map.value("statement", "said_on", cells)
    statement = {
        "key": column_map.value("statement", "key", cells),
        "text": column_map.value("statement", "text", cells).strip(),
        "paraphrase": column_map.value("statement", "paraphrase", cells).strip(),
        "quote_type": column_map.value("statement", "quote_type", cells, "indirect"),
        "said_on": date.fromisoformat(said_on) if said_on else None,
    }
    name, kind = column_map.value("source", "name", cells), column_map.value("source", "kind", cells, "person")
    source = (name.strip(), kind, column_map.value("source", "id", cells))
    evidence = None
    if "evidence" in column_map.sections:
        fields = ("stance", "url", "title", "excerpt")
        evidence = {field: column_map.value("evidence", field, cells) for field in fields}
    for message, holds in _rules(statement, source, evidence):
        if not holds:
            raise ValueError(message)
    return Record(line, statement, source, evidence)


def _rules(statement: dict[str, Any], source: NamedSource, evidence: dict[str, Any] | None) -> Any:
    texts = [*(value for value in statement.values() if isinstance(value, str)), *source, *(evidence or {}).values()]
    yield "a null character", not any("\x00" in text for text in texts)
    yield "the key is not 1 to 60 letters, digits, dots, hyphens and underscores", KEY.fullmatch(statement["key"])
    yield f"the text is empty or longer than {MAX_PASSAGE} code points", 0 < len(statement["text"]) <= MAX_PASSAGE
    yield "the paraphrase is longer than 5000 code points", len(statement["paraphrase"]) <= 5000
    yield "there is no such quote_type", statement["quote_type"] in Statement.QuoteType.values
    yield "the source has no name, or one of more than 300 code points", 0 < len(source[0]) <= 300
    yield "there is no such kind of source", source[1] in Source.Kind.values
    yield "the source's id is no address of a source", not source[2] or ADDRESS.fullmatch(source[2])
    if evidence:
        yield "there is no such stance", evidence["stance"] in Evidence.Stance.values
        yield "the evidence has no web address", _is_url(evidence["url"])
        yield "the evidence's title is longer than 500 code points", len(evidence["title"]) <= 500
        yield "the evidence's excerpt is longer than 10000 code points", len(evidence["excerpt"]) <= 10_000


def _is_url(url: str) -> bool:
    try:
        check_url(url)
    except ValidationError:
        return False
    return len(url) <= 2000


def load(
    column_map: ColumnMap,
    path: Path,
    *,
    actor: Any,
    limit: int | None = None,
    progress: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Loads every row whose key is not yet in an article of the map, or nothing if any row has an error.

    Each batch is one article and one transaction, so an interrupted load can be run again to load the rest.
    Raises BadRows with each faulty line, BadMap, and what the services raise.
    """
    sources = _known_sources(_check_rows(column_map, path, limit))
    url = column_map.article_url
    known = set(Statement.objects.filter(article__url__startswith=f"{url}#").values_list("key", flat=True))
    tally, length = Tally(), 0
    batch: list[Record] = []
    for line, cells in column_map.rows(path, limit):
        record = convert(column_map, line, cells)  # type: ignore[arg-type]  # checked above
        if record.statement["key"] in known:
            tally.known += 1
            continue
        length += len(record.statement["text"]) + len(SEPARATOR)
        if len(batch) == BATCH_SIZE or length > MAX_TEXT:
            _load_batch(column_map, path, batch, sources, tally, actor)
            progress(tally)
            batch, length = [], len(record.statement["text"]) + len(SEPARATOR)
        batch.append(record)
    if batch:
        _load_batch(column_map, path, batch, sources, tally, actor)
    progress(tally)
    return tally


def _check_rows(column_map: ColumnMap, path: Path, limit: int | None) -> set[NamedSource]:
    """Returns the sources in the rows. Raises BadRows, and BadMap if the map names a column that is not there."""
    errors: list[str] = []
    sources: set[NamedSource] = set()
    line_of: dict[str, int] = {}
    for line, cells in column_map.rows(path, limit):
        if isinstance(cells, str):
            errors.append(f"line {line}: {cells}")
            continue
        try:
            record = convert(column_map, line, cells)
        except KeyError as missing:
            raise BadMap(f"{column_map.name}: there is no column {missing}.") from missing
        except ValueError as error:
            errors.append(f"line {line}: {error}")
            continue
        sources.add(record.source)
        first = line_of.setdefault(record.statement["key"], line)
        if first != line:
            errors.append(f"line {line}: the key {record.statement['key']} is in line {first} too")
    if errors:
        raise BadRows(errors)
    return sources


def _known_sources(named: set[NamedSource]) -> dict[NamedSource, Source]:
    """By address, or else by exact name or alias, and kind. Raises BadRows if nothing or more than one source fits."""
    at_address = find_sources({address for _, _, address in named if address})
    by_name: dict[tuple[str, str], list[Source]] = {}
    for source in Source.objects.matching_names(sorted({name for name, _, _ in named})).order_by("pk"):
        for name in {source.name, *source.aliases}:
            by_name.setdefault((name, source.kind), []).append(source)
    known, errors = {}, []
    for each in sorted(named):
        name, kind, address = each
        fitting = [at_address[address].source] if address in at_address else by_name.get((name, kind), [])
        if address and address not in at_address:
            errors.append(f"There is no source {address}, which the map says {name!r} is.")
        elif len(fitting) > 1:
            listed = ", ".join(source.address for source in fitting[:MAX_CANDIDATES])
            errors.append(f"More than one source is {name!r}: {listed}. Say which in the map: id in [source].")
        elif fitting:
            known[each] = fitting[0]
    if errors:
        raise BadRows(errors)
    return known


@transaction.atomic
def _load_batch(
    column_map: ColumnMap,
    path: Path,
    batch: list[Record],
    sources: dict[NamedSource, Source],
    tally: Tally,
    actor: Any,
) -> None:
    """Writes one article with its statements, and adds what it writes to `sources` and `tally`."""
    entry: dict[str, Any] = {"actor": actor, "reason": f"Loaded from {path.name} with the map {column_map.name}"}
    new = sorted({record.source for record in batch} - sources.keys())
    created = create_sources(rows=[{"name": name, "kind": kind} for name, kind, _ in new], **entry)
    sources.update(zip(new, created, strict=True))
    article = services.create_article(**_article_fields(column_map, path, batch), **entry)
    rows = _statement_rows(article, batch, sources, entry["reason"])
    statements = services.create_statements(rows=list(rows), actor=actor)
    services.create_evidence_rows(
        rows=[
            {"statement": statement, **record.evidence}
            for record, statement in zip(batch, statements, strict=True)
            if record.evidence
        ],
        **entry,
    )
    tally.sources += len(created)
    tally.articles += 1
    tally.statements += len(statements)


def _article_fields(column_map: ColumnMap, path: Path, batch: list[Record]) -> dict[str, Any]:
    title = column_map.value("article", "title", {"file": path.name}, column_map.name)
    first, last = batch[0].line, batch[-1].line
    return {
        "title": f"{title}, lines {first} to {last}"[:500],
        "url": f"{column_map.article_url}#{path.name}:{first}-{last}",
        "language": column_map.sections["article"].get("language", "en"),
        "text": SEPARATOR.join(record.statement["text"] for record in batch),
    }


def _statement_rows(
    article: Article, batch: list[Record], sources: dict[NamedSource, Source], reason: str
) -> Iterator[dict[str, Any]]:
    start = 0
    for record in batch:
        end = start + len(record.statement["text"])
        source = sources[record.source]
        yield {**record.statement, "article": article, "start": start, "end": end, "source": source, "reason": reason}
        start = end + len(SEPARATOR)
