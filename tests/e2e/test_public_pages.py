"""The public pages in a browser that has no script: what they load, and what a reader does with them."""

from typing import Any

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import Statement
from sources.services import create_source
from tests.e2e.judging import faults_of

TEXT = "The minister said that the talks were difficult. A critic called that untrue. It rained."


@pytest.fixture
def statement(newsroom: Any, settings: Any) -> Statement:
    settings.PUBLIC_READ = True
    alice = newsroom["alice"]
    minister, critic = (create_source(actor=alice, name=name, kind="person") for name in ("The minister", "A critic"))
    article = services.create_article(actor=alice, title="Talks </script> “end”", text=TEXT, publisher=critic)
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Ready.")
    first, second = (
        services.create_statement(article=article, actor=alice, source=source, text=text)
        for source, text in ((minister, TEXT[:47]), (critic, "A critic called that untrue"))
    )
    services.tag_statement(statement_id=first.pk, versions=None, actor=alice, tag="denied", reason="By a critic.")
    services.create_evidence(statement=first, actor=alice, stance="refutes", title="A call", excerpt="<b>No.</b>")
    services.open_dispute(actor=alice, statement=first, raised_by=critic, counter_statement=second, kind="denial")
    return first


def addresses_of(statement: Statement) -> list[str]:
    rows = (("articles", statement.article_id), ("statements", statement.pk), ("sources", statement.source_id))
    return ["/articles/", *(f"/{kind}/{pk}/" for kind, pk in rows), "/checkpoint/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_page_keeps_the_rules_wide_and_narrow_and_the_console_stays_silent(
    open_desk: Any, axe: str, statement: Statement, scheme: Any
) -> None:
    desk = open_desk(color_scheme=scheme)
    loaded: list[str] = []
    desk.page.on("request", lambda request: loaded.append(request.resource_type))
    for address in addresses_of(statement):
        loaded.clear()
        assert desk.open(address).status == 200
        assert set(loaded) == {"document", "stylesheet"}  # the number of documents includes the way to the title
        assert loaded.count("stylesheet") == 4
        assert faults_of(desk, axe, address) == []
    assert desk.context.cookies() == []


def test_without_a_script_a_reader_goes_from_the_text_to_a_card_to_the_statement_and_back(
    open_desk: Any, statement: Statement
) -> None:
    desk = open_desk(java_script_enabled=False, viewport={"width": 375, "height": 740})
    page = desk.page
    desk.open(f"/articles/{statement.article_id}/")
    expect(page).to_have_url(f"{desk.server}/articles/{statement.article_id}-talks-script-end/")
    page.locator(f"#mark-{statement.pk} > a").click()
    card = page.locator(f"#statement-{statement.pk}")
    expect(card).to_be_in_viewport()
    expect(card).to_contain_text("Denial by A critic, open since")
    expect(card).to_contain_text("<b>No.</b>")
    card.get_by_role("link", name="Back to the text").click()
    expect(page.locator(f"#mark-{statement.pk}")).to_be_in_viewport()
    page.locator(f"#mark-{statement.pk} > a").click()
    card.get_by_role("link", name=f"Statement {statement.pk}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"“{TEXT[:47]}”")
    expect(page.locator("main")).to_contain_text("Denied: Somebody with standing denies it.")
    page.get_by_role("link", name="The passage in the article").click()
    expect(page.locator(f"#mark-{statement.pk}")).to_be_in_viewport()
    page.emulate_media(media="print")
    expect(card).to_be_visible()
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.get_by_role("region", name="What the tags mean")).to_be_visible()
