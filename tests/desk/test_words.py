"""The texts on the pages."""

import re

import pytest

from claims import services
from factcheck.desk.templatetags.desk import shortened
from tests.newsroom import article_page, browser_of, page_of, user_with_role


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def test_an_article_says_which_desk_checks_are_unresolved_and_links_to_their_cards(desk, alice, article, statement):
    assert ">Desk checks</a>" in article_page(desk, article)
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Because.")
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    html = article_page(desk, article)
    assert f'<a href="/api/v1/articles/{article.pk}/checks/" class="alarm">Desk checks (1)</a>' in html
    panel = re.search(r'<details class="panel" id="desk-checks" open>.*?</details>', html, re.S)[0]
    assert "The article is published with findings that are unresolved." in panel
    assert "Tagged denied, but nobody is recorded as denying it" in panel
    assert f'<a href="#statement-{statement.pk}">1</a>' in panel
    whole = page_of(desk, "/api/v1/checks/")
    assert f'<a href="/api/v1/articles/{article.pk}/checks/">See which</a>' in whole


def test_a_desk_check_of_very_many_statements_links_to_some_and_to_the_list_of_all(desk, alice, minister):
    article = services.create_article(actor=alice, title="Long", text="word " * 100)
    rows = [{"article": article, "source": minister, "start": 5 * n, "end": 5 * n + 4} for n in range(50)]
    for statement in services.create_statements(rows=rows, actor=alice):
        services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Because.")
    html = article_page(desk, article)
    panel = re.search(r'<details class="panel" id="desk-checks">.*?</details>', html, re.S)[0]
    assert panel.count('<a href="#statement-') == 20
    assert "checks/?code=denied_without_denial" in panel
    assert "30 more" in panel


def test_times_are_in_words_with_the_exact_time_at_hand(desk, statement):
    html = page_of(desk, f"/api/v1/statements/{statement.pk}/")
    assert re.search(r'<time datetime="[^"]+" title="\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC">just now</time>', html)


def test_a_passage_with_quotation_marks_gets_none_or_single_ones(desk, alice):
    article = services.create_article(
        actor=alice, title="Quoted", text="“It is so,” he said. It is not. It may be “so”."
    )
    services.create_statement(article=article, actor=alice, quote_type="narration", start=0, end=20)
    services.create_statement(article=article, actor=alice, quote_type="narration", start=21, end=31)
    services.create_statement(article=article, actor=alice, quote_type="narration", start=32, end=47)
    html = page_of(desk, "/api/v1/statements/")
    assert ">‘It may be “so”.’</a>" in html
    assert ">“It is so,” he said.</a>" in html
    assert ">“It is not.”</a>" in html


def test_fields_have_the_newsrooms_words(desk, alice, article, statement):
    for address, words in {
        f"/api/v1/articles/{article.pk}/?form=edit": ("Address (URL)", "Published on (UTC)"),
        f"/api/v1/statements/{statement.pk}/": ("Archived at (URL)", "How much is disputed"),
        "/api/v1/sources/?form=new": ("Belongs to or speaks for", "Other names, one per line"),
        "/api/v1/tokens/": ("Valid for (days)",),
        "/api/v1/journal/": ("Kind of record", "Editor"),
    }.items():
        html = page_of(desk, address)
        labels = [label.strip() for label in re.findall(r"<label[^>]*>(?:<input[^>]*>)?\s*([^<]*)", html)]
        assert set(words) <= set(labels), (address, labels)


def test_each_filter_is_a_control_of_its_kind(desk):
    html = page_of(desk, "/api/v1/statements/?disputed=true&said_after=2022-01-28&source=7")
    assert re.search(r'<select name="disputed">.*?<option value="true" selected>yes</option>', html, re.S)
    assert '<input type="date" name="said_after" value="2022-01-28">' in html
    assert re.search(r'data-noun="source">\s*<label>Source .*?name="source" value="7"', html, re.S)
    assert '<option value="-id" selected>newest first</option>' in html


def test_the_journal_is_filtered_by_an_editors_name(desk, alice, article):
    erin = user_with_role("erin", "editor")
    services.create_article(actor=erin, title="Of Erin", text="")
    html = page_of(desk, f"/api/v1/journal/?actor={erin.pk}")
    assert re.findall(r'<option value="(\d+)"( selected)?>(alice|erin)</option>', html) == [
        (str(alice.pk), "", "alice"), (str(erin.pk), " selected", "erin"),
    ]  # fmt: skip
    assert "Of Erin" in html
    assert "A report" not in html


def test_a_new_token_says_how_long_it_will_be_valid(desk):
    assert 'name="days" value="90"' in page_of(desk, "/api/v1/tokens/")


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("The minister said no.", 21, "The minister said no."),
        ("The minister said, that nothing", 26, "The minister said, that…"),
        ("The minister said, that nothing", 22, "The minister said…"),
        ("The minister said", 13, "The minister…"),
        ("Nothing", 4, "Not…"),
        ("See https://news.example/2022/01/28/denied/again", 44, "See https://news.example/2022/01/28/denied/…"),
        ("部长说没有达成任何协议", 5, "部长说没…"),
    ],
)
def test_what_is_too_long_ends_with_a_whole_word_where_words_are_parted(text, length, shown):
    assert shortened(text, length) == shown
