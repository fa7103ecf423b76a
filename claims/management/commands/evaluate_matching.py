import csv
import gzip
import statistics
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from claims.embedding.statements import embed_statement
from claims.matches import find_matches, read_terms, vectors_of
from claims.matching import evaluation
from claims.matching.cleaning import without_dates
from claims.matching.evaluation import Pool, Ranked, Scores, read_claims, read_right, read_texts
from claims.matching.scoring import nearness
from claims.models import Statement
from claims.vectors.model import has_model, load_model
from claims.vectors.nearest import is_semantic
from factcheck.encodings import decode

HELP = f"""\
Scores `statements/matches/` on texts whose claims people have found. QUERIES has lines of id and text, QRELS those of
text, 0, claim and 1, separated by tabs, as in the CheckThat! tasks of CLEF. CLAIMS has lines of JSON with vclaim_id,
vclaim and, if they are there, title and subtitle; it may be packed by gzip. Every claim of it is compared with each
text. Without CLAIMS, the one file beside QUERIES that is named *vclaims*.jsonl or *vclaims*.jsonl.gz is taken; without
it too, the statements of the database are searched as the service does it: the claims' ids are their keys.
MATCHING_MODEL says whether vectors are compared too.
{evaluation.__doc__}
"""
T = TypeVar("T")
Rank = Callable[[str], list[Ranked]]
LIMITS = (-1, -0.5, -0.25, 0.25, 0.5, 1)  # of the odds
AT_ONCE = 1_000  # claims in one query: it may take only so long
COMPARED = 30  # of a ranking; the right ones are fewer


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queries", type=Path)
        parser.add_argument("qrels", type=Path)
        parser.add_argument("claims", type=Path, nargs="?")
        parser.add_argument("--language", default="en", help="of the claims; default en")
        parser.add_argument("--limit", type=int, help="how many texts, from the beginning of QRELS")

    def handle(
        self,
        *args: Any,
        queries: Path,
        qrels: Path,
        claims: Path | None,
        language: str,
        limit: int | None,
        **options: Any,
    ) -> None:
        if limit is not None and limit < 1:
            raise CommandError("--limit says how many texts to take: 1 or more.")
        texts, right = _read(queries, read_texts), _read(qrels, read_right)
        where, rank = self._ranking(claims or _beside(queries), language)
        asked = [key for key in right if key in texts][:limit]
        if not asked:
            raise CommandError(f"{qrels}: no text of {queries} is in it.")
        scores, seconds = Scores(), []
        for key in asked:
            began = time.perf_counter()
            ranking = rank(texts[key])
            seconds.append(time.perf_counter() - began)
            scores.add(ranking, right[key])
        self.stdout.write(_report(where, scores, seconds))

    def _ranking(self, claims: Path | None, language: str) -> tuple[str, Rank]:
        if claims is None:
            return f"{Statement.objects.count()} statements of the database, {_level(is_semantic())}", _in_database
        found = _read(claims, read_claims)
        pool = Pool(_vectors_of_all(found, language))
        by_vectors = NearnessOf(found) if has_model() else None

        def rank(text: str) -> list[Ranked]:
            return pool.rank(*read_terms(text, [language]), COMPARED, by_vectors.to(text) if by_vectors else None)

        return f"{len(found)} claims of {claims.name}, {_level(has_model())}", rank


def _vectors_of_all(claims: dict[str, list[str]], language: str) -> dict[str, str]:
    keys = list(claims)
    vectors: dict[str, str] = {}
    for first in range(0, len(keys), AT_ONCE):
        vectors |= vectors_of({key: claims[key] for key in keys[first : first + AT_ONCE]}, language)
    return vectors


class NearnessOf:
    """Claims by their vectors, as the follower makes them of a statement."""

    def __init__(self, claims: dict[str, list[str]]):
        self.model = load_model()
        self.vectors = {
            key: embed_statement(self.model, "\n".join(filter(None, said)), title)
            for key, (*said, title) in claims.items()
        }

    def to(self, text: str) -> dict[str, float]:
        asked = self.model.embed(without_dates(text))
        return {key: nearness(float(asked @ vector), self.model.unrelated) for key, vector in self.vectors.items()}


def _level(is_semantic: bool) -> str:
    return "by words and vectors" if is_semantic else "by words"


def _in_database(text: str) -> list[Ranked]:
    found = find_matches(text, among=Statement.objects.all(), public=False, size=COMPARED).found
    keys = Statement.objects.in_bulk([match.statement_id for match in found])
    return [Ranked(keys[match.statement_id].key, match.score, match.likeness.odds) for match in found]


def _beside(queries: Path) -> Path | None:
    found = sorted(queries.parent.glob("*vclaims*.jsonl*"))
    return found[0] if len(found) == 1 else None


def _read(path: Path, reader: Callable[[Iterable[str]], T]) -> T:
    try:
        return reader(_lines(path))
    except (OSError, EOFError, zlib.error, csv.Error, ValueError) as error:  # NotText is a ValueError
        raise CommandError(f"{path}: {error}") from error


def _lines(path: Path) -> Iterable[str]:
    read = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return decode(read).split("\n")  # a text may have other ends of lines


def _report(where: str, scores: Scores, seconds: list[float]) -> str:
    limits = "  ".join("{:+} {:.3f}/{:.3f}".format(limit, *scores.shares_from(limit)) for limit in LIMITS)
    shown, wrongly = scores.shares_from(0)
    return (
        f"{scores.texts} texts, {where}\n"
        f"MAP@1 {scores.mean(1):.3f}  MAP@3 {scores.mean(3):.3f}  MAP@5 {scores.mean(5):.3f}\n"
        f"shown {shown:.3f}  shown wrongly {wrongly:.3f}\n"
        f"{limits}\n"
        f"{1000 * statistics.median(seconds):.0f} ms for a text"
    )
