"""Measures the event streams: how long from a commit to its event, and what listeners cost the process that serves them.

python -m benchmarks.streams --listeners 1 100 2000 --seconds 60
"""

import argparse
import os
import re
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from benchmarks.report import markdown, write_readme
from tests.service import ROOT, Service, service_of_its_own

ADDRESS = "/api/v1/journal/stream/"
WRITE = """
import sys
import time
import django
django.setup()
from django.contrib.auth.models import User
from sources.services import create_source
alice = User.objects.get(username="alice")
for n in range(int(sys.argv[1])):
    source = create_source(actor=alice, name=f"{sys.argv[2]} {n}", kind="person")
    print(source.pk, time.monotonic(), flush=True)
    time.sleep(0.25)
"""
COLUMNS = [
    "listeners", "events", "missing", "median ms", "p99 ms", "worst ms", "MB before", "MB after", "s to connect",
    "idle, of a core", "busy, of a core",
]  # fmt: skip
RESOURCE_ID = re.compile(rb'"resource_id":([0-9]+)')


class Process:
    """What a process has used: megabytes now, and seconds of a processor since it was last asked."""

    def __init__(self, pid: int) -> None:
        self.path, self.before = Path(f"/proc/{pid}"), 0.0

    def memory(self) -> float:
        found = re.search(r"VmRSS:\s+(\d+)", (self.path / "status").read_text())
        return int(found[1]) / 1000 if found else 0

    def seconds(self) -> float:
        fields = (self.path / "stat").read_text().rpartition(")")[2].split()
        used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        used, self.before = used - self.before, used
        return used


class Listeners:
    """Many connections, read without an event loop: the time of an arrival must not be that of the reader."""

    def __init__(self, port: int, token: str, number: int) -> None:
        self.selector, self.arrivals = selectors.DefaultSelector(), list[tuple[int, float]]()
        headers = ["Host: 127.0.0.1", "X-Forwarded-Proto: https", f"Authorization: Bearer {token}"]
        request = "\r\n".join([f"GET {ADDRESS} HTTP/1.1", *headers, "", ""]).encode()
        for _ in range(number):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(request)
            self.selector.register(connection, selectors.EVENT_READ)
        opened = 0
        while opened < number:
            opened += sum(b"retry: " in key.fileobj.recv(65536) for key, _ in self.selector.select())  # type: ignore[union-attr]

    def read(self, until: Callable[[], bool]) -> None:
        while not until():
            for key, _ in self.selector.select(timeout=0.5):
                part, now = key.fileobj.recv(65536), time.monotonic()  # type: ignore[union-attr]
                self.arrivals += [(int(found), now) for found in RESOURCE_ID.findall(part)]

    def close(self) -> None:
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]


def measure(service: Service, token: str, number: int, seconds: int) -> list[str]:
    assert service.streams
    process, began = Process(service.streams.pid), time.monotonic()
    listeners = Listeners(service.stream_port, token, number)
    connected, memory = time.monotonic() - began, process.memory()
    process.seconds()
    listeners.read(until=after(10))
    idle, began = process.seconds() / 10, time.monotonic()
    command = [sys.executable, "-c", WRITE, str(seconds * 4), f"{number}-{began}"]
    with tempfile.TemporaryFile("w+") as told:
        writer = subprocess.Popen(command, cwd=ROOT, env=service.environment, stdout=told)
        listeners.read(until=lambda: writer.poll() is not None)
        busy = process.seconds() / (time.monotonic() - began)
        listeners.read(until=after(2))
        told.seek(0)
        committed = {int(row): float(at) for row, at in map(str.split, told)}
    waits = [1000 * (at - committed[row]) for row, at in listeners.arrivals]
    kept = process.memory()
    listeners.close()
    return [
        str(number), str(len(committed)), str(len(committed) * number - len(waits)), f"{median(waits):.0f}",
        f"{quantiles(waits, n=100)[98]:.0f}", f"{max(waits):.0f}", f"{memory:.0f}", f"{kept:.0f}", f"{connected:.1f}",
        f"{idle:.1%}", f"{busy:.1%}",
    ]  # fmt: skip


def after(seconds: float) -> Callable[[], bool]:
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() > deadline


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the event streams.")
    parser.add_argument("--listeners", type=int, nargs="+", default=[1, 100, 2000])
    parser.add_argument("--seconds", type=int, default=30, help="of writing, for each number of listeners")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with service_of_its_own(None, 1, MATCHING_MODEL="none") as service:
        (token,) = service.prepare('call_command("create_token", "alice")')
        service.start_streams()
        while not is_there(service):
            time.sleep(0.1)
        rows = [measure(service, token, number, options.seconds) for number in options.listeners]
    text = markdown([COLUMNS, *rows])
    print(text)
    write_readme("streams", text)


def is_there(service: Service) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", service.stream_port)) == 0


if __name__ == "__main__":
    main()
