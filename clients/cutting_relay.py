"""Between a client and the service: it cuts each stream after the first event.

A stream that begins now is cut before its first event, and must not begin anew.
"""

import http.client
import threading
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
            begins = "Last-Event-ID" not in headers and "after=" not in self.path
            answer = get(server, self.path, headers)
            status = 418 if begins and self.path in begun else answer.status
            if begins and status == 200:
                begun.add(self.path)
            self.send_response(status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.end_headers()
            for line in up_to_first(answer, b"id:" if begins else b"data:"):
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
