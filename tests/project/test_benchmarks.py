"""What `make bench` concludes from its numbers. The measuring itself is not tested."""

import argparse
import os
import re
import sys
from pathlib import Path

import django
import pytest
from django.core import management

from benchmarks import __main__ as main
from benchmarks import every_read, filling, report
from benchmarks.agreement import difference
from benchmarks.cases import Case, beside_writes, reads, writes
from benchmarks.contenders import ALL, FASTAPI, LIMIT, OURS, Request
from benchmarks.goals import GOALS, paired
from benchmarks.latency import _summary
from benchmarks.load import _lua
from benchmarks.newsroom import Newsroom
from benchmarks.one_caller import CHANGE, MATCHES, Waited
from factcheck.startup import TIME_LIMITS

ROOT = Path(__file__).parents[2]


def pins(path: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z-]+)(?:\[[a-z,]+\])?==([\w.]+)", (ROOT / path).read_text(), re.M)
    return {name.lower(): version for name, version in found}


def test_rivals_have_the_versions_of_the_service_where_they_have_the_same_package():
    ours, theirs = pins("requirements.txt"), pins("benchmarks/rivals/requirements.txt")
    common = ours.keys() & theirs.keys()
    assert "django" in common
    assert {name: theirs[name] for name in common} == {name: ours[name] for name in common}


@pytest.mark.parametrize(
    ("ours", "theirs", "where"),
    [
        ({"a": [1, 2]}, {"a": [1, 3]}, "/a/1: 2 against 3"),
        ({"a": 1}, {"a": 1, "b": 2}, "/: {'a': 1} against {'a': 1, 'b': 2}"),
        ([[]], [[1]], "/0: [] against [1]"),
    ],
)
def test_a_difference_between_answers_is_named_by_its_place(ours, theirs, where):
    assert difference(ours, theirs) == where


def test_a_round_in_which_the_whole_machine_was_slow_does_not_move_a_ratio():
    assert paired([100, 10, 100], [50, 5, 50]) == 2


def test_goals_are_judged_by_what_was_measured_and_passed_over_otherwise():
    rounds = {"list": {OURS: [60.0], LIMIT: [100.0], FASTAPI: [20.0]}}
    lines = [line for goal in GOALS if (line := goal.line(rounds))]
    assert lines == [
        ("public list: of the limit", "0.5", "0.60", "yes"),
        ("public list: times FastAPI", "4", "3.00", "no"),
    ]


def test_a_request_reaches_wrk_with_its_quotes():
    script = _lua([Request("/tag/", "POST", {"If-Match": "*"}, '{"reason": "He said \\"no\\"."}')])
    assert r'headers = {["If-Match"] = "*"}, body = "{\"reason\": \"He said \\\"no\\\".\"}"' in script


@pytest.fixture
def readme(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    (tmp_path / "README.md").write_text("a\n<!-- run with 10000 begins -->\nold\n<!-- run with 10000 ends -->\nz\n")
    return tmp_path / "README.md"


def test_a_table_replaces_what_stands_in_its_place(readme):
    report.write_readme("run with 10000", "new")
    assert readme.read_text() == ("a\n<!-- run with 10000 begins -->\n\nnew\n\n<!-- run with 10000 ends -->\nz\n")


def test_a_size_without_a_place_leaves_the_readme_as_it_is_and_says_so(readme, capsys):
    before = readme.read_text()
    report.write_readme("run with 100000", "new")
    assert readme.read_text() == before
    assert capsys.readouterr().err == ("benchmarks/README.md was not changed: it has no place for “run with 100000”.\n")


def test_a_file_that_cannot_be_written_is_told_and_ends_nothing(readme, capsys):
    readme.unlink()
    (readme.parent / "latest.json").write_text("{")
    report.write_readme("run with 10000", "new")
    report.write_json(report.Run(1000, 2), [], {})
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "benchmarks/README.md was not changed: No such file or directory."
    assert told[1].startswith("benchmarks/latest.json was not written: Expecting property name")


def test_so_few_statements_that_something_would_be_missing_are_measured_as_a_thousand(capsys):
    assert [main._size("1"), main._size("1000"), main._size("100000")] == [1000, 1000, 100_000]
    assert capsys.readouterr().err == "1 is too few, such as for drafts to tag: 1,000 are measured.\n"
    for wrong in ("0", "-5", "many"):
        with pytest.raises((argparse.ArgumentTypeError, ValueError)):
            main._size(wrong)


@pytest.mark.parametrize("size", [10_000, 1_000_000, 10_000_000])
def test_the_readme_has_a_place_for_the_published_sizes(size):
    assert f"<!-- run with {size} begins -->" in (ROOT / "benchmarks/README.md").read_text()


def test_a_case_that_fails_halfway_is_named_and_the_others_are_measured(monkeypatch):
    def half(_contender, seconds):
        asked.append(seconds)
        if len(asked) > 2:
            raise RuntimeError("factcheck answered 503.")
        return 1.0

    asked, run = [], report.Run(1000, 2)
    monkeypatch.setattr(main, "peak_memory", lambda _: 0)
    cases = [Case("half", "half", (OURS,), half), Case("whole", "whole", (OURS,), lambda *_: 2.0)]
    main.measure(run, cases, {OURS: None}, rounds=3)
    assert run.rounds == {"whole": {OURS: [2.0, 2.0, 2.0]}}
    assert report.remarks(run) == "Not measured: half. factcheck answered 503."


def newsroom_of(size: int, monkeypatch) -> Newsroom:
    monkeypatch.setattr(Newsroom, "query", lambda *_: [("A sentence.",)])
    return Newsroom(Path("nowhere"), size, "token", [1], [2], [3], [4], 5, 6, "2026-01-01T00:00:00Z")


def test_from_five_million_statements_on_the_filled_database_is_measured_itself_and_without_vectors(monkeypatch):
    large, small = newsroom_of(5_000_000, monkeypatch), newsroom_of(4_999_999, monkeypatch)
    assert (large.database, small.database) == ("filled", "factcheck")
    assert {case.name for case in reads(small)} - {case.name for case in reads(large)} == {"matches", "matches-public"}


def test_every_read_asks_for_lists_and_rows_but_for_no_stream_and_no_row_that_it_does_not_know(monkeypatch):
    newsroom = newsroom_of(10_000, monkeypatch)
    monkeypatch.setattr(Newsroom, "query", lambda _, sql, *__: [(7, 8)] if "article, source" in sql else [(9,)])
    paths, _, addresses = zip(*every_read._addresses(newsroom), strict=True)
    assert {"/api/v1/statements/?page_size=10&q=minister", "/api/v1/articles/7/?as_of=2026-01-01T00%3A00%3A00Z"} <= {
        *addresses
    }
    assert "/api/v1/journal/" in paths
    assert not [path for path in paths if "stream" in path or "export" in path or "{webhook}" in path]


def test_reads_beside_writes_ask_every_contender_what_the_reads_alone_ask(monkeypatch):
    small = newsroom_of(10_000, monkeypatch)
    alone = {case.name: case for case in reads(small)}
    beside = {case.name: case for case in beside_writes(small)}
    assert [*beside] == [f"{name}-while-{rate}" for name in ("list", "one") for rate in (5, 20, 50)]
    case = beside["one-while-20"]
    assert (case.title, case.contenders) == ("one statement, 1,000 in turn, with 20 writes/s", ALL)
    assert case.requests(None) == alone["one"].requests(None)
    assert not case.is_read  # so that what it writes is compared too


def test_names_of_cases_and_goals_fit_together(monkeypatch):
    small = newsroom_of(10_000, monkeypatch)
    names = [case.name for case in (*reads(small), *beside_writes(small), *writes(small))]
    assert len(names) == len(set(names))
    rounds = {name: {each: [1.0] for each in ALL} for name in names}
    assert [goal.title for goal in GOALS if goal.line(rounds) is None] == []


def test_what_one_caller_waits_for_is_judged_by_the_median_and_by_one_in_twenty():
    assert Waited("matches", MATCHES, [9.0] * 18 + [30.0] * 2).line() == ["matches", "9.0", "30.0", "10 / 25", "no"]
    assert Waited("matches", MATCHES, [9.0] * 20).line() == ["matches", "9.0", "9.0", "10 / 25", "yes"]


def test_what_the_service_refuses_stands_in_the_table_by_its_status():
    assert Waited("PATCH", CHANGE, [12.0], 503).line() == ["PATCH", "answers 503", "", "3,000", "no"]


def test_latency_is_told_by_the_answer_in_the_middle_and_by_the_slow_ones():
    assert _summary([10.0, 20.0], [float(n) for n in range(1, 100)]) == {"rate": 15, "p50": 50, "p95": 95, "p99": 99}


def test_a_flat_table_compares_the_largest_database_with_the_smallest_that_has_the_case():
    runs = [report.Run(1000, 1), report.Run(2000, 1), report.Run(3000, 1)]
    for run, value in zip(runs, (100.0, 90.0, 50.0), strict=True):
        run.rounds["list"] = {OURS: [value]}
    runs[0].rounds["matches"] = {OURS: [10.0]}
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in
             report.flatness(runs, {"list": "list", "matches": "matches"}).splitlines()]  # fmt: skip
    assert cells[0] == ["", "1,000", "2,000", "3,000", "growth", "at most 1.3"]
    assert cells[2][4:] == ["2.00", "no"]
    assert cells[3] == ["matches", "10.0 (10.0–10.0)", "", "", "", ""]


def test_the_corpus_is_filled_without_the_time_limits_of_a_request(monkeypatch):
    at_setup = []
    for name in TIME_LIMITS:
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr(django, "setup", lambda: at_setup.extend(os.environ[name] for name in TIME_LIMITS))
    monkeypatch.setattr(management, "call_command", lambda *_, **__: None)
    monkeypatch.setattr(filling, "_fill", lambda *_, **__: None)
    monkeypatch.setattr(sys, "argv", ["benchmarks.filling", "--fill", "50"])
    filling.main()
    assert at_setup == ["0", "0", "0"]
