"""What one caller waits for, with nobody else there: searches of the whole newsroom, and work on a long text.

A transaction ends before each request, so that no kept answer is sent.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import median, quantiles
from typing import Any

from benchmarks.cases import STATEMENTS, Case, write_headers
from benchmarks.contenders import OURS, Contender, Request
from benchmarks.newsroom import ROOT, Newsroom
from benchmarks.report import markdown

REQUESTS, WARM_UP = 200, 20
MATCHES = (10.0, 25.0)  # milliseconds: the median, and one in twenty
SUGGESTIONS = (40.0, None)
CHANGE = (3000.0, None)
LONG_ARTICLE_WORDS = 5_000
SENTENCES, SENTENCE = 4_000, 104  # of the text that is changed, and code points of each
BULK = 500
CHANGES = 3

Goal = tuple[float, float | None]


@dataclass
class Waited:
    title: str
    goal: Goal
    milliseconds: list[float]
    status: int = 200  # of what was refused; then there is no time

    def line(self) -> list[str]:
        goal = " / ".join(f"{each:,.0f}" for each in self.goal if each)
        if self.status != 200:
            return [self.title, f"answers {self.status}", "", goal, "no"]
        middle, late = median(self.milliseconds), _late(self.milliseconds)
        is_kept = middle <= self.goal[0] and (self.goal[1] is None or late <= self.goal[1])
        return [self.title, f"{middle:,.1f}", f"{late:,.1f}", goal, "yes" if is_kept else "no"]


def _late(values: list[float]) -> float:
    return quantiles(values, n=20)[-1] if len(values) >= 20 else max(values)


def measure(newsroom: Newsroom, cases: list[Case], contenders: dict[str, Contender]) -> list[Waited]:
    found = [_matches(newsroom, case, contenders) for case in cases if case.name.startswith("matches")]
    ours = contenders[OURS]
    article = long_article(newsroom, ours)
    suggestions = [Request(f"/api/v1/articles/{article}/suggestions/", headers=write_headers(newsroom))]
    return [
        *found,
        Waited(
            f"suggestions for an article of {LONG_ARTICLE_WORDS:,} words",
            SUGGESTIONS,
            waits(newsroom, ours, suggestions),
        ),
        text_change(newsroom, ours),
    ]


def _matches(newsroom: Newsroom, case: Case, contenders: dict[str, Contender]) -> Waited:
    contender = contenders[case.contenders[0]]
    assert case.requests is not None
    title = case.title.replace("…", "matches of a sentence,")
    return Waited(title, MATCHES, waits(newsroom, contender, case.requests(contender)))


def waits(newsroom: Newsroom, contender: Contender, requests: list[Request]) -> list[float]:
    """Milliseconds of each, on one connection."""
    times, connection = [], contender.connect()
    for request in islice(cycle(requests), WARM_UP + REQUESTS):
        newsroom.query("SELECT pg_current_xact_id()")
        began = time.perf_counter()
        connection.request(request.method, request.path, headers=request.headers)
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{request.path}: {answer.status}, {body[:300]!r}")
    connection.close()
    return times[WARM_UP:]


def long_article(newsroom: Newsroom, ours: Contender) -> int:
    """The text of the demo, again and again: it has quotations, as an article has."""
    [seed] = sorted((ROOT / "seeds").glob("*.json"))[:1]
    words = islice(cycle(json.loads(seed.read_text())["article"]["text"].split(" ")), LONG_ARTICLE_WORDS)
    return int(_made(newsroom, ours, "/api/v1/articles/", {"title": "A long article", "text": " ".join(words)})["id"])


def text_change(newsroom: Newsroom, ours: Contender) -> Waited:
    """PATCH of a text, before whose statements a word is put each time."""
    title = f"PATCH of a text of {SENTENCES * (SENTENCE + 1):,} code points with {SENTENCES:,} statements"
    sentences = [
        f"Speaker {number} said so in reply to a question.".ljust(SENTENCE, "-") for number in range(SENTENCES)
    ]
    text = " ".join(sentences)
    article = int(_made(newsroom, ours, "/api/v1/articles/", {"title": "A text with statements", "text": text})["id"])
    for rows in _statements(article, newsroom):
        _made(newsroom, ours, f"{STATEMENTS}bulk/", rows)
    waited = Waited(title, CHANGE, [])
    for turn in range(1, CHANGES + 1):
        body = json.dumps({"text": "Updated. " * turn + text})
        began = time.perf_counter()
        answer = ours.send(Request(f"/api/v1/articles/{article}/", "PATCH", write_headers(newsroom), body))
        waited.milliseconds.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            waited.status = answer.status
            break
    return waited


def _statements(article: int, newsroom: Newsroom) -> Iterator[list[dict[str, Any]]]:
    starts = range(0, SENTENCES * (SENTENCE + 1), SENTENCE + 1)
    rows = [
        {"article": article, "start": start, "end": start + SENTENCE, "source": newsroom.sources[0]} for start in starts
    ]
    for begin in range(0, len(rows), BULK):
        yield rows[begin : begin + BULK]


def _made(newsroom: Newsroom, ours: Contender, path: str, body: Any) -> Any:
    answer = ours.send(Request(path, "POST", write_headers(newsroom), json.dumps(body)))
    if answer.status != 201:
        raise RuntimeError(f"{path}: {answer.status}, {answer.body[:300]!r}")
    return json.loads(answer.body)


def table(found: list[Waited]) -> str:
    head = ["one caller: ms", "median", "p95", "at most", "within"]
    return markdown([head, *(waited.line() for waited in found)]) if found else ""
