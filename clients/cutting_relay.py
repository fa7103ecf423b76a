"""Between a client and the service: it cuts each stream after the first event.

A stream that begins now is cut before its first event, and must not begin anew. Where the service has no streams yet,
they are made of the journal's list.
"""

import http.client
import json
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PASSED_ON = ("Authorization", "Accept", "Last-Event-ID")


@contextmanager
def cutting_relay(server: str) -> Iterator[str]:
    """Its address."""
    begun: set[str] = set()

    class Relay(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
            begins = "Last-Event-ID" not in headers
            status, content_type, lines = streamed(server, self.path, headers)
            if begins and status == 200:
                status = 418 if self.path in begun else 200
                begun.add(self.path)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            for line in up_to_first(lines, b"id:" if begins else b"data:"):
                self.wfile.write(line)

        def log_message(self, *arguments: object) -> None:
            pass

    relay = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=relay.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{relay.server_port}"
    finally:
        relay.shutdown()
        relay.server_close()


def up_to_first(lines: Iterable[bytes], wanted: bytes) -> Iterator[bytes]:
    """The lines up to the end of the first block with such a field."""
    has_it = False
    for line in lines:
        yield line
        if line == b"\n" and has_it:
            return
        has_it = has_it or line.startswith(wanted)


def get(server: str, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    service = http.client.HTTPConnection(urlsplit(server).netloc, timeout=60)
    service.request("GET", path, headers=headers)
    return service.getresponse()


def streamed(server: str, path: str, headers: dict[str, str]) -> tuple[int, str, Iterable[bytes]]:
    answer = get(server, path, headers)
    if answer.status == 404:
        answer = get(server, "/api/v1/journal/", {**headers, "Accept": "application/json"})
        if answer.status == 200:
            return 200, "text/event-stream", polled(server, headers)
    return answer.status, answer.headers["Content-Type"], answer


def polled(server: str, headers: dict[str, str]) -> Iterator[bytes]:
    accept = {"Accept": "application/json", "Authorization": headers["Authorization"]}
    cursor = headers.get("Last-Event-ID", "now")
    while True:
        page = json.load(get(server, f"/api/v1/journal/?page_size=1&after={cursor}", accept))
        if cursor != page["cursor"]:
            yield from (b"retry: 10\n", f"id: {page['cursor']}\n".encode())
            yield from (f"data: {json.dumps(entry, ensure_ascii=False)}\n".encode() for entry in page["results"])
            yield b"\n"
        cursor = page["cursor"]
        time.sleep(0.1)
