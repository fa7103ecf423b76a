"""Work of hundreds of rows in one request.

bulk_post and import_document do it once, and give the rows that it was about and the seconds that the request took:
not those that went into making its body, or into counting.
"""

import http.client
import itertools
import json
import time
from typing import Any

from benchmarks.contenders import Contender, Request
from benchmarks.newsroom import Newsroom

BULK = 500
IMPORTED_STATEMENTS = 500
EXPORT = "/api/v1/statements/export/?format=jsonl"
_turn = itertools.count()


def bulk_post(contender: Contender, newsroom: Newsroom, headers: dict[str, str]) -> tuple[int, float]:
    turn, sources = next(_turn), newsroom.sources
    articles = newsroom.draft_articles
    rows = [
        {
            "article": articles[(turn * 10 + index // 50) % len(articles)],
            "start": index % 50 * 10,
            "end": index % 50 * 10 + 60,
            "source": sources[index % len(sources)],
            "via": [sources[(index + 1) % len(sources)]] if index % 5 < 2 else [],
        }
        for index in range(BULK)
    ]
    _, took = _send(contender, Request("/api/v1/statements/bulk/", "POST", headers, json.dumps(rows)), 201)
    return BULK, took


def import_document(contender: Contender, newsroom: Newsroom, headers: dict[str, str]) -> tuple[int, float]:
    """PUT of a whole annotated article into one that has nothing yet. Counts journal entries."""
    document = annotation_document(next(_turn))
    article = {name: document["article"][name] for name in ("title", "text")}
    made, _ = _send(contender, Request("/api/v1/articles/", "POST", headers, json.dumps(article)), 201)
    address = f"/api/v1/articles/{json.loads(made)['id']}/annotations/"
    [[before]] = newsroom.query("SELECT max(id) FROM journal_entry")
    _, took = _send(contender, Request(address, "PUT", headers, json.dumps(document)), 200)
    [[written]] = newsroom.query("SELECT count(*) FROM journal_entry WHERE id > %s", before)
    return int(written), took


def annotation_document(turn: int) -> dict[str, Any]:
    sentences = [
        f"Speaker {number} told reporters point {number} of story {turn}." for number in range(IMPORTED_STATEMENTS)
    ]
    statements = [
        {
            "key": f"s-{number}",
            "text": sentence,
            "source": f"source-{number % 50}",
            "via": [f"source-{(number + 1) % 50}"] if number % 5 < 2 else [],
            "tag": ("asserted", "denied", "unverified")[number % 3],
            "tag_reason": "So it is said." if number % 3 < 2 else "",
            "evidence": [
                {"key": f"e-{number}", "stance": "supports", "url": f"https://archive.example/{turn}/{number}"}
            ]
            if number % 10 == 3
            else [],
        }
        for number, sentence in enumerate(sentences)
    ]
    disputes = [
        {"key": f"d-{number}", "statement": f"s-{number}", "raised_by": f"source-{(number + 7) % 50}", "kind": "denial"}
        for number in range(0, IMPORTED_STATEMENTS, 10)
    ]
    return {
        "format": "factcheck-annotations/1",
        "article": {"title": f"Imported story {turn}", "text": " ".join(sentences)},
        "sources": [
            {"key": f"source-{number}", "name": f"Speaker {number} of story {turn}", "kind": "person"}
            for number in range(50)
        ],
        "statements": statements,
        "disputes": disputes,
    }


def export_lines(contender: Contender, headers: dict[str, str], seconds: float) -> float:
    """Lines each second, from the first on, until all are read or the time is over: before it, the service reads the ids.

    Raises LookupError if there is no export.
    """
    connection = contender.connect()
    try:
        connection.request("GET", EXPORT, headers=headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise LookupError(f"{EXPORT} answers {answer.status}")
        lines, began = _part(answer).count(b"\n"), time.monotonic()
        while (part := _part(answer)) and time.monotonic() - began < seconds:
            lines += part.count(b"\n")
        return lines / (time.monotonic() - began)
    finally:
        connection.close()


def _part(answer: http.client.HTTPResponse) -> bytes:
    return answer.read1(65_536)


def _send(contender: Contender, request: Request, expected: int) -> tuple[bytes, float]:
    began = time.monotonic()
    answer = contender.send(request)
    took = time.monotonic() - began
    if answer.status != expected:
        raise RuntimeError(f"{request.method} {request.path}: {answer.status}, {answer.body[:500]!r}")
    return answer.body, took
