"""The article, and the seal of the journal, on paper."""

import re

import pytest
from django.core.management import call_command
from django.utils import timezone
from django.utils.formats import date_format
from playwright.sync_api import expect

from claims import services
from claims.models import Statement
from factcheck.journal.seal.notes import make_key
from sources.services import create_source

SENTENCE = "The minister said that the talks were difficult and long, and that nothing was agreed. "
UNPRINTED = "form, button, nav, input, textarea, summary, .bar, .foot, .card"
SHOWN = "found => found.filter((one) => one.checkVisibility()).map((one) => one.innerText)"


@pytest.fixture
def article(newsroom):
    alice = newsroom["alice"]
    minister, critic = (create_source(actor=alice, name=name, kind="person") for name in ("The minister", "A critic"))
    article = services.create_article(actor=alice, title="Talks", text=SENTENCE * 300)
    starts = [number * len(SENTENCE) for number in range(300)]
    rows = [{"article": article, "source": minister, "start": start, "end": start + 86} for start in starts]
    first, second, *_ = services.create_statements(rows=rows, actor=alice)
    services.tag_statement(statement_id=first.pk, versions=None, actor=alice, tag="denied", reason="By name.")
    services.open_dispute(actor=alice, statement=first, raised_by=critic, counter_statement=second, kind="denial")
    return article


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}, {"color_scheme": "dark"}])
def test_an_article_of_300_statements_is_printed_whole_whatever_part_is_on_the_screen(open_desk, article, options):
    desk = open_desk(**options).log_in("alice")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/?at={Statement.objects.order_by('start')[150].pk}")
    assert page.eval_on_selector_all(".card", SHOWN) != []
    assert page.eval_on_selector_all(".paper-only", SHOWN) == []
    page.emulate_media(media="print")
    assert page.eval_on_selector_all(UNPRINTED, SHOWN) == []
    assert len(page.eval_on_selector_all("#text mark", SHOWN)) == 300
    (named,) = page.eval_on_selector_all(".paper-only", SHOWN)
    assert named.endswith(f"/api/v1/articles/{article.pk}/?print=1")
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Print version").click()
    page.get_by_role("heading", name="Who stands behind the statements").wait_for()
    page.emulate_media(media="print")
    assert page.eval_on_selector_all(UNPRINTED, SHOWN) == []
    drawn = "marks => marks.map((one) => getComputedStyle(one, '::before').content + one.dataset.number)"
    assert page.eval_on_selector_all(".text mark > a", drawn) == [f'"{n}"{n}' for n in range(1, 301)]
    notes = page.eval_on_selector_all(".notes ol > li", SHOWN)
    assert len(notes) == 300
    today = date_format(timezone.now(), "j F Y")
    assert re.split("\n+", notes[0]) == [
        "− denied, attributed to The minister", "By name.", f"Denial by A critic, open since {today}, in passage 2",
    ]  # fmt: skip
    assert notes[299] == "? unverified, attributed to The minister"
    assert "http" not in page.inner_text("main")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")


def test_a_checkpoint_is_printed_on_one_page_with_a_line_to_sign(open_desk, newsroom, settings):
    settings.JOURNAL_SIGNING_KEY = str(make_key("factcheck.example/journal"))
    for n in range(12):
        create_source(actor=newsroom["alice"], name=f"Source {n}", kind="person")
        call_command("follow", "seal", once=True)
    desk = open_desk(java_script_enabled=False).log_in("vera")
    page = desk.page
    desk.open("/api/v1/journal/checkpoints/")
    expect(page.get_by_role("button", name="Print it")).to_be_hidden()
    expect(page.get_by_text("Earlier checkpoints")).to_be_visible()
    page.emulate_media(media="print")
    assert page.eval_on_selector_all(UNPRINTED, SHOWN) == []
    expect(page.get_by_text("Earlier checkpoints")).to_be_hidden()
    expect(page.get_by_text("Received on")).to_be_visible()
    expect(page.locator(".seal pre")).to_be_visible()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1
