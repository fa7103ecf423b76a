"""The scorer, and `manage.py evaluate_suggestions`."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from claims.suggesting.scoring import Annotated, Score, read_brat
from claims.suggesting.suggestions import suggest

SAMPLE = Path(settings.BASE_DIR).parent / "shared" / "data" / "polnear-sample"
TEXT = "“We will go,” Ann said. Bob said that it was late. “Never,” he said."
ANNOTATIONS = """\
T1\tContent 0 13\t“We will go,”
T2\tSource 14 17\tAnn
T3\tCue 18 22\tsaid
T4\tAttribution 18 22\tsaid
E1\tAttribution:T4 Content:T1 Source:T2 Cue:T3
T5\tContent 33 49\tthat it was late
T6\tSource 24 27\tBob
E2\tAttribution:T4 Content:T5 Source:T6
T7\tContent 51 57;59 68\t“Never” he said.
T8\tSource 24 27\tBob
E3\tAttribution:T4 Content:T7 Source:T8
E4\tAttribution:T4 Source:T8
"""


def test_brat_events_with_a_content_are_read() -> None:
    assert read_brat(ANNOTATIONS) == [
        Annotated((0, 13), [(14, 17)]),
        Annotated((33, 49), [(24, 27)]),
        Annotated((51, 68), [(24, 27)]),
    ]


def test_the_score_counts_quotations_speakers_and_contents() -> None:
    score = Score()
    score.add(TEXT, suggest(TEXT), read_brat(ANNOTATIONS))
    assert (score.precision, score.recall) == (1, 1)
    assert (score.speaker, score.quotation_and_speaker) == (0.5, 0.5)  # “he” is annotated as Bob
    assert score.exact_content == pytest.approx(4 / 6)


def test_nothing_at_all_scores_nothing() -> None:
    score = Score()
    score.add("No one spoke.", [], [])
    assert (score.precision, score.recall, score.speaker, score.exact_content) == (0, 0, 0, 0)


def evaluate(folder: Path) -> list[list[str]]:
    out = StringIO()
    call_command("evaluate_suggestions", folder, stdout=out)
    return [line.split() for line in out.getvalue().splitlines()]


def test_the_command_prints_all_articles_and_each_half(tmp_path: Path) -> None:
    for folder in ("text", "attributions"):
        (tmp_path / folder).mkdir()
    for name in ("a", "b"):
        (tmp_path / "text" / f"{name}.txt").write_text(TEXT, encoding="utf-8")
        (tmp_path / "attributions" / f"{name}.ann").write_text(ANNOTATIONS, encoding="utf-8")
    header, *lines = evaluate(tmp_path)
    assert header == ["articles", "quotations", "precision", "recall", "speaker", "both", "exact", "F1", "ms"]
    assert [line[:-1] for line in lines] == [
        ["all", "2", "4", "1.000", "1.000", "0.500", "0.500", "0.667"],
        ["first", "half", "1", "2", "1.000", "1.000", "0.500", "0.500", "0.667"],
        ["second", "half", "1", "2", "1.000", "1.000", "0.500", "0.500", "0.667"],
    ]


def test_the_command_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"there is no text/\*\.txt"):
        evaluate(tmp_path)
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_text("He said so.", encoding="utf-8")
    with pytest.raises(CommandError, match=r"a\.ann"):
        evaluate(tmp_path)
    (tmp_path / "attributions").mkdir()
    (tmp_path / "attributions" / "a.ann").write_text("T1\tContent 5\tso", encoding="utf-8")
    with pytest.raises(CommandError, match=r"a\.ann: two offsets are wanted: .T1"):
        evaluate(tmp_path)


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the annotated sample is not beside this checkout")
def test_the_annotated_sample_is_scored_as_promised() -> None:
    precision, recall, _, both, exact = map(float, evaluate(SAMPLE)[1][3:8])
    assert precision >= 0.90
    assert recall >= 0.85
    assert both >= 0.74
    assert exact >= 0.43
