"""The article on paper."""

import re

import pytest

from claims import services
from claims.models import Statement
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
    assert re.split("\n+", notes[0]) == [
        "− denied, attributed to The minister", "By name.", "Open dispute: denial by A critic, in statement 2",
    ]  # fmt: skip
    assert notes[299] == "? unverified, attributed to The minister"
    assert "http" not in page.inner_text("main")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")
