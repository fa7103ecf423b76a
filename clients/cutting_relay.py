"""Between a client and the service: it cuts each stream after its first event.

Where the service has no streams yet, it makes them of the journal's list.
"""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode, urlsplit

PASSED_ON = ("Authorization", "Accept", "Last-Event-ID")


@contextmanager
def cutting_relay(server: str) -> Iterator[str]:
    """Its address."""

    class Relay(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name: value for name, value in self.headers.items() if name in PASSED_ON}
            answer = get(server, self.path, headers)
            lines: Any = answer
            if answer.status == 404:
                answer = get(server, "/api/v1/journal/", {**headers, "Accept": "application/json"})
                lines = polled(server, headers) if answer.status == 200 else answer
            self.send_response(answer.status)
            self.send_header(
                "Content-Type", "text/event-stream" if answer.status == 200 else answer.headers["Content-Type"]
            )
            self.end_headers()
            has_data = False
            for line in lines:
                self.wfile.write(line)
                if line == b"\n" and has_data:
                    break
                has_data = has_data or line.startswith(b"data:")

        def log_message(self, *arguments: object) -> None:
            pass

    relay = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=relay.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{relay.server_port}"
    finally:
        relay.shutdown()
        relay.server_close()


def get(server: str, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    service = http.client.HTTPConnection(urlsplit(server).netloc, timeout=60)
    service.request("GET", path, headers=headers)
    return service.getresponse()


def polled(server: str, headers: dict[str, str]) -> Iterator[bytes]:
    cursor = headers["Last-Event-ID"]
    yield b"retry: 10\n: heartbeat\n\n"
    while True:
        query = urlencode({"after": cursor, "page_size": 1})
        accept = {"Accept": "application/json", "Authorization": headers["Authorization"]}
        page = json.load(get(server, f"/api/v1/journal/?{query}", accept))
        cursor = page["cursor"]
        for entry in page["results"]:
            yield from (f"id: {cursor}\n".encode(), f"data: {json.dumps(entry)}\n".encode(), b"\n")
        time.sleep(0.1)
