"""Loads tables from elsewhere: a map turns each row into a statement. docs/loading.md describes a map."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, urldefrag

from django.db import transaction
from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError

from claims import services
from claims.annotations.schema import ArticleDocumentSerializer
from claims.column_maps import BadRows, Cells, ColumnMap
from claims.models import Article, Evidence, Statement
from claims.models.article import MAX_TEXT
from claims.passages import MAX_PASSAGE
from factcheck.api.fields import WebAddressField
from factcheck.encodings import read_text
from sources.addresses import ADDRESS, find_sources
from sources.models import Source
from sources.services import create_sources

MAX_CANDIDATES = 20  # sources that an error lists
BATCH_SIZE = 1000  # statements in an article, and in a transaction
SEPARATOR = "\n\n"  # between two statements in the article's text
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
NamedSource = tuple[str, str, str]  # name, kind, and its address or nothing
LAST_LINE = 99_999_999  # for an address as long as any
check_url = WebAddressField(max_length=2000).run_validation


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


def convert(column_map: ColumnMap, line: int, cells: Cells) -> Record:
    """Raises ValueError that says in words what is wrong."""
    statement = {
        "key": column_map.value("statement", "key", cells),
        "text": column_map.value("statement", "text", cells).strip(),
        "paraphrase": column_map.value("statement", "paraphrase", cells).strip(),
        "quote_type": column_map.value("statement", "quote_type", cells, "indirect"),
        **column_map.said_on(cells),
    }
    name, kind = column_map.value("source", "name", cells), column_map.value("source", "kind", cells, "person")
    source = (name.strip(), kind, column_map.value("source", "id", cells))
    evidence = _evidence(column_map, cells)
    for message, holds in _rules(statement, source, evidence):
        if not holds:
            raise ValueError(message)
    return Record(line, statement, source, evidence)


def _evidence(column_map: ColumnMap, cells: Cells) -> dict[str, Any] | None:
    """Nothing if the row has neither address nor title nor excerpt."""
    if "evidence" not in column_map.sections:
        return None
    stance, url, title, excerpt, day, how = (
        column_map.value("evidence", name, cells).strip()
        for name in ("stance", "url", "title", "excerpt", "obtained_on", "obtained_how")
    )
    if not (url or title or excerpt):
        return None
    obtained = {"obtained_on": _day(day) if day else None, "obtained_how": how or None}
    return {"stance": stance, "url": _address(url) or url or None, "title": title, "excerpt": excerpt, **obtained}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"obtained_on {text!r} is no day such as 2021-03-05") from None


def _rules(statement: dict[str, Any], source: NamedSource, evidence: dict[str, Any] | None) -> Any:
    texts = [*statement.values(), *source, *(evidence or {}).values()]
    yield "a null character", not any("\x00" in text for text in texts if isinstance(text, str))
    yield "the key is not 1 to 60 letters, digits, dots, hyphens and underscores", KEY.fullmatch(statement["key"])
    yield f"the text is empty or longer than {MAX_PASSAGE} code points", 0 < len(statement["text"]) <= MAX_PASSAGE
    yield "the paraphrase is longer than 5000 code points", len(statement["paraphrase"]) <= 5000
    yield "there is no such quote_type", statement["quote_type"] in Statement.QuoteType.values
    yield "the source has no name, or one of more than 300 code points", 0 < len(source[0]) <= 300
    yield "there is no such kind of source", source[1] in Source.Kind.values
    yield "the source's id is no address of a source", not source[2] or ADDRESS.fullmatch(source[2])
    if evidence:
        yield "there is no such stance", evidence["stance"] in Evidence.Stance.values
        yield "the evidence's address is no web address", evidence["url"] is None or _address(evidence["url"])
        yield "the evidence has neither an address nor a title", evidence["url"] or evidence["title"]
        yield "there is no such obtained_how", evidence["obtained_how"] in {None, *Evidence.ObtainedHow.values}
        yield "the evidence's title is longer than 500 code points", len(evidence["title"]) <= 500
        yield "the evidence's excerpt is longer than 10000 code points", len(evidence["excerpt"]) <= 10_000


def _address(url: str) -> str:
    """As the API would store it. Empty if it is none."""
    try:
        return str(check_url(url))
    except ValidationError:
        return ""


def load(
    column_map: ColumnMap,
    path: Path,
    *,
    actor: Any,
    encoding: str | None = None,
    limit: int | None = None,
    progress: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Loads every row whose key is not yet in an article of the map, or nothing if any row has an error.

    Each batch is one article and one transaction, so an interrupted load can be run again to load the rest. The file is
    read once, so that what is loaded is what was checked. Raises OSError, NotText, BadRows with each faulty line,
    BadMap, and what the services raise.
    """
    text = read_text(path, encoding)
    _check_article(column_map, path)
    sources = _known_sources(_check_rows(column_map, text, limit))
    loaded = _loaded_before(column_map, path)
    if column_map.key_is_line:
        _refuse_moved_lines(_records(column_map, text, limit), dict(loaded.values_list("key", "text")))
    known = set(loaded.values_list("key", flat=True))
    tally, length = Tally(), 0
    batch: list[Record] = []
    for record in _records(column_map, text, limit):
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


def _check_article(column_map: ColumnMap, path: Path) -> None:
    """By the rules of the annotation document, as which it can be exported and imported. Raises BadMap."""
    fields = _article_fields(column_map, path, LAST_LINE, LAST_LINE)
    serializer = ArticleDocumentSerializer(data={**fields, "text": ""})
    if not serializer.is_valid():
        name, [message, *_] = next(iter(serializer.errors.items()))
        given = column_map.sections["article"].get(name, fields[name])
        raise column_map.bad(f"{name} in [article] cannot be {given!r:.200}: {str(message).rstrip('.')}")


def _records(column_map: ColumnMap, text: str, limit: int | None) -> Iterator[Record]:
    """The rows must have been checked."""
    for line, cells in column_map.rows(text, limit):
        yield convert(column_map, line, cells)  # type: ignore[arg-type]


def _loaded_before(column_map: ColumnMap, path: Path) -> QuerySet[Statement]:
    """What may have the keys of these rows. A line number counts within its file."""
    names = [f"{name}:" for name in (_name_in_address(path), path.name)] if column_map.key_is_line else [""]
    found = Q(pk=None)
    for before in (_rows_of(column_map), f"{column_map.article_url}#"):  # the latter in tables loaded by older versions
        for name in names:
            found |= Q(article__url__startswith=before + name)
    return Statement.objects.filter(found)


def _rows_of(column_map: ColumnMap) -> str:
    """How the addresses of the table's articles begin. In the query, since a fragment makes no address of its own."""
    table = urldefrag(column_map.article_url).url
    return f"{table}{'&' if '?' in table else '?'}rows="


def _refuse_moved_lines(records: Iterable[Record], loaded: dict[str, str]) -> None:
    """Rows put in before others would make each of these pass for its neighbour. Raises BadRows."""
    moved = [
        f"line {record.line}: the key {record.statement['key']} was loaded with another text"
        for record in records
        if loaded.get(record.statement["key"], record.statement["text"]) != record.statement["text"]
    ]
    if moved:
        raise BadRows(moved)


def _check_rows(column_map: ColumnMap, text: str, limit: int | None) -> set[NamedSource]:
    """Returns the sources in the rows. Raises BadRows, and BadMap if the map names a column that is not there."""
    errors: list[str] = []
    sources: set[NamedSource] = set()
    line_of: dict[str, int] = {}
    for line, cells in column_map.rows(text, limit):
        if isinstance(cells, str):
            errors.append(f"line {line}: {cells}")
            continue
        try:
            record = convert(column_map, line, cells)
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
    text = SEPARATOR.join(record.statement["text"] for record in batch)
    fields = _article_fields(column_map, path, batch[0].line, batch[-1].line)
    article = services.create_article(text=text, **fields, **entry)
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


def _article_fields(column_map: ColumnMap, path: Path, first: int, last: int) -> dict[str, Any]:
    title = column_map.value("article", "title", {"file": path.name}, column_map.name)
    return {
        "title": f"{title}, lines {first} to {last}"[:500],
        "url": f"{_rows_of(column_map)}{_name_in_address(path)}:{first}-{last}",
        "language": column_map.sections["article"].get("language", "en"),
    }


def _name_in_address(path: Path) -> str:
    """An address has no space, quotation mark or angle bracket."""
    return re.sub('[<>"]', lambda found: quote(found[0]), re.sub(r"\s", "%20", path.name))


def _statement_rows(
    article: Article, batch: list[Record], sources: dict[NamedSource, Source], reason: str
) -> Iterator[dict[str, Any]]:
    start = 0
    for record in batch:
        end = start + len(record.statement["text"])
        source = sources[record.source]
        yield {**record.statement, "article": article, "start": start, "end": end, "source": source, "reason": reason}
        start = end + len(SEPARATOR)
