"""Before anything is timed: whoever answers other values, or writes other rows, is not compared."""

import json
from typing import Any

from benchmarks.cases import Case, post_requests, tag_requests
from benchmarks.contenders import OURS, Contender, Request
from benchmarks.newsroom import Newsroom

COMPARED = 20  # of a case's requests
LINKS = {"next", "previous"}  # the documented difference: each contender has cursors of its own
# What no two writes have in common.
OF_ONE_WRITE = {"id", "key", "version", "created_at", "updated_at", "tagged_at"}
ENTRY = "SELECT actor, action, resource, article, reason, data FROM journal_entry WHERE resource_id = %s AND id > %s"


class Disagreement(Exception):
    """Names the case, the contender and the first place that differs."""


def check(cases: list[Case], newsroom: Newsroom, contenders: dict[str, Contender]) -> None:
    for case in cases:
        if case.requests is not None:
            _check_read(case, contenders)
    if all(case.is_read for case in cases):
        return
    _check_write("tag", tag_requests(newsroom)[0], newsroom, contenders)
    _check_write("post", post_requests(newsroom)[0], newsroom, contenders)


def _check_read(case: Case, contenders: dict[str, Contender]) -> None:
    assert case.requests is not None
    answers = {}
    for name in case.contenders:
        if name in contenders:
            requests = [each for each in case.requests(contenders[name]) if each.method == "GET"][:COMPARED]
            answers[name] = [_values(contenders[name], request, LINKS) for request in requests]
    _compare(case.name, answers)


def _values(contender: Contender, request: Request, left_out: set[str]) -> Any:
    answer = contender.send(request)
    if answer.status == 304:
        return None
    if answer.status not in (200, 201):
        raise Disagreement(f"{contender.name}: {request.path} answers {answer.status}, {answer.body[:300]!r}")
    data = json.loads(answer.body)
    return {name: value for name, value in data.items() if name not in left_out}


def _check_write(name: str, request: Request, newsroom: Newsroom, contenders: dict[str, Contender]) -> None:
    answers = {}
    for contender in contenders.values():
        [[before]] = newsroom.query("SELECT max(id) FROM journal_entry")
        row = _values(contender, request, set())
        entries = newsroom.query(ENTRY, row["id"], before)
        shown = [[*entry[:-1], _lasting(entry[-1])] for entry in entries]
        answers[contender.name] = [{"answer": _lasting(row), "entries": shown, "fields": sorted(row)}]
    _compare(name, answers)


def _lasting(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in OF_ONE_WRITE}


def _compare(case: str, answers: dict[str, list[Any]]) -> None:
    for name, theirs in answers.items():
        if theirs != (ours := answers.get(OURS, theirs)):
            raise Disagreement(f"{case}: {name} and {OURS} answer otherwise at {difference(ours, theirs)}")


def difference(ours: Any, theirs: Any, place: str = "") -> str:
    """Where two JSON values first differ, and how."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        pairs: Any = ((f"{place}/{name}", ours[name], theirs[name]) for name in ours)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = ((f"{place}/{index}", *pair) for index, pair in enumerate(zip(ours, theirs, strict=True)))
    else:
        return f"{place or '/'}: {ours!r:.300} against {theirs!r:.300}"
    return next(difference(mine, other, deeper) for deeper, mine, other in pairs if mine != other)
