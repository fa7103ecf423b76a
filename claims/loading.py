"""Foreign corpora: tables whose rows become statements, as a map says. docs/loading.md describes a map."""

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
from sources.models import Source
from sources.services import create_sources

MAPS = Path(__file__).parent / "maps"
ROWS_AT_ONCE = 1000  # statements in an article, and in a transaction
BETWEEN = "\n\n"
PLACE = re.compile(r"\{(\w+)\}")
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
PARTS = {"file", "article", "statement", "source", "evidence"}
Values = dict[str, str]
Who = tuple[str, str]  # a source's name and kind
check_url = URLValidator(schemes=["http", "https"])


class BadMap(Exception):
    """The map is not one; the message says where."""


class BadRows(Exception):
    def __init__(self, faults: list[str]):
        super().__init__("\n".join(faults))


@dataclass(frozen=True)
class Loaded:
    """One row of the file as what it becomes."""

    line: int
    statement: dict[str, Any]
    source: Who
    evidence: dict[str, Any] | None


@dataclass
class Tally:
    statements: int = 0
    known: int = 0
    articles: int = 0
    sources: int = 0


@dataclass
class Map:
    name: str
    data: dict[str, Any]

    @classmethod
    def read(cls, name: str) -> "Map":
        """A built-in one by its name, or a TOML file by its path. Raises BadMap."""
        path = MAPS / f"{name}.toml" if re.fullmatch(r"\w+", name) else Path(name)
        try:
            made = cls(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
            raise BadMap(f"{path}: {fault}") from fault
        made.check()
        return made

    def check(self) -> None:
        if unknown := self.data.keys() - PARTS:
            raise BadMap(f"{self.name}: there is no part {', '.join(sorted(unknown))}.")
        for part, name in (("statement", "key"), ("statement", "text"), ("source", "name"), ("article", "url")):
            if not isinstance(self.data.get(part, {}).get(name), str):
                raise BadMap(f"{self.name}: [{part}] needs {name}.")
        if not self.file.get("header") and not isinstance(self.file.get("columns"), list):
            raise BadMap(f"{self.name}: [file] needs columns, or header = true.")

    @property
    def file(self) -> dict[str, Any]:
        return self.data.get("file", {})

    def rows(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        """Each row with the number of the line that it begins in; the names of the columns come first."""
        delimiter = self.file.get("delimiter", ",")
        with path.open(encoding="utf-8", newline="" if self.file.get("quoting", True) else "\n") as lines:
            if self.file.get("quoting", True):
                reader = csv.reader(lines, delimiter=delimiter, strict=True)
                found = ((reader.line_num, row) for row in reader)
            else:
                # csv.QUOTE_NONE would still end a row at a lone carriage return.
                found = ((n, line.rstrip("\r\n").split(delimiter)) for n, line in enumerate(lines, 1))
            if not self.file.get("header"):
                yield 0, self.file["columns"]
            yield from found

    def read_rows(self, path: Path, limit: int | None) -> Iterator[tuple[int, Values | str]]:
        rows = self.rows(path)
        _, columns = next(rows, (0, []))
        for line, cells in islice(rows, limit):
            if len(cells) == len(columns):
                yield line, dict(zip(columns, cells, strict=True))
            else:
                yield line, f"{len(cells)} columns, not {len(columns)}"

    def filled(self, part: str, name: str, values: Values, default: str = "") -> str:
        """What the map says, with the row's values in its places."""
        template = self.data.get(part, {}).get(name, default)
        if isinstance(template, dict):
            return template.get("values", {}).get(values[template["column"]], template.get("default", default))
        if isinstance(template, list):
            # A line whose columns are all empty says nothing.
            lines = [line for line in template if any(values[column] for column in PLACE.findall(line))]
            return "\n".join(PLACE.sub(lambda place: values[place[1]], line) for line in lines)
        return PLACE.sub(lambda place: values[place[1]], template)


def translate(chart: Map, line: int, values: Values) -> Loaded:
    """Raises ValueError with what is wrong in words."""
    said_on = chart.filled("statement", "said_on", values)
    statement = {
        "key": chart.filled("statement", "key", values),
        "text": chart.filled("statement", "text", values).strip(),
        "paraphrase": chart.filled("statement", "paraphrase", values).strip(),
        "quote_type": chart.filled("statement", "quote_type", values, "indirect"),
        "said_on": date.fromisoformat(said_on) if said_on else None,
    }
    source = (chart.filled("source", "name", values).strip(), chart.filled("source", "kind", values, "person"))
    evidence = None
    if "evidence" in chart.data:
        evidence = {name: chart.filled("evidence", name, values) for name in ("stance", "url", "title", "excerpt")}
    for name, holds in _rules(statement, source, evidence):
        if not holds:
            raise ValueError(name)
    return Loaded(line, statement, source, evidence)


def _rules(statement: dict[str, Any], source: Who, evidence: dict[str, Any] | None) -> Any:
    words = [*(value for value in statement.values() if isinstance(value, str)), *source, *(evidence or {}).values()]
    yield "a null character", not any("\x00" in word for word in words)
    yield "the key is not 1 to 60 letters, digits, dots, hyphens and underscores", KEY.fullmatch(statement["key"])
    yield f"the text is empty or longer than {MAX_PASSAGE} code points", 0 < len(statement["text"]) <= MAX_PASSAGE
    yield "the paraphrase is longer than 5000 code points", len(statement["paraphrase"]) <= 5000
    yield "there is no such quote_type", statement["quote_type"] in Statement.QuoteType.values
    yield "the source has no name, or one of more than 300 code points", 0 < len(source[0]) <= 300
    yield "there is no such kind of source", source[1] in Source.Kind.values
    if evidence:
        yield "there is no such stance", evidence["stance"] in Evidence.Stance.values
        yield "the evidence has no web address", _is_url(evidence["url"])
        yield "the evidence's title is longer than 500 code points", len(evidence["title"]) <= 500
        yield "the evidence's excerpt is longer than 10000 code points", len(evidence["excerpt"]) <= 10_000


def _is_url(address: str) -> bool:
    try:
        check_url(address)
    except ValidationError:
        return False
    return len(address) <= 2000


def load(
    chart: Map, path: Path, *, actor: Any, limit: int | None = None, progress: Callable[[Tally], None] = lambda _: None
) -> Tally:
    """Every row that is not there yet, known by its key among the map's articles; nothing if any row is faulty.

    Each batch is one article and one transaction, so a load that was stopped goes on where it ended.
    Raises BadRows, naming each faulty line.
    """
    sources = _known_sources(_check_rows(chart, path, limit))
    address = chart.data["article"]["url"]
    known = set(Statement.objects.filter(article__url__startswith=f"{address}#").values_list("key", flat=True))
    tally, length = Tally(), 0
    batch: list[Loaded] = []
    for line, values in chart.read_rows(path, limit):
        row = translate(chart, line, values)  # type: ignore[arg-type]  # checked above
        if row.statement["key"] in known:
            tally.known += 1
            continue
        length += len(row.statement["text"]) + len(BETWEEN)
        if len(batch) == ROWS_AT_ONCE or length > MAX_TEXT:
            _load_batch(chart, path, batch, sources, tally, actor)
            progress(tally)
            batch, length = [], len(row.statement["text"]) + len(BETWEEN)
        batch.append(row)
    if batch:
        _load_batch(chart, path, batch, sources, tally, actor)
    progress(tally)
    return tally


def _check_rows(chart: Map, path: Path, limit: int | None) -> set[Who]:
    """The sources that the rows name. Raises BadRows, and BadMap where it names a column that is not there."""
    faults: list[str] = []
    named: set[Who] = set()
    lines: dict[str, int] = {}
    for line, values in chart.read_rows(path, limit):
        if isinstance(values, str):
            faults.append(f"line {line}: {values}")
            continue
        try:
            row = translate(chart, line, values)
        except KeyError as missing:
            raise BadMap(f"{chart.name}: there is no column {missing}.") from missing
        except ValueError as fault:
            faults.append(f"line {line}: {fault}")
            continue
        named.add(row.source)
        first = lines.setdefault(row.statement["key"], line)
        if first != line:
            faults.append(f"line {line}: the key {row.statement['key']} stands in line {first} too")
    if faults:
        raise BadRows(faults)
    return named


def _known_sources(named: set[Who]) -> dict[Who, Source]:
    """By exact name or alias, and kind. Raises BadRows where two could be meant."""
    names = sorted({name for name, _ in named})
    found: dict[Who, list[Source]] = {}
    for source in Source.objects.matching_names(names):
        for name in {source.name, *source.aliases}:
            found.setdefault((name, source.kind), []).append(source)
    if several := sorted(name for name, kind in named if len(found.get((name, kind), [])) > 1):
        raise BadRows([f"More than one source is {name!r}. Merge them, or rename one." for name in several])
    return {who: found[who][0] for who in named if who in found}


@transaction.atomic
def _load_batch(
    chart: Map, path: Path, batch: list[Loaded], sources: dict[Who, Source], tally: Tally, actor: Any
) -> None:
    reason = f"Loaded from {path.name} with the map {chart.name}"
    rows = f"lines {batch[0].line} to {batch[-1].line}"
    missing = sorted({row.source for row in batch} - sources.keys())
    made = create_sources(actor=actor, reason=reason, rows=[{"name": name, "kind": kind} for name, kind in missing])
    sources.update(zip(missing, made, strict=True))
    tally.sources += len(made)
    described = {"file": path.name}
    article = services.create_article(
        actor=actor,
        reason=reason,
        title=f"{chart.filled('article', 'title', described, chart.name)}, {rows}"[:500],
        url=f"{chart.data['article']['url']}#{path.name}:{batch[0].line}-{batch[-1].line}",
        language=chart.data["article"].get("language", "en"),
        text=BETWEEN.join(row.statement["text"] for row in batch),
    )
    statements = services.create_statements(actor=actor, rows=list(_placed(article, batch, sources, reason)))
    services.create_evidence_rows(
        actor=actor,
        reason=reason,
        rows=[
            {"statement": statement, **row.evidence}
            for row, statement in zip(batch, statements, strict=True)
            if row.evidence
        ],
    )
    tally.articles += 1
    tally.statements += len(statements)


def _placed(article: Article, batch: list[Loaded], sources: dict[Who, Source], reason: str) -> Iterator[dict[str, Any]]:
    start = 0
    for row in batch:
        end = start + len(row.statement["text"])
        source = sources[row.source]
        yield {**row.statement, "article": article, "start": start, "end": end, "source": source, "reason": reason}
        start = end + len(BETWEEN)
