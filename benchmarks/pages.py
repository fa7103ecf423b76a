"""The desk's pages against their budgets: what an editor who is logged in waits for.

    python -m benchmarks.pages

The server time of a page is the processor time of the web process and of its PostgreSQL backend together, so that it
depends less on what else the machine does. The service runs in this process, with the settings of a server. Linux only.
"""

import argparse
import gc
import gzip
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.contenders import settings_of_ours
from benchmarks.filling import write_large_article
from benchmarks.newsroom import LARGE_ARTICLE, ROOT, environment_for
from benchmarks.report import markdown, write_readme
from factcheck.postgres import embedded

EDITOR = "alice"  # of the demo
WARM_UP = 8  # requests; by then PostgreSQL keeps its plans
MAX_PAGE = 200  # kB
MAX_SCRIPTS = 60  # kB, compressed
SHOWN = 30  # cards on a page


Send = Callable[[], Any]  # gives Django's response


@dataclass
class Page:
    title: str
    budget: int  # milliseconds
    prepare: Callable[[], Send]
    times: list[float] = field(default_factory=list)  # milliseconds
    size: int = 0  # bytes, before they are compressed
    queries: int = 0

    def line(self) -> list[str]:
        middle, late, size = median(self.times), quantiles(self.times, n=20)[-1], self.size / 1000
        is_kept = middle <= self.budget and size <= MAX_PAGE
        times = [f"{each:.0f}" for each in (min(self.times), middle, late)]
        return [self.title, str(self.budget), *times, f"{size:.0f}", str(self.queries), "yes" if is_kept else "no"]


def pages() -> list[Page]:
    from django.contrib.auth.models import User
    from django.test import Client

    from claims.models import Article

    headers = {"Accept": "text/html,*/*;q=0.8", "Accept-Encoding": "gzip", "X-Forwarded-Proto": "https"}
    client = Client(SERVER_NAME="127.0.0.1", headers=headers)
    client.force_login(User.objects.get(username=EDITOR))
    large = Article.objects.get(title=LARGE_ARTICLE).pk
    small = Article.objects.exclude(pk=large).earliest("pk").pk

    def get(path: str) -> Callable[[], Send]:
        return lambda: partial(client.get, path)

    return [
        Page("article of 23 statements", 40, get(f"/api/v1/articles/{small}/")),
        Page("article of 300 statements", 80, get(f"/api/v1/articles/{large}/")),
        Page("a tag among 23: what it changes", 25, partial(_tag, client, small, count())),
        Page("a tag among 300: what it changes", 25, partial(_tag, client, large, count())),
        Page("start page", 40, get("/")),
        Page("search, one word", 40, get("/search/?q=zelensky")),
        Page("search, two words", 40, get("/search/?q=witness+sentence")),
    ]


def _tag(client: Any, article: int, turns: Iterator[int]) -> Send:
    """One statement after the other, as htmx sends it from the article's page."""
    from claims.models import Statement

    cards = list(Statement.objects.filter(article=article).order_by("start", "id").values_list("pk", "version")[:SHOWN])
    turn = next(turns)
    pk, version = cards[turn % len(cards)]
    form = {"version": version, "tag": ("denied", "unverified")[turn % 2], "reason": f"Heard again, {turn}."}
    shown = " ".join(f"{pk}-{version}" for pk, version in cards)
    headers = {"HX-Request": "true", "Shown-Cards": shown}
    return partial(client.post, f"/api/v1/statements/{pk}/tag/", form, headers=headers)


def measure(page: Page, rounds: int) -> None:
    from django.db import connection

    for _round in range(WARM_UP):
        response = page.prepare()()
    queries: list[Any] = []

    def note(execute: Any, *call: Any) -> Any:
        queries.append(call)
        return execute(*call)

    with connection.execute_wrapper(note):
        response = page.prepare()()
    if response.status_code != 200:
        raise RuntimeError(f"{page.title}: status {response.status_code}: {response.content[:300]!r}")
    page.size, page.queries = len(gzip.decompress(response.content)), len(queries)
    for _round in range(rounds):
        send, backend = page.prepare(), _backend()
        before = _spent(backend)
        send()
        page.times.append((_spent(backend) - before) * 1000)


def _backend() -> int:
    """The id of the process that serves this connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _spent(backend: int) -> float:
    """Seconds of processor time, of this process and of the backend."""
    return time.process_time() + int(Path(f"/proc/{backend}/schedstat").read_text().split()[0]) / 1e9


def scripts_size() -> float:
    """kB of all scripts that a page loads, as they are sent."""
    from django.contrib.staticfiles.storage import staticfiles_storage

    base = (ROOT / "factcheck/desk/templates/desk/base.html").read_text()
    names = re.findall(r'<script src="{% static "([^"]+)" %}"', base)
    return sum(Path(f"{staticfiles_storage.path(name)}.gz").stat().st_size for name in names) / 1000


def prepare(data_dir: Path) -> None:
    """Starts PostgreSQL, fills it if it is empty, and sets Django up as on a server."""
    data_dir.mkdir(parents=True, exist_ok=True)
    embedded.ensure_running(data_dir)
    subprocess.run([sys.executable, "-m", "benchmarks.pages", "--fill"], env=environment_for(data_dir), check=True)
    os.environ |= settings_of_ours(data_dir) | {
        "MATCHING_MODEL": "none",
        "DJANGO_SETTINGS_MODULE": "factcheck.settings",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("collectstatic", interactive=False, verbosity=0)
    gc.collect()  # as in gunicorn.conf.py
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def fill() -> None:
    """The demo, and an article of 300 statements."""
    import django
    from django.core.management import call_command

    django.setup()
    from django.contrib.auth.models import User

    from claims.models import Article

    call_command("migrate", verbosity=0)
    call_command("demo", *sorted((ROOT / "seeds").glob("*.json")), stdout=sys.stderr)
    if not Article.objects.filter(title=LARGE_ARTICLE).exists():
        write_large_article(User.objects.get(username=EDITOR))


def report(measured: list[Page], scripts: float) -> str:
    head = ["", "budget, ms", "least", "median", "p95", "kB", "queries", "within"]
    table = markdown([head, *(page.line() for page in measured)])
    load = os.getloadavg()[0]
    return (
        f"{table}\n\nAll scripts of a page: {scripts:.1f} kB compressed; the budget is {MAX_SCRIPTS} kB. "
        f"{os.cpu_count()} cores; load average {load:.1f} at the end."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the desk's pages against their budgets.")
    parser.add_argument("--rounds", type=int, default=60, help="requests for each page")
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="where the database is kept")
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.fill:
        fill()
        return
    prepare(chosen.data / "bench-pages")
    measured = pages()
    for page in measured:
        measure(page, chosen.rounds)
    text = report(measured, scripts_size())
    print(text)
    write_readme("pages", text)


if __name__ == "__main__":
    main()
