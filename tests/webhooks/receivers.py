"""Receivers of webhooks: real servers on this machine."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook as Verifier


@dataclass
class Received:
    id: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def message(self) -> Any:
        return json.loads(self.body)

    @property
    def resource(self) -> tuple[str, int]:
        return self.message["data"]["resource"], self.message["data"]["resource_id"]

    def verified_by(self, secret: str) -> Any:
        """The message; raises WebhookVerificationError."""
        return Verifier(secret).verify(self.body, self.headers)


class _Handler(BaseHTTPRequestHandler):
    server: "Receiver"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received = Received(self.headers["webhook-id"], dict(self.headers), body)
        self.server.received.append(received)
        status = self.server.answer(received)
        if status is None:
            return
        self.send_response(status)
        for name, value in self.server.more_headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.words)
        self.server.accepted += [received] if status < 300 else []

    def log_message(self, *arguments: Any) -> None:
        pass


class Receiver(ThreadingHTTPServer):
    """`answer` gives the status, or None to break off without one. `accepted` are those that had a success."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        self.accepted: list[Received] = []
        self.answer: Callable[[Received], int | None] = lambda received: 200
        self.more_headers: dict[str, str] = {}
        self.words = b"Thank you."
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, *arguments: Any) -> None:
        """A sender that is killed or does not wait breaks the connection."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.received]


@contextmanager
def receivers(number: int) -> Iterator[list[Receiver]]:
    running = [Receiver() for _ in range(number)]
    try:
        yield running
    finally:
        for receiver in running:
            receiver.shutdown()
            receiver.server_close()
