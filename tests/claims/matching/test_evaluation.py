"""The scores of matching, and `manage.py evaluate_matching`."""

import gzip
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from claims import services
from claims.matching.evaluation import Ranked, Scores, average_precision, read_claims, read_right, read_texts

DATA = Path(__file__).parents[4] / "shared/data/checkthat-2022-2a"
CLAIMS = [
    {"vclaim_id": "c-1", "vclaim": "The mayor of Springfield sacked eleven inspectors.", "title": "Mass sacking?"},
    {"vclaim_id": "c-2", "vclaim": "The old bridge over the Elbe was closed for lorries.", "subtitle": "It is open."},
]
QUERIES = """id\ttext
t-1\tWho says so?\u2028Springfield mayor sacked inspectors
t-2\tThe bridge is closed to any lorry
t-3\tRain
"""
QRELS = "t-1\t0\tc-1\t1\nt-2\t0\tc-1\t0\nt-2\t0\tc-2\t1\nt-9\t0\tc-2\t1\n"


@pytest.mark.parametrize(
    ("ranking", "right", "depth", "wanted"),
    [
        ("abc", "a", 5, 1),
        ("bac", "a", 5, 1 / 2),
        ("bac", "a", 1, 0),
        ("abcd", "ad", 5, (1 + 2 / 4) / 2),
        ("abcd", "ad", 1, 1),
        ("", "a", 5, 0),
        ("a", "", 5, 0),
    ],
)
def test_average_precision(ranking, right, depth, wanted):
    assert average_precision(list(ranking), set(right), depth) == pytest.approx(wanted)


def ranked(keys, odds):
    """Better by so much than they are now: the score of the fifth is 0.5."""
    return [Ranked(key, 0.5, lambda others: odds + 0.5 - others) for key in keys]


def test_a_text_is_shown_by_a_right_statement_and_wrongly_by_one_of_the_others():
    scores = Scores()
    scores.add(ranked("abcde", 0), {"b"})
    scores.add(ranked("abcde", -1), {"b"})
    scores.add([*ranked("a", 0), *ranked("bcdef", -1)], {"a"})
    scores.add([*ranked("abcd", -1), *ranked("e", 0), *ranked("fg", -1)], {"a"})
    scores.add([], {"a"})
    assert (scores.texts, scores.shares_from(0)) == (5, (2 / 5, 2 / 5))
    assert (scores.mean(1), scores.mean(5)) == (2 / 5, 3 / 5)
    assert scores.shares_from(-1) == (4 / 5, 4 / 5)
    assert scores.shares_from(0.2) == (0, 0)


def test_how_near_the_others_are_is_told_without_the_right_ones():
    scores = Scores()
    scores.add([Ranked("a", 0.9, lambda others: 1), *ranked("bcde", -0.1)], {"a"})
    assert scores.shares_from(0) == (1, 1)  # of four others there is no fifth, so that the usual score counts


def test_files_are_read_as_they_are_published():
    assert read_texts(QUERIES.split("\n")) == {
        "id": "text",
        "t-1": "Who says so?\u2028Springfield mayor sacked inspectors",
        "t-2": "The bridge is closed to any lorry",
        "t-3": "Rain",
    }
    assert read_right(QRELS.splitlines()) == {"t-1": {"c-1"}, "t-2": {"c-2"}, "t-9": {"c-2"}}
    assert read_claims(map(json.dumps, CLAIMS))["c-2"] == [CLAIMS[1]["vclaim"], "It is open.", ""]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "queries.tsv").write_text(QUERIES, encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text(QRELS, encoding="utf-8")
    lines = "\n".join(map(json.dumps, CLAIMS))
    (tmp_path / "some.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def evaluate(folder, *claims, **options):
    out = StringIO()
    call_command("evaluate_matching", folder / "queries.tsv", folder / "qrels.tsv", *claims, stdout=out, **options)
    return out.getvalue().splitlines()


SCORES = ["MAP@1 1.000  MAP@3 1.000  MAP@5 1.000", "shown 1.000  shown wrongly 0.000"]
LIMITS = "-1 1.000/0.000  -0.5 "


def test_the_command_compares_with_every_claim_of_a_file(db, files):
    head, *scores, limits, time = evaluate(files, files / "some.jsonl")
    assert (head, scores) == ("2 texts, 2 claims of some.jsonl, by words", SCORES)
    assert limits.startswith(LIMITS)
    assert time.endswith(" ms for a text")
    assert evaluate(files, files / "some.jsonl", limit=1)[0].startswith("1 texts")


def test_with_a_model_texts_are_compared_by_their_vectors_too(db, files, settings):
    settings.MATCHING_MODEL = "minilm"
    (files / "queries.tsv").write_text("t-2\tTrucks may no longer cross a river", encoding="utf-8")
    head, *scores, limits, _ = evaluate(files, files / "some.jsonl")
    assert head == "1 texts, 2 claims of some.jsonl, by words and vectors"
    assert scores == ["MAP@1 1.000  MAP@3 1.000  MAP@5 1.000", "shown 0.000  shown wrongly 0.000"]
    assert limits.startswith("-1 0.000/0.000  -0.5 ")


def test_the_command_finds_the_claims_beside_the_texts(db, files):
    packed = gzip.compress((files / "some.jsonl").read_bytes())
    (files / "the_vclaims.jsonl.gz").write_bytes(packed)
    assert evaluate(files)[0] == "2 texts, 2 claims of the_vclaims.jsonl.gz, by words"


def test_without_claims_the_command_searches_the_statements_with_their_keys(files, alice, minister):
    for claim in CLAIMS:
        article = services.create_article(actor=alice, title="A report", text=claim["vclaim"])
        services.create_statement(
            article=article, actor=alice, source=minister, text=claim["vclaim"], key=claim["vclaim_id"]
        )
    head, *scores, _, _ = evaluate(files)
    assert (head, scores) == ("2 texts, 2 statements of the database, by words", SCORES)


def test_the_command_names_what_it_cannot_read(db, files):
    with pytest.raises(CommandError, match=r"none\.jsonl"):
        evaluate(files, files / "none.jsonl")
    packed = gzip.compress((files / "some.jsonl").read_bytes() * 9)
    (files / "cut.jsonl.gz").write_bytes(packed[:-12])
    with pytest.raises(CommandError, match=r"cut\.jsonl\.gz: Compressed file ended"):
        evaluate(files, files / "cut.jsonl.gz")
    with pytest.raises(CommandError, match="--limit says how many texts to take"):
        evaluate(files, files / "some.jsonl", limit=-1)
    (files / "qrels.tsv").write_text("")
    with pytest.raises(CommandError, match=r"no text of .*queries\.tsv"):
        evaluate(files)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("\n\n", "there are no claims in it"),
        ('\n{"vclaim": "No id"}', "line 2 is no object with a vclaim_id"),
        ('["a"]', "line 1 is no object with a vclaim_id"),
        ("5", "line 1 is no object with a vclaim_id"),
        ("{'vclaim_id'}", "line 1 is no JSON: Expecting property name enclosed in double quotes"),
        ('{"vclaim_id": "1", "vclaim": 5}', "line 1: vclaim_id, vclaim, subtitle, title are texts"),
    ],
)
def test_claims_that_are_none_are_named_by_file_and_line(db, files, lines, said):
    (files / "some.jsonl").write_text(lines)
    with pytest.raises(CommandError) as refused:
        evaluate(files, files / "some.jsonl")
    assert str(refused.value) == f"{files / 'some.jsonl'}: {said}"


@pytest.mark.skipif(not DATA.is_dir(), reason="the public sets are not beside this checkout")
def test_the_public_set_is_ranked_as_promised(db):
    out = StringIO()
    files = ("CT2022-Task2A-EN-Train-Dev_Queries.tsv", "CT2022-Task2A-EN-Dev_QRELs.tsv")
    call_command("evaluate_matching", *(DATA / name for name in files), limit=50, stdout=out)
    _head, maps, shown, *_ = out.getvalue().splitlines()
    assert float(maps.split()[-1]) >= 0.9
    assert float(shown.split()[1]) >= 0.7
