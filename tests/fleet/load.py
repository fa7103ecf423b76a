"""Readers and keyed writers, which count what they are answered, and what became of each key."""

import http.client
import itertools
import json
import time
from collections import Counter
from collections.abc import Sequence
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from tests.clusters import PostgresServer

ADDRESSES = ("/api/v1/articles/", "/api/v1/articles/1/", "/api/v1/statements/5/", "/api/v1/sources/?page_size=5")
WRITTEN = "SELECT data->>'name', count(*) FROM journal_entry WHERE action = 'source.created' GROUP BY 1"


class Load:
    """`answers` counts each answer by status, and each request without one by the name of its error.

    A reader keeps its connection; every second writer opens one for each request. A writer sends a key again until it
    is acknowledged, and every fifth once more after that.
    """

    def __init__(
        self, port: int, token: str, *, readers: int = 4, writers: int = 2, anonymous: bool = False,
        addresses: Sequence[str] = ADDRESSES, timeout: float = 30, pause: float = 0,
    ) -> None:  # fmt: skip
        self.port, self.addresses, self.timeout, self.pause = port, addresses, timeout, pause
        self.credentials = {"Authorization": f"Bearer {token}"}
        self.readers_credentials = {} if anonymous else self.credentials
        self.answers: Counter[int | str] = Counter()
        self.reads: list[tuple[float, float]] = []  # when it was answered, and after how many seconds
        self.acknowledged: dict[str, int] = {}  # the id by the name
        self.sent: set[str] = set()
        self.faults: list[str] = []
        self.stopped = Event()
        self.threads = [Thread(target=self._read, args=(n,), daemon=True) for n in range(readers)]
        self.threads += [Thread(target=self._write, args=(n,), daemon=True) for n in range(writers)]

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(self.timeout + 5)

    def wait_for(self, count: int, seconds: float = 60) -> None:
        """Until so many requests are over."""
        deadline = time.monotonic() + seconds
        while self.answers.total() < count:
            assert time.monotonic() < deadline, self.answers
            time.sleep(0.05)

    @property
    def failed(self) -> dict[int | str, int]:
        return {what: count for what, count in self.answers.items() if what not in (200, 201)}

    def lost_or_doubled(self, server: PostgresServer) -> list[str]:
        """The names of acknowledged writes without exactly one entry, and of the others with more than one."""
        lines = (line.rpartition("|") for line in server.sql(WRITTEN).splitlines())
        found = {name: int(count) for name, _, count in lines}
        lost = [name for name in self.acknowledged if name not in found]
        return lost + [name for name in self.sent if found.get(name, 0) > 1]

    def _read(self, number: int) -> None:
        connection = self._connection()
        for address in itertools.islice(itertools.cycle(self.addresses), number, None):
            if self.stopped.is_set():
                break
            began = time.monotonic()
            if self._ask(connection, "GET", address, None, self.readers_credentials):
                self.reads.append((time.monotonic(), time.monotonic() - began))
            time.sleep(self.pause)
        connection.close()

    def _write(self, number: int) -> None:
        connection = self._connection()
        for nth in itertools.count():
            name = f"Writer {number} {uuid4()}"
            headers = {**self.credentials, "Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
            body = json.dumps({"name": name, "kind": "person"})
            self.sent.add(name)
            for _again in range(1 + (nth % 5 == 0)):
                found = None
                while found is None and not self.stopped.is_set():
                    found = self._ask(connection, "POST", "/api/v1/sources/", body, headers)
                    if number % 2:
                        connection.close()
                if found and self.acknowledged.setdefault(name, found["id"]) != found["id"]:
                    self.faults.append(f"{name} was answered with two ids")
            if self.stopped.is_set():
                break
            time.sleep(self.pause)
        connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, address: str, body: str | None,
        headers: dict[str, str],
    ) -> Any:  # fmt: skip
        """The body; None where it was not 200 or 201."""
        try:
            connection.request(method, address, body, {"X-Forwarded-Proto": "https", **headers})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self.answers[type(error).__name__] += 1
            time.sleep(0.05)
            return None
        self.answers[answer.status] += 1
        if answer.status in (200, 201):
            return json.loads(content)
        time.sleep(0.05)
        return None
