"""One page searches articles, statements and sources: the very words first, and the nearest where nothing has all."""

import re

import pytest
from django.test import Client

from claims import services
from sources.services import create_source
from tests.newsroom import browser_of

NEAREST = "No statement has all these words. Nearest:"


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def said(alice, minister):
    """Makes statements of these passages, in one article each."""

    def make(*passages, source=minister, title="A report"):
        rows = []
        for passage in passages:
            article = services.create_article(actor=alice, title=title, text=passage)
            rows.append(
                services.create_statement(article=article, actor=alice, source=source, start=0, end=len(passage))
            )
        return rows

    return make


def sections(client, query):
    html = client.get("/search/", {"q": query}).content.decode()
    return dict(re.findall(r'<section aria-labelledby="found-(\w+)">(.*?)</section>', html, re.DOTALL))


def statements(client, query):
    section = sections(client, query)["statements"]
    ids = dict.fromkeys(map(int, re.findall(r"/api/v1/statements/(\d+)/", section)))
    return NEAREST in section, list(ids)


def test_the_very_words_come_first_then_those_side_by_side_then_the_newest(desk, said):
    accented, beside, apart, last = said(
        "José García left.", "Jose Garcia left.", "Garcia, said Jose.", "Jose met Luis Garcia."
    )
    assert statements(desk, "José García") == (False, [row.pk for row in (accented, beside, last, apart)])
    assert statements(desk, "Jose Garcia") == (False, [row.pk for row in (beside, accented, last, apart)])


def test_a_title_with_the_very_words_comes_first(desk, said):
    exact = said("One.", title="Müller resigns")[0].article_id
    said("Two.", title="Muller resigns")
    assert re.findall(r'/api/v1/articles/(\d+)/"', sections(desk, "Müller resigns")["articles"])[0] == str(exact)


def test_where_no_statement_has_all_words_those_with_the_most_are_offered_as_such(desk, said):
    two, one, _ = said("Grain ships left Odesa.", "Grain is cheap.", "Nothing else.")
    assert statements(desk, "grain odesa") == (False, [two.pk])
    assert statements(desk, "grain odesa quickly") == (True, [two.pk])
    assert statements(desk, "cheap odesa") == (True, [one.pk, two.pk])
    assert statements(desk, "grain odesa quickly -ships cheaply") == (True, [one.pk])
    assert statements(desk, "nowhere") == (False, [])
    assert "None." in sections(desk, "nowhere")["statements"]


def test_the_nearest_are_also_those_of_a_source_whose_name_is_nearly_so(desk, said, alice):
    source = create_source(actor=alice, name="Volodymyr Zelensky", kind="person")
    (row,) = said("We hold the town.", source=source)
    assert statements(desk, "Zelenskyy town") == (True, [row.pk])
    assert statements(desk, "Zelensky town") == (False, [row.pk])
    found = sections(desk, "Zelenskyy")["sources"]
    assert "No source has all these words. Nearest:" in found
    assert "Volodymyr Zelensky</a>" in found
    create_source(actor=alice, name="Olena Zelenskyy", kind="person")
    found = sections(desk, "Zelenskyy")["sources"]
    assert found.index("Olena Zelenskyy</a>") < found.index("Spelled alike:") < found.index("Volodymyr Zelensky</a>")


@pytest.mark.parametrize("query", ["bridge aa bb cc dd ee ff gg", '"the bridge" aa bb cc dd "ee ff" gg hh'])
def test_of_many_words_the_rarest_are_taken_and_the_nearest_are_offered(desk, said, query):
    said("Nobody said that the bridge is closed.", "The harbour is open.")
    found = sections(desk, query)["statements"]
    assert NEAREST in found
    assert "Nobody said that the bridge is closed." in found
    assert "The harbour is open." not in found


def test_strangers_are_offered_the_nearest_of_what_is_published(settings, said, alice):
    settings.PUBLIC_READ = True
    draft, published = said("Grain ships left Odesa.", "Grain is cheap.")
    services.set_article_status(
        article_id=published.article_id, versions=None, actor=alice, status="published", reason="Done."
    )
    assert statements(Client(), "grain odesa") == (True, [published.pk])
    assert f"/statements/{draft.pk}/" not in sections(Client(), "odesa")["statements"]


@pytest.mark.parametrize(
    "query", ["???", "-grain", "or", '"', "'", "\\", "& | ! : * ( ) <->", "a" * 5000, "x " * 90, "😀", "%s {0}"]
)
def test_a_query_of_anything_has_a_page(desk, said, query):
    said("Grain is cheap.")
    assert desk.get("/search/", {"q": query}).status_code == 200


def test_sources_with_all_words_are_not_listed_as_spelled_alike_too(desk, alice):
    for number in range(12):
        create_source(actor=alice, name=f"Zelensky {number}", kind="person")
    assert "Spelled alike:" not in sections(desk, "Zelensky")["sources"]
