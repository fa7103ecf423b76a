import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from claims.suggesting import scoring
from claims.suggesting.scoring import Annotated, Score, read_brat
from claims.suggesting.suggestions import suggest
from factcheck.encodings import NotText, decode

HELP = f"""\
Scores the suggested statements on annotated articles: FOLDER/text/NAME.txt with FOLDER/attributions/NAME.ann, brat
standoff files whose events have a Content, a Cue and a Source, as in PolNeAR. Prints the scores of all articles, and of
each half of them (every other one), so that rules can be written on one half and judged on the other.
{scoring.__doc__}
"""


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--language", default="en", help="of the articles; default en")

    def handle(self, *args: Any, folder: Path, language: str, **options: Any) -> None:
        articles = _read(folder)
        self.stdout.write(f"{'':12}{'articles':>9}{'quotations':>11}  precision  recall  speaker  both  exact F1  ms")
        for name, part in (("all", articles), ("first half", articles[::2]), ("second half", articles[1::2])):
            if part:
                self.stdout.write(_line(name, part, language))


def _read(folder: Path) -> list[tuple[str, list[Annotated]]]:
    texts = sorted(folder.glob("text/*.txt"))
    if not texts:
        raise CommandError(f"{folder}: there is no text/*.txt.")
    return [(_text(each), _annotated(folder / "attributions" / f"{each.stem}.ann")) for each in texts]


def _text(path: Path) -> str:
    try:
        return decode(path.read_bytes())
    except (OSError, NotText) as error:
        raise CommandError(f"{path}: {error}") from error


def _annotated(path: Path) -> list[Annotated]:
    text = _text(path)
    try:
        return read_brat(text)
    except ValueError as error:
        raise CommandError(f"{path}: {error}") from error


def _line(name: str, articles: list[tuple[str, list[Annotated]]], language: str) -> str:
    score, seconds = Score(), 0.0
    for text, annotated in articles:
        began = time.process_time()
        suggestions = suggest(text, language)
        seconds += time.process_time() - began
        score.add(text, suggestions, annotated)
    return (
        f"{name:12}{len(articles):9}{score.annotated:11}{score.precision:11.3f}{score.recall:8.3f}{score.speaker:9.3f}"
        f"{score.quotation_and_speaker:6.3f}{score.exact_content:10.3f}{1000 * seconds / len(articles):4.0f}"
    )
