"""What `make bench` concludes from its numbers. The measuring itself is not tested."""

import os
import re
import sys
from pathlib import Path

import django
import pytest
from django.core import management

from benchmarks import newsroom
from benchmarks.agreement import difference
from benchmarks.contenders import FASTAPI, LIMIT, OURS, Request
from benchmarks.goals import GOALS, paired
from benchmarks.load import _lua
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


def test_the_corpus_is_filled_without_the_time_limits_of_a_request(monkeypatch):
    at_setup = []
    for name in TIME_LIMITS:
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr(django, "setup", lambda: at_setup.extend(os.environ[name] for name in TIME_LIMITS))
    monkeypatch.setattr(management, "call_command", lambda *_, **__: None)
    monkeypatch.setattr(newsroom, "_fill", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["benchmarks.newsroom", "--fill", "50"])
    newsroom.main()
    assert at_setup == ["0", "0", "0"]
