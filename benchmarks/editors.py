"""Ten editors at work, and readers of what is public beside them: what they wait, and what the kept answers are worth.

    python -m benchmarks.editors

Every six seconds an editor tags a statement, as htmx sends it, loads the article again, and opens a page more. Three
services over one database take turns: as it is; with nothing kept; and one whose kept answers no write empties, which
are false, and come sooner than from any cache that forgets by article or table.
"""

import argparse
import gzip
import http.client
import os
import re
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count, cycle
from pathlib import Path
from random import Random
from statistics import median, quantiles
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from benchmarks.contenders import PROCESSES, Contender, run_server, wait_for
from benchmarks.filling import write_large_article
from benchmarks.newsroom import ROOT
from benchmarks.pages import prepare
from benchmarks.report import markdown, write_readme
from benchmarks.servers import TICKS, spent
from factcheck.postgres import embedded

EDITORS, PERIOD = 10, 6.0  # seconds from one act of an editor to the next
STATEMENTS = 30  # in each one's article
READERS = 8
ROUNDS = 3
APPLICATIONS = {
    "as it is": "factcheck.wsgi",
    "nothing kept": "benchmarks.keeping:nothing()",
    "never emptied": "benchmarks.keeping:everything()",
}
ACT, ARTICLE, MORE = "a tag: what it changes", "the article’s page after it", "start page, or a search"
CSRF = "a" * 32
CARD = re.compile(r'data-version="([0-9]+)-([0-9]+)"')

Turn = Callable[[], Any]


class Told:
    """What all callers of one service saw."""

    def __init__(self) -> None:
        self.waits: dict[str, list[float]] = defaultdict(list)  # milliseconds
        self.statuses: Counter[int] = Counter()
        self.cores: list[float] = []  # of each round

    def cell(self, kind: str) -> str:
        return f"{median(self.waits[kind]):.1f} / {quantiles(self.waits[kind], n=20)[-1]:.1f}"


class Caller:
    """One connection, which stays open."""

    def __init__(self, port: int, told: Told, **headers: str) -> None:
        self.connection, self.told = http.client.HTTPConnection("127.0.0.1", port, timeout=60), told
        self.headers = {"X-Forwarded-Proto": "https", "Accept-Encoding": "gzip", **headers}

    def send(self, kind: str, path: str, form: dict[str, str] | None = None, **headers: str) -> str:
        began = time.monotonic()
        self.connection.request("POST" if form else "GET", path, urlencode(form or {}), self.headers | headers)
        response = self.connection.getresponse()
        content = response.read()
        self.told.waits[kind].append((time.monotonic() - began) * 1000)
        self.told.statuses[response.status] += 1
        return (gzip.decompress(content) if response.headers["Content-Encoding"] == "gzip" else content).decode()


def editor(port: int, told: Told, session: str, article: int, chance: Random) -> Turn:
    origin, path = f"https://127.0.0.1:{port}", f"/api/v1/articles/{article}/"
    caller = Caller(port, told, Accept="text/html", Cookie=f"sessionid={session}; csrftoken={CSRF}")
    of_htmx = {
        "Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true", "HX-Current-URL": f"{origin}{path}",
        "Origin": origin, "X-CSRFToken": CSRF,
    }  # fmt: skip
    cards, more = CARD.findall(caller.send(ARTICLE, path)), cycle(["/", "/search/?q=witness+sentence"])

    def turn() -> None:
        nonlocal cards
        pk, version = chance.choice(cards)
        form = {"version": version, "tag": chance.choice(["denied", "unverified"]), "reason": f"So {chance.random()}"}
        shown = {"Shown-Cards": " ".join(map("-".join, cards))}
        caller.send(ACT, f"/api/v1/statements/{pk}/tag/", form, **of_htmx, **shown)
        cards = CARD.findall(caller.send(ARTICLE, path))
        caller.send(MORE, next(more))

    return turn


def reader(port: int, told: Told, articles: dict[int, str], statements: list[int], chance: Random) -> Turn:
    caller, ids, pages = Caller(port, told), list(articles), list(articles.values())

    def turn() -> None:
        paths = {
            "public list, JSON": "/api/v1/statements/",
            "public list of an article, JSON": f"/api/v1/statements/?article={chance.choice(ids)}",
            "public statement, JSON": f"/api/v1/statements/{chance.choice(statements)}/",
            "public article, page": chance.choice(pages),
        }
        [(kind, path)] = chance.choices(list(paths.items()), weights=[6, 6, 7, 1])
        caller.send(kind, path)

    return turn


def repeat(turn: Turn, period: float, offset: float, seconds: float) -> None:
    """Every `period` seconds, unless a turn takes longer."""
    began = time.monotonic()
    for number in count():
        if (due := offset + number * period) >= seconds:
            return
        time.sleep(max(0.0, began + due - time.monotonic()))
        turn()


def work(port: int, told: Told, desk: "Desk", reads: float, seconds: float, seed: int) -> None:
    """Everybody at once, each in a thread."""
    chances = map(Random, count(seed * 100))
    editors = [editor(port, told, *each, next(chances)) for each in desk.editors]
    readers = [reader(port, told, desk.articles, desk.statements, next(chances)) for _ in range(READERS)]
    paces = [*paced(editors, PERIOD), *paced(readers, READERS / reads)]
    threads = [Thread(target=repeat, args=(*pace, seconds), daemon=True) for pace in paces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def paced(turns: list[Turn], period: float) -> list[tuple[Turn, float, float]]:
    return [(turn, period, period * place / len(turns)) for place, turn in enumerate(turns)]


class Desk:
    """The editors with their sessions, and an article for each."""

    def __init__(self) -> None:
        from django.contrib.auth.models import Group, User
        from django.test import Client

        from claims.models import Article, Statement
        from factcheck.public_addresses import article_path

        self.editors: list[tuple[str, int]] = []
        self.articles: dict[int, str] = {}
        for number in range(EDITORS):
            user, is_new = User.objects.get_or_create(username=f"editor{number}")
            title = f"The article of {user.username}"
            if is_new:
                user.groups.add(Group.objects.get(name="editor"))
                write_large_article(user, title, STATEMENTS)
            client = Client()
            client.force_login(user)
            article = Article.objects.get(title=title).pk
            self.editors.append((client.cookies["sessionid"].value, article))
            self.articles[article] = article_path(article, title)
        self.statements = list(Statement.objects.filter(article__in=self.articles).values_list("pk", flat=True))


def used(contender: Contender, data_dir: Path) -> float:
    """Seconds of processor time, of the service and of PostgreSQL together."""
    total = spent(contender)
    for pid in embedded.server_processes(embedded.locate(data_dir)):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(map(int, fields[11:13])) / TICKS
    return total


def measure(data_dir: Path, reads: float, seconds: float) -> dict[str, Told]:
    desk, told = Desk(), {name: Told() for name in APPLICATIONS}
    environment = os.environ | {"WEB_CONCURRENCY": PROCESSES, "DATA_DIR": str(data_dir)}
    with ExitStack() as stack:
        running = {}
        for name, application in APPLICATIONS.items():
            options = ["--config", "gunicorn.conf.py", "--bind", "127.0.0.1:{port}", application]
            command = [sys.executable, "-m", "gunicorn", *options]
            running[name] = stack.enter_context(run_server(name, command, environment, data_dir))
        for name, contender in running.items():
            wait_for(contender, data_dir / f"{name}.log")
            work(contender.port, Told(), desk, reads, PERIOD, 0)
        for turn in range(ROUNDS):
            for name, contender in running.items():
                before = used(contender, data_dir)
                work(contender.port, told[name], desk, reads, seconds, 1 + turn)
                told[name].cores.append((used(contender, data_dir) - before) / seconds)
    return told


def table(told: dict[str, Told]) -> str:
    if wrong := {status for each in told.values() for status in each.statuses} - {200, 412}:
        raise RuntimeError(f"There were answers with {wrong}.")
    kinds = sorted({kind for each in told.values() for kind in each.waits}, key=lambda kind: kind.startswith("public"))
    lines = [[kind, *(each.cell(kind) for each in told.values())] for kind in kinds]
    lines.append(["of a core, PostgreSQL included", *(f"{median(each.cores):.0%}" for each in told.values())])
    lines.append(
        ["answers, of them 412", *(f"{each.statuses.total():,}, {each.statuses[412]}" for each in told.values())]
    )
    return markdown([["ms: p50 / p95", *told], *lines])


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures what editors and readers wait while editors write.")
    parser.add_argument("--seconds", type=float, default=10, help="of each round")
    parser.add_argument("--reads", type=float, nargs="+", default=[20, 100], help="of the public, a second")
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="where the database is kept")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is ended then, too
    prepare(chosen.data / "bench-editors")
    parts = [
        f"{reads:g} reads a second by the public:\n\n{table(measure(chosen.data / 'bench-editors', reads, chosen.seconds))}"
        for reads in chosen.reads
    ]
    text = "\n\n".join(parts)
    print(text)
    write_readme("editors", text)


if __name__ == "__main__":
    main()
