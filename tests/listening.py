"""A client of an event stream, as simple as can be: blocks of lines, read in a thread of its own."""

import http.client
import json
import queue
import socket
import time
from contextlib import suppress
from threading import Thread
from typing import Any

JOURNAL, CHANGES = "/api/v1/journal/stream/", "/api/v1/feeds/changes/stream/"


class Listening:
    def __init__(self, port: int, address: str, token: str = "", receive_buffer: int = 0, **headers: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.socket = self.connection.sock = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.connection.request("GET", address, headers={**headers, "X-Forwarded-Proto": "https"})
        self.blocks: queue.SimpleQueue[dict[str, str] | None] = queue.SimpleQueue()
        self.last_id = ""
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        if self.status == 200 and not receive_buffer:
            Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        block: dict[str, str] = {}
        try:
            while line := self.answer.readline():
                name, _, value = line.decode().rstrip("\n").partition(":")
                if name or value:
                    block[name or "comment"] = value.strip()
                elif block:
                    self.blocks.put(block)
                    block = {}
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # it was cut off, by the server or by close()
        self.blocks.put(None)

    def block(self, seconds: float = 10) -> dict[str, str] | None:
        """The next one; None at the end of the stream."""
        block = self.blocks.get(timeout=seconds)
        self.last_id = (block or {}).get("id", self.last_id)
        return block

    def event(self, seconds: float = 10) -> Any:
        """The data of the next event; None at the end of the stream. Raises queue.Empty when none comes in time."""
        deadline = time.monotonic() + seconds
        while (block := self.block(max(0, deadline - time.monotonic()))) is not None:
            if "data" in block:
                return json.loads(block["data"])
        return None

    def problem(self) -> dict[str, Any]:
        return json.loads(self.answer.read())

    def close(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
