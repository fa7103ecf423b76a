"""API clients that read a row, write it with If-Match, and note what the service answered."""

import http.client
import json
import random
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.journal_proof import Outcome, Write

ANSWER_LIMIT = 30.0  # seconds for one answer: the pool waits 10 for a connection, and PostgreSQL starts in a few
TAGS = ("asserted", "denied", "unverified")


@dataclass
class Shared:
    """What all clients share. Appending to a list needs no lock."""

    tokens: dict[str, str]
    port: int
    stopped: threading.Event = field(default_factory=threading.Event)
    faults: list[str] = field(default_factory=list)
    articles: list[int] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)
    disputes: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    answered_at: list[float] = field(default_factory=list)
    acknowledged_at: list[float] = field(default_factory=list)


class Answer(NamedTuple):
    status: int
    etag: str
    body: Any


class Client:
    """One user's API client: it reads a row, then writes it with If-Match, over and over."""

    def __init__(self, number: int, seed: int, shared: Shared) -> None:
        self.number = number
        self.user = "bob" if number % 4 == 3 else "alice"
        self.random = random.Random(f"{seed}/client {number}")
        self.shared = shared
        self.connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=ANSWER_LIMIT)
        self.writes: list[Write] = []

    def run(self) -> None:
        edits = [self.edit_statement, self.edit_statement, self.edit_article, self.open_dispute]
        acts = [self.tag, self.tag, self.tag, self.decide_dispute, self.decide_dispute, self.decide_dispute]
        choices = edits + acts if self.user == "alice" else edits  # a reporter may not do the editor's acts
        try:
            while not self.shared.stopped.is_set():
                self.random.choice(choices)()
        except Exception:
            self.shared.faults.append(f"Client {self.number} broke:\n{traceback.format_exc()}")

    # Writes

    def create_article(self) -> None:
        mark = self.next_mark()
        passages = [f"Passage {number} of the article {mark} is here." for number in range(5)]
        text = "\n".join(passages)
        body = {"title": "Under fire", "text": text, "byline": mark}
        article = self.write("article.created", "articles/", body, data={"byline": mark})
        if article is None:
            raise RuntimeError("No article could be made before the first kill.")
        self.shared.articles.append(article["id"])
        for passage in passages:
            start, mark = text.index(passage), self.next_mark()
            body = {"article": article["id"], "start": start, "end": start + len(passage), "paraphrase": mark,
                    "quote_type": "narration"}  # fmt: skip
            made = self.write("statement.created", "statements/", body, data={"text": passage, "paraphrase": mark})
            if made:
                self.shared.statements.append(made["id"])

    def tag(self) -> None:
        path = f"statements/{self.random.choice(self.shared.statements)}/"
        if row := self.read(path):
            tag, mark = self.random.choice(TAGS), self.next_mark()
            body = {"tag": tag, "reason": mark}
            self.write("statement.tagged", path + "tag/", body, after=row, data={"tag": tag, "tag_reason": mark})

    def edit_statement(self) -> None:
        path = f"statements/{self.random.choice(self.shared.statements)}/"
        if row := self.read(path):
            chain = self.random.sample(self.shared.sources, self.random.randint(0, 3))
            body = {"paraphrase": self.next_mark(), "via": chain}
            self.write("statement.updated", path, body, after=row, data=body)

    def edit_article(self) -> None:
        """Sometimes its text too, which makes a revision and writes every statement in it."""
        path = f"articles/{self.random.choice(self.shared.articles)}/"
        if row := self.read(path):
            mark = self.next_mark()
            body = {"byline": mark}
            if self.random.random() < 0.4:
                body["text"] = f"Edition {mark}.\n" + row.body["text"].removeprefix("Edition ").split(".\n", 1)[-1]
            self.write("article.updated", path, body, after=row, data={"byline": mark})

    def open_dispute(self) -> None:
        mark = self.next_mark()
        body = {
            "statement": self.random.choice(self.shared.statements),
            "raised_by": self.random.choice(self.shared.sources),
            "kind": "denial",
            "note": mark,
        }
        made = self.write("dispute.opened", "disputes/", body, data=body)
        if made:
            self.shared.disputes.append(made["id"])

    def decide_dispute(self) -> None:
        path = f"disputes/{self.random.choice(self.shared.disputes)}/"
        row = self.read(path)
        if row is None:
            return
        mark = self.next_mark()
        if row.body["state"] != "open":
            data = {"state": "open", "resolution": ""}
            self.write("dispute.reopened", path + "reopen/", {"reason": mark}, after=row, data=data)
            return
        state, tag = self.random.choice(("upheld", "rejected")), self.random.choice((None, *TAGS))
        body = {"state": state, "reason": mark} | ({"tag": tag} if tag else {})
        data = {"state": state, "resolution": mark}
        self.write("dispute.resolved", path + "resolve/", body, after=row, data=data, also_tags=tag)

    # Requests

    def next_mark(self) -> str:
        """A text that only one write has, in its reason or in a field, so that its entry can be found."""
        return f"w{self.number}-{len(self.writes)}"

    def read(self, path: str) -> Answer | None:
        answer = self.ask("GET", path)
        return answer if answer and answer.status == 200 else None

    def write(
        self, action: str, path: str, body: dict[str, Any], *, data: dict[str, Any], after: Answer | None = None,
        also_tags: str | None = None,
    ) -> dict[str, Any] | None:  # fmt: skip
        """The row as answered; None when the write was refused or its outcome is unknown."""
        write = Write(
            self.next_mark(), self.user, action, data, also_tags, text=body.get("text"),
            row_id=after.body["id"] if after else None, version=after.body["version"] + 1 if after else 1,
        )  # fmt: skip
        self.writes.append(write)
        method = "PATCH" if after and action.endswith(".updated") else "POST"
        answer = self.ask(method, path, body, after.etag if after else "")
        if answer is None:
            return None
        if answer.status in (200, 201):
            write.outcome, write.answer = Outcome.ACKNOWLEDGED, answer.body
            self.shared.acknowledged_at.append(time.monotonic())
            return answer.body
        if answer.status in (409, 412) or "Nothing was written" in str(answer.body):
            write.outcome = Outcome.REFUSED
        return None

    def ask(self, method: str, path: str, body: Any = None, etag: str = "") -> Answer | None:
        """None when there was no answer, which is allowed while processes are killed."""
        headers = {"Authorization": f"Token {self.shared.tokens[self.user]}", "X-Forwarded-Proto": "https"}
        headers |= {"If-Match": etag} if etag else {}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        try:
            self.connection.request(method, f"/api/v1/{path}", json.dumps(body) if body else None, headers)
            response = self.connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            if isinstance(error, TimeoutError):
                self.shared.faults.append(f"{method} {path} had no answer within {ANSWER_LIMIT:.0f} s")
            time.sleep(0.05)
            return None
        if response.status != 503:
            self.shared.answered_at.append(time.monotonic())
        else:
            time.sleep(0.05)
        self.judge(f"{method} {path}", response, content, allowed=(200,) if method == "GET" else (200, 201, 409, 412))
        return Answer(response.status, response.headers.get("ETag", ""), json.loads(content))

    def judge(self, request: str, response: http.client.HTTPResponse, content: bytes, allowed: tuple[int, ...]) -> None:
        kind = response.headers.get("Content-Type", "")
        expected = "application/json" if response.status < 400 else "application/problem+json"
        if response.status not in (*allowed, 503) or not kind.startswith(expected):
            self.shared.faults.append(f"{request} was answered {response.status}, {kind}: {content[:500]!r}")
