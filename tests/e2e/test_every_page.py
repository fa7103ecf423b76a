"""Every page of the desk in every state: accessibility rules, windows of any width, large letters."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test.signals import template_rendered

import factcheck.desk
from factcheck.desk import renderer, table
from factcheck.desk.page import Page
from factcheck.journal.seal.notes import make_key
from tests.e2e import states
from tests.e2e.conftest import PASSWORD
from tests.e2e.everything import everything
from tests.e2e.judging import faults_of
from tests.newsroom import user_with_role

TEMPLATES = Path(factcheck.desk.__file__).parent / "templates"
# Swagger UI has a test of its own, and so has the answer to an act on an article that is deleted meanwhile.
ELSEWHERE = {"desk/pages/docs.html", "desk/articles/gone.html"}


class Shown:
    """What the service has shown: its templates, and the pages and forms of table.py."""

    def __init__(self) -> None:
        self.templates: set[str] = set()
        self.pages: set[tuple[str, str, type[Page]]] = set()

    def hear(self, template: Any, **_: Any) -> None:
        self.templates.add(template.name)

    def page_of(self, view: Any, *rest: Any) -> Page:
        action = view.action or ""  # before the page chooses another
        page = table.page_of(view, *rest)
        self.pages.add((view.basename, getattr(page, "action", action), type(page)))
        return page

    def missing(self) -> list[Any]:
        written = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")} - ELSEWHERE
        specs = [*table.PAGES.items(), *table.FORMS.items()]
        named = {(basename, action, spec.page) for (basename, action), spec in specs}
        return [*sorted(written - self.templates), *(named - self.pages)]


@pytest.fixture
def shown(monkeypatch) -> Iterator[Shown]:
    heard = Shown()
    monkeypatch.setattr(renderer, "page_of", heard.page_of)
    template_rendered.connect(heard.hear)
    yield heard
    template_rendered.disconnect(heard.hear)


@pytest.fixture
def users(newsroom, settings):
    """PUBLIC_READ and what else the states set is put back after the test."""
    settings.JOURNAL_SIGNING_KEY = str(make_key("factcheck.example/journal"))
    settings.PUBLIC_READ = settings.FETCH_ARTICLES = settings.HAS_MAIL = False
    settings.REQUIRE_MFA = settings.OIDC_ISSUER = settings.OIDC_NAME = settings.BREAK_GLASS_ADMIN = ""
    settings.LOCAL_PASSWORDS = True
    root = user_with_role("root", "admin")
    root.set_password(PASSWORD)
    root.save()
    return {**newsroom, "root": root}


def test_no_page_in_any_state_breaks_a_rule_or_its_window(open_desk, users, axe, shown):
    rows = everything(users)
    faults = []

    def judge(desk, reached):
        for state in reached:
            faults.extend(faults_of(desk, axe, state))

    desk = open_desk()
    judge(desk, states.before_the_log_in(desk, users))
    alice = open_desk().log_in("alice")
    judge(alice, states.pages(alice, rows))
    judge(alice, states.refused(alice, rows))
    judge(alice, states.fetched(alice))
    judge(alice, states.webhooks(alice, rows, users))
    judge(alice, states.at_work(alice, rows, users))
    for name, of_role in (("bob", states.of_reporters), ("vera", states.of_readers)):
        person = open_desk().log_in(name)
        judge(person, of_role(person, rows))
    root = open_desk().log_in("root")
    judge(root, states.accounts(root, users))
    vera = open_desk()
    judge(vera, states.second_step(vera, users))
    judge(alice, states.after_the_session(alice, rows))
    judge(desk, states.of_strangers(desk, rows))
    assert faults == []
    assert not (missing := shown.missing()), missing
