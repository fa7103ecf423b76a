"""What is measured, and with which requests."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

from benchmarks.bulk_work import bulk_post, export_lines, import_document
from benchmarks.contenders import ALL, BY_WORDS, FASTAPI, LIMIT, NINJA, OURS, Answer, Contender, Request
from benchmarks.load import paced, requests_per_second, rows_per_second
from benchmarks.newsroom import LARGE_ARTICLE_STATEMENTS, Newsroom

STATEMENTS = "/api/v1/statements/"
DISPUTES = "/api/v1/disputes/"
LARGEST_PAGE = 200
DEEP_PAGES = 1000
MATCHED = 500  # sentences for which matches are asked
WRITES_A_SECOND = (5, 20, 50)
KNOWN_TO_A_CLIENT = 100  # statements that are asked for with If-None-Match

Ask = Callable[[Contender], list[Request]]


class CannotMeasure(Exception):
    """The message says why."""


@dataclass(frozen=True)
class Case:
    """`measure` gives units each second, in so many seconds; raises CannotMeasure."""

    name: str
    title: str
    contenders: tuple[str, ...]
    measure: Callable[[Contender, float], float]
    unit: str = "requests/s"
    requests: Ask | None = None  # those that read are also sent to all contenders to be compared
    is_read: bool = False  # and nothing is written meanwhile
    # Beside other requests: contender → how many a second were written in each round, the warm-up included.
    written: dict[str, list[float]] = field(default_factory=dict)


def reads(newsroom: Newsroom) -> list[Case]:
    public = {"X-Forwarded-Proto": "https"}
    signed_in = public | {"Authorization": f"Token {newsroom.token}"}
    some = newsroom.public_statements

    def case(name: str, title: str, contenders: tuple[str, ...], ask: Ask, each: int = 1) -> Case:
        ask = cache(ask)  # some look around at the contender first

        def measure(contender: Contender, seconds: float) -> float:
            return requests_per_second(contender, ask(contender), seconds) / each

        return Case(name, title, contenders, measure, "pages/s" if each > 1 else "requests/s", ask, is_read=True)

    def same(*paths: str, headers: dict[str, str] = public) -> Ask:
        return lambda _contender: [Request(path, headers=headers) for path in paths]

    def matched(level: str, headers: dict[str, str]) -> Ask:
        def ask(contender: Contender) -> list[Request]:
            requests = [Request(path, headers=headers) for path in matches]
            if (found := _parsed(contender.send(requests[0]))["level"]) != level:
                raise RuntimeError(f"{contender.name} finds matches at the level {found}, not {level}.")
            return requests

        return ask

    def deep(contender: Contender) -> list[Request]:
        return [Request(path, headers=public) for path in _deep_pages(contender, newsroom.deep_id, public)]

    def known(contender: Contender) -> list[Request]:
        paths = [f"{STATEMENTS}{row_id}/" for row_id in some[:KNOWN_TO_A_CLIENT]]
        tags = [contender.send(Request(path, headers=public)).headers["ETag"] for path in paths]
        return [Request(path, headers=public | {"If-None-Match": tag}) for path, tag in zip(paths, tags, strict=True)]

    def large_article(contender: Contender) -> list[Request]:
        return [Request(path, headers=public) for path in _large_article(contender, newsroom.large_article, public)]

    one = [f"{STATEMENTS}{row_id}/" for row_id in some]
    ours_and_limit, ours = (OURS, LIMIT), (OURS,)
    texts = newsroom.query("SELECT text FROM claims_statement WHERE id = ANY(%s) ORDER BY id", some[:MATCHED])
    matches = [f"{STATEMENTS}matches/?{urlencode({'text': text})}" for (text,) in texts]
    as_of = [f"{path}?as_of={newsroom.moment}" for path in one]
    by_meaning = [
        case("matches", "matches of a sentence, signed in", ours, matched("semantic", signed_in)),
        case("matches-public", "matches of a sentence, public", ours, matched("semantic", public)),
    ]
    return [
        case("list", "public list, first page of 50", ALL, same(STATEMENTS)),
        case("list-deep", "public list, 1,000 pages far down in turn", ALL, deep),
        case("list-signed-in", "signed-in list, first page of 50", ALL, same(STATEMENTS, headers=signed_in)),
        case("list-by-tag", "public list, filtered by tag", ALL, same(f"{STATEMENTS}?tag=denied")),
        case("one", "one statement, public", ALL, same(*one)),
        case("one-304", "one statement, public, 304", ours_and_limit, known),
        case("one-signed-in", "one statement, signed in", ALL, same(*one, headers=signed_in)),
        case("article", "article page: 300 statements, 60 disputes", ours_and_limit, large_article, each=3),
        case("q-common", "?q= a common word, public", ours, same(f"{STATEMENTS}?q=minister")),
        case("q-seldom", "?q= a seldom word, public", ours, same(f"{STATEMENTS}?q=seldomword")),
        case("q-rare", "?q= a rare word, public", ours, same(f"{STATEMENTS}?q=rareword")),
        *(by_meaning if newsroom.has_vectors else []),
        case("matches-by-words", "… by words alone, signed in", (BY_WORDS,), matched("lexical", signed_in)),
        case("matches-by-words-public", "… by words alone, public", (BY_WORDS,), matched("lexical", public)),
        case("as-of", "one statement as of a moment", ours_and_limit, same(*as_of, headers=signed_in)),
    ]


def beside_writes(newsroom: Newsroom) -> list[Case]:
    """Reads, while another client tags drafts at a steady rate: each write ends what the service has kept."""
    known = {case.name: case for case in reads(newsroom)}
    titles = {"list": "public list, first page", "one": "one statement, 1,000 in turn"}
    return [
        _beside_writes(known[name], title, rate, newsroom) for name, title in titles.items() for rate in WRITES_A_SECOND
    ]


def _beside_writes(case: Case, title: str, rate: int, newsroom: Newsroom) -> Case:
    written: dict[str, list[float]] = {}

    def measure(contender: Contender, seconds: float) -> float:
        with paced(contender, tag_requests(newsroom), rate) as writes:
            answers = case.measure(contender, seconds)
        written.setdefault(contender.name, []).append(writes.rate)
        return answers

    name, title = f"{case.name}-while-{rate}", f"{title}, with {rate} writes/s"
    return Case(name, title, case.contenders, measure, requests=case.requests, written=written)


def writes(newsroom: Newsroom) -> list[Case]:
    def case(name: str, title: str, requests: list[Request]) -> Case:
        def measure(contender: Contender, seconds: float) -> float:
            return requests_per_second(contender, requests, seconds)

        return Case(name, title, ALL, measure, requests=lambda _contender: requests)

    headers = write_headers(newsroom)

    def work(do: Callable[..., tuple[int, float]]) -> Callable[[Contender, float], float]:
        def measure(contender: Contender, seconds: float) -> float:
            return rows_per_second(partial(do, contender, newsroom, headers), seconds)

        return measure

    def export(contender: Contender, seconds: float) -> float:
        try:
            return export_lines(contender, headers, seconds)
        except LookupError as missing:
            raise CannotMeasure(str(missing)) from None

    return [
        case("tag", "tag write with its journal entry", tag_requests(newsroom)),
        case("post", "statement POST", post_requests(newsroom)),
        Case("export", "JSONL export (one caller)", (OURS,), export, "rows/s"),
        Case("bulk", "bulk POST of 500 statements", (OURS, LIMIT), work(bulk_post), "statements/s"),
        Case("import", "annotation import (PUT, one caller)", (OURS, LIMIT), work(import_document), "journal rows/s"),
    ]


def write_headers(newsroom: Newsroom) -> dict[str, str]:
    return {
        "X-Forwarded-Proto": "https",
        "Authorization": f"Token {newsroom.token}",
        "Content-Type": "application/json",
        "If-Match": "*",
    }


def tag_requests(newsroom: Newsroom) -> list[Request]:
    """Of drafts, so that no public page changes while it is measured."""
    body = json.dumps({"tag": "denied", "reason": "Denied by name on the record."})
    headers = write_headers(newsroom)
    return [Request(f"{STATEMENTS}{row_id}/tag/", "POST", headers, body) for row_id in newsroom.draft_statements]


def post_requests(newsroom: Newsroom) -> list[Request]:
    headers = write_headers(newsroom)
    passages = [(article, start) for start in (10, 200, 400, 600) for article in newsroom.draft_articles]
    sources = newsroom.sources
    return [
        Request(
            STATEMENTS,
            "POST",
            headers,
            json.dumps(
                {
                    "article": article,
                    "start": start,
                    "end": start + 80,
                    "source": sources[index % len(sources)],
                    "via": [sources[(index + 1) % len(sources)]],
                }
            ),
        )
        for index, (article, start) in enumerate(passages)
    ]


def _deep_pages(contender: Contender, deep_id: int, headers: dict[str, str]) -> list[str]:
    """In the last fifth of the list, and more of them than the service keeps answers: each is read from the tables.

    Links are the documented difference: each contender has its own, and only the service's hides a digest.
    """
    places = [100 + (2 * deep_id - 100) * place // DEEP_PAGES for place in range(DEEP_PAGES)]
    if contender.name in (LIMIT, NINJA, FASTAPI):
        return [f"{STATEMENTS}?before={row_id}" for row_id in places]
    if contender.name != OURS:
        return [f"{STATEMENTS}?cursor={base64.b64encode(f'p={row_id}'.encode()).decode()}" for row_id in places]
    first = _parsed(contender.send(Request(STATEMENTS, headers=headers)))
    _path, cursor = first["next"].split("?cursor=")
    [_value, _id, *rest] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    packed = [json.dumps([row_id, row_id, *rest], separators=(",", ":")).encode() for row_id in places]
    return [f"{STATEMENTS}?cursor={base64.urlsafe_b64encode(one).decode().rstrip('=')}" for one in packed]


def _large_article(contender: Contender, article: int, headers: dict[str, str]) -> list[str]:
    """Two pages of statements and one of disputes."""
    first = f"{STATEMENTS}?article={article}&page_size={LARGEST_PAGE}"
    page = _parsed(contender.send(Request(first, headers=headers)))
    if len(page["results"]) != LARGEST_PAGE < LARGE_ARTICLE_STATEMENTS:
        raise RuntimeError(f"{contender.name} does not give {LARGEST_PAGE} statements of the large article.")
    if contender.name == OURS:
        second = STATEMENTS + "?" + page["next"].split("?", 1)[1]
    else:
        last = page["results"][-1]
        second = f"{first}&after={last['start']}&after_id={last['id']}"
    return [first, second, f"{DISPUTES}?article={article}&page_size={LARGEST_PAGE}"]


def _parsed(answer: Answer) -> Any:
    if answer.status != 200:
        raise RuntimeError(f"Status {answer.status}: {answer.body[:300]!r}")
    return json.loads(answer.body)
