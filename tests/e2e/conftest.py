"""Chromium, a browser for each person, and a check that the console shows no errors or warnings."""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from django.core.servers.basehttp import WSGIRequestHandler
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from factcheck.journal.stream import waiting
from tests.newsroom import user_with_role

# Playwright's synchronous interface runs an event loop in this thread, which makes Django suspect async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

PASSWORD = "correct horse battery"
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"

get_environ = WSGIRequestHandler.get_environ


def get_environ_with_socket(handler: Any) -> Any:
    """As gunicorn does, so that a stream ends when its page goes. Otherwise it would keep its thread for 15 seconds."""
    return {**get_environ(handler), "gunicorn.socket": handler.connection}


WSGIRequestHandler.get_environ = get_environ_with_socket  # type: ignore[method-assign]
waiting.AT_MOST = 50  # the pages of all people in a test; a refused stream would be an error on the console
# The shell first: without the browser's own windows, a context costs a third of the processor time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
# The console also reports each page with an error status.
EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


def pytest_collection_modifyitems(items: list[Any]) -> None:
    for item in items:
        item.add_marker(pytest.mark.e2e)
        item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.exit("The end-to-end tests need Chromium: on Debian or Ubuntu, apt install chromium.", returncode=2)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.exists():
        pytest.exit("axe-core is not there: run npm ci in tests/e2e, or make e2e, which does.", returncode=2)
    return AXE.read_text()


@pytest.fixture
def newsroom(transactional_db: None) -> dict[str, Any]:
    people = {"alice": "editor", "bob": "reporter", "erin": "editor", "vera": "viewer"}
    users = {name: user_with_role(name, role) for name, role in people.items()}
    for user in users.values():
        user.set_password(PASSWORD)
        user.save()
    return users


class Desk:
    """One person's browser."""

    def __init__(self, context: BrowserContext, server: str):
        self.context, self.server = context, server
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and not EXPECTED.match(message.text):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def open(self, path: str) -> Any:
        return self.page.goto(self.server + path)

    def log_in(self, name: str) -> "Desk":
        self.open("/login/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(self.server + "/")
        return self

    def choose(self, label: str, typed: str, option: str) -> None:
        """Types into a chooser and picks an option."""
        self.page.get_by_role("combobox", name=label, exact=True).fill(typed)
        self.page.get_by_role("option", name=option).first.click()

    def select(self, passage: str) -> None:
        """Selects the passage's first occurrence in the article, as a mouse would."""
        found = self.page.evaluate(SELECT, passage)
        assert found, f"The page does not hold {passage!r}"
        self.page.wait_for_function("document.getElementById('mark-form').open")


SELECT = """(passage) => {
  const text = document.getElementById("text");
  const at = text.textContent.indexOf(passage);
  if (at < 0) return false;
  const place = (offset, end) => {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(), seen = 0; node; seen += node.length, node = walker.nextNode()) {
      const inside = offset - seen;
      if (inside < node.length || (end && inside === node.length)) return [node, inside];
    }
  };
  const range = document.createRange();
  range.setStart(...place(at, false));
  range.setEnd(...place(at + passage.length, true));
  const selection = document.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  text.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
  return true;
}"""


class Requests:
    """Those that the live server is answering."""

    def __init__(self) -> None:
        self.open = 0
        self.lock = Lock()

    def began(self, **_: Any) -> None:
        with self.lock:
            self.open += 1

    def ended(self, **_: Any) -> None:
        with self.lock:
            self.open -= 1

    def wait(self) -> None:
        """Until none is left for a moment: one that reads would stand in the way of the flush after the test."""
        quiet_since = time.monotonic()
        give_up_at = quiet_since + 20
        while (now := time.monotonic()) < min(quiet_since + 0.1, give_up_at):
            if self.open:
                quiet_since = now
            time.sleep(0.02)


@pytest.fixture(scope="session")
def requests() -> Requests:
    counted = Requests()
    request_started.connect(counted.began)
    request_finished.connect(counted.ended)
    return counted


@pytest.fixture
def open_desk(browser: Browser, live_server: Any, newsroom: Any, requests: Requests) -> Iterator[Callable[..., Desk]]:
    """A new browser for each call. No console may have errors or warnings at the end of the test."""
    desks: list[Desk] = []

    def opened(**options: Any) -> Desk:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(10_000)
        desks.append(Desk(context, live_server.url))
        return desks[-1]

    yield opened
    for desk in desks:
        desk.context.close()
    requests.wait()
    assert [complaint for desk in desks for complaint in desk.complaints] == []
