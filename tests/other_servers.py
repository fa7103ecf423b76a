"""A page on another server. The server is a real one on this machine, to which the network leads."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from unittest.mock import patch

ADDRESS = "http://news.example/2022/01/28/denied"
PUBLIC = ("8.8.8.8", 80)
REPORT = """<!DOCTYPE html><html lang="uk-UA"><head><title>Minister denies it | The Courier</title>
<meta name="author" content="Jane Doe"><meta property="article:published_time" content="2022-01-28T10:00:00Z"></head>
<body><nav><a href="/">Home</a> <a href="/politics">Politics</a></nav><article><h1>Minister denies it</h1>
<p>The minister said on Friday that nothing of the kind had been agreed, and that talks would go on next week.</p>
<p>“It is false,” she told reporters in Kyiv — and left the room before anybody could ask her about it again.</p>
</article><footer>© The Courier</footer></body></html>"""


class _Report(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(REPORT.encode())

    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def report_on_another_server() -> Iterator[str]:
    """At ADDRESS, whose name has a public address here."""
    look_up, connect = socket.getaddrinfo, socket.create_connection

    def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
        return look_up(PUBLIC[0] if host == "news.example" else host, *rest, **more)

    def create_connection(place: Any, *rest: Any, **more: Any) -> Any:
        return connect(server.server_address if place == PUBLIC else place, *rest, **more)

    with HTTPServer(("127.0.0.1", 0), _Report) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with patch("socket.getaddrinfo", getaddrinfo), patch("socket.create_connection", create_connection):
            yield ADDRESS
        server.shutdown()
