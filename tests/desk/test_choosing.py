"""A source in a form: by its number, its name or an alias, and what the page asks if none of them fits."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims import services
from claims.models import Article, Dispute, Statement
from sources.models import Source
from sources.services import create_source
from tests.newsroom import browser_of, user_with_role


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def mark(desk, article):
    """Marks "said no" in the article as said by what was typed."""

    def send(source, **fields):
        at = article.text.index("said no")
        sent = {"article": article.pk, "text": "said no", "start": at, "end": at + 7, "source": source, **fields}
        return desk.post("/api/v1/statements/", sent)

    return send


@pytest.fixture
def cast(alice):
    names = ("Joe Biden", "Jill Biden", "Horne, Emily", "CNN")
    return [create_source(actor=alice, name=name, kind="person") for name in names]


@pytest.mark.parametrize("typed", ["The minister", "the MINISTER", "  jane  doe ", "Jane Doe"])
def test_a_name_or_alias_of_one_source_is_taken(mark, minister, typed):
    assert mark(typed).status_code == 303
    assert Statement.objects.get().source == minister


@pytest.mark.parametrize("typed", ["???", " ??? ", "…"])
def test_a_name_without_a_letter_is_found_as_it_is_written(desk, api, mark, alice, cast, typed):
    unknown = create_source(actor=alice, name="???", kind="account", aliases=["…"])
    found = api.get("/api/v1/sources/", {"q": typed}).json()["results"]
    assert [row["id"] for row in found] == [unknown.pk]
    assert f'href="/api/v1/sources/{unknown.pk}/"' in desk.get("/search/", {"q": typed}).content.decode()
    assert mark(typed).status_code == 303
    assert Statement.objects.get().source == unknown
    assert api.get("/api/v1/sources/", {"q": "??"}).json()["results"] == []


def test_a_name_that_nobody_has_is_kept_and_those_like_it_are_offered(mark, cast):
    answer = mark("Joe Bidne")
    html = answer.content.decode()
    assert answer.status_code == 400
    assert "No source is called “Joe Bidne”. Choose one from the list, or make it a new source." in html
    assert re.search(r'name="source" value="Joe Bidne"[^>]* aria-invalid="true"', html)
    offered = re.findall(r'type="radio" name="named-source-1" value="([^"]*)"> <span><bdi>([^<]*)</bdi>', html)
    assert offered[0] == (f"{cast[0].pk}:Joe Bidne", "Joe Biden")
    assert "Horne, Emily" not in dict(offered).values()
    assert 'href="/api/v1/sources/?form=new&amp;name=Joe%20Bidne"' in html
    assert not Statement.objects.exists()


def test_a_name_like_nobodys_can_only_be_made_new(mark, cast):
    html = mark("Zaphod").content.decode()
    assert "No source is called “Zaphod”. Make it a new source, or correct the name." in html
    assert 'type="radio"' not in html


def test_the_one_that_was_chosen_among_those_offered_is_taken(mark, cast):
    answer = mark("Joe Bidne", **{"named-source-1": f"{cast[0].pk}:Joe Bidne"})
    assert answer.status_code == 303
    assert Statement.objects.get().source == cast[0]


def test_a_source_made_meanwhile_is_taken_when_the_form_is_sent_again(mark, alice):
    assert mark("Ann New").status_code == 400
    made = create_source(actor=alice, name="Ann New", kind="person")
    assert mark("Ann New").status_code == 303
    assert Statement.objects.get().source == made


def test_of_two_sources_of_one_name_the_editor_must_choose(mark, alice, minister):
    twin = create_source(actor=alice, name="the Minister", kind="person")
    html = mark("The minister").content.decode()
    assert "Several sources are called “The minister”. Choose the one you mean." in html
    assert set(re.findall(r'name="named-source-1" value="(\d+):The minister"', html)) == {
        str(minister.pk), str(twin.pk),
    }  # fmt: skip


def test_a_chain_is_named_in_order_with_commas_and_a_name_may_hold_one(mark, cast, minister):
    _, jill, horne, cnn = cast
    assert mark("Joe Biden", via="cnn, The minister").status_code == 303
    assert mark("Joe Biden", via="Horne, Emily").status_code == 303
    assert mark("Joe Biden", via=["Horne, Emily", str(cnn.pk), "jill biden"]).status_code == 303
    chains = [statement.via for statement in Statement.objects.order_by("id")]
    assert chains == [[cnn, minister], [horne], [horne, cnn, jill]]


def test_a_chain_keeps_its_order_when_one_of_its_names_is_chosen(mark, cast):
    joe, _, _, cnn = cast
    answer = mark(str(joe.pk), via="CMM, Jill Biden")
    html = answer.content.decode()
    assert answer.status_code == 400
    assert "No source is called “CMM”." in html
    sent = {"via": "CMM, Jill Biden", "named-via-1": f"{cnn.pk}:CMM"}
    assert mark(str(joe.pk), **sent).status_code == 303
    assert [source.name for source in Statement.objects.get().via] == ["CNN", "Jill Biden"]


def test_who_raised_a_dispute_may_be_named(desk, statement, cast):
    sent = {"statement": statement.pk, "raised_by": "Emily", "kind": "denial", "note": "She said so."}
    refused = desk.post("/api/v1/disputes/", sent)
    html = refused.content.decode()
    assert refused.status_code == 400
    assert "No source is called “Emily”." in html
    assert re.search(r'name="raised_by" value="Emily"', html)
    assert "She said so.</textarea>" in html
    assert desk.post("/api/v1/disputes/", sent | {"raised_by": "Horne, Emily"}).status_code == 303
    assert Dispute.objects.get().raised_by == cast[2]


def test_words_of_a_passage_stand_for_no_statement_but_those_that_hold_them_are_offered(desk, statement, minister):
    sent = {"statement": statement.pk, "raised_by": minister.pk, "kind": "denial", "counter_statement": "minister"}
    html = desk.post("/api/v1/disputes/", sent).content.decode()
    assert "No statement is called “minister”. Choose one from the list." in html
    assert f'value="{statement.pk}:minister"' in html


def test_a_publisher_and_a_whole_may_be_named(desk, minister):
    assert desk.post("/api/v1/articles/", {"title": "T", "text": "t", "publisher": "jane doe"}).status_code == 303
    assert desk.post("/api/v1/sources/", {"name": "His office", "kind": "organization",
                                          "part_of": "the minister"}).status_code == 303  # fmt: skip
    assert Source.objects.get(name="His office").part_of == minister


def test_a_program_gives_ids_and_never_names(api, article, minister):
    answer = api.post("/api/v1/statements/", {"article": article.pk, "text": "End.", "source": "The minister"})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"pointer": "#/source", "code": "invalid", "detail": "A valid integer is required."}
    ]


def test_a_list_is_filtered_by_a_source_that_is_named(desk, statement, minister):
    found = desk.get("/api/v1/statements/?source=jane+doe")
    assert found.status_code == 200
    assert "The minister said no." in found.content.decode()
    assert f'<li data-id="{minister.pk}">The minister</li>' in found.content.decode()
    refused = desk.get("/api/v1/statements/?source=jane")
    assert refused.status_code == 400
    assert "No source is called “jane”. Choose one from the list." in refused.content.decode()
    assert f'<a href="/api/v1/statements/?source={minister.pk}"><bdi>The minister</bdi></a>' in refused.content.decode()


@pytest.mark.parametrize("name", [
    "Pat O'Brien", "it’s", "AT&T", "@POTUS", "example.com/path", "C++", "24/7", "U.S. State Department", "Dr. No (CNN)",
    "-5 degrees", "“Quoted”", "back\\slash", "İstanbul", "ΣΊΣΥΦΟΣ", "وزير الخارجية", "北京日报",
])  # fmt: skip
def test_a_source_is_found_by_its_name_whatever_is_in_it(alice, name):
    made = create_source(actor=alice, name=name, kind="person")
    other = create_source(actor=alice, name="Other", kind="person", aliases=[f"{name} II"])
    assert list(Source.objects.with_exact_name(name)) == [made]
    assert list(Source.objects.with_exact_name(f"{name} ii")) == [other]


def test_the_beginning_of_a_name_after_an_apostrophe_is_searched_for(alice):
    made = create_source(actor=alice, name="Pat O'Brien", kind="person")
    assert list(Source.objects.search("o'br")) == [made]


def test_a_viewer_is_not_told_to_make_a_source(article):
    viewer = browser_of(user_with_role("vera", "viewer"))
    assert "Make it a new source" not in viewer.get("/api/v1/statements/?source=nobody").content.decode()


def test_a_chain_of_a_hundred_names_is_refused_by_its_length(mark, minister):
    html = mark(minister.pk, via=", ".join(f"Name {n}" for n in range(100))).content.decode()
    assert "Choose at most 20." in html


@pytest.mark.parametrize("typed", ["a\x00b", "x" * 5000, "' & | ! : *", "\\", "–"])
def test_what_can_be_no_name_is_refused_like_any_other(mark, typed):
    answer = mark(typed, via=typed)
    assert answer.status_code == 400
    assert answer.content.decode().count('aria-invalid="true"') == 2


def test_of_very_many_names_only_some_are_looked_for(mark, minister):
    with CaptureQueriesContext(connection) as queries:
        assert mark(minister.pk, via=[f"a {n}, b" for n in range(900)]).status_code == 400
    assert len(queries) < 150


def test_the_form_of_a_new_source_holds_the_name_it_was_asked_for(desk):
    html = desk.get("/api/v1/sources/?form=new&name=Ann+New").content.decode()
    assert '<input type="text" name="name" value="Ann New"' in html


def test_what_is_left_empty_is_asked_for(desk, statement):
    html = desk.post("/api/v1/disputes/", {"statement": statement.pk, "raised_by": " ", "kind": "denial"})
    assert "Fill this in." in html.content.decode()


def test_a_page_that_is_asked_for_after_the_act_may_be_no_address_at_all(mark):
    assert mark("Nobody", next="http://[").status_code == 400


def test_strangers_find_no_source_by_its_name_that_nothing_published_names(settings, minister, statement):
    settings.PUBLIC_READ = True
    anonymous = Client(headers={"Accept": "text/html"})
    known, unknown = (anonymous.get(f"/api/v1/statements/?source={name}") for name in ("Jane+Doe", "Nobody"))
    assert (known.status_code, unknown.status_code) == (400, 400)
    assert "The minister" not in known.content.decode()
    by_number = anonymous.get(f"/api/v1/statements/?source={minister.pk}")
    assert "The minister" not in by_number.content.decode()


@pytest.mark.parametrize("address", ["/api/v1/feeds/claimreviews/", "/api/v1/checks/", "/api/v1/journal/"])
def test_a_list_that_nothing_is_added_to_has_no_form_for_it(desk, address):
    assert desk.get(f"{address}?form=new").status_code in (200, 400)


def test_a_merge_into_a_source_that_is_named_wrongly_asks_which_is_meant(desk, cast):
    joe, jill, *_ = cast
    sent = {"version": "1", "into": "Joe Bide", "reason": "The same person."}
    refused = desk.post(f"/api/v1/sources/{jill.pk}/merge/", sent)
    assert refused.status_code == 400
    assert f'name="named-into-1" value="{joe.pk}:Joe Bide"' in refused.content.decode()
    answered = desk.post(f"/api/v1/sources/{jill.pk}/merge/", sent | {"named-into-1": f"{joe.pk}:Joe Bide"})
    assert answered.status_code == 303


def test_a_refused_passage_comes_back_whatever_stands_in_the_address_to_go_on_to(mark, article):
    answer = mark("Nobody of that name", next=f"/api/v1/articles/{article.pk}/?" + "a=1&" * 1500)
    assert answer.status_code == 400
    assert "Mark a passage" in answer.content.decode()


def test_an_article_with_a_dash_in_its_title_is_found_by_it(alice):
    made = services.create_article(actor=alice, title="The call - what -we know", text="A text.")
    assert list(Article.objects.with_exact_name("the call - what -we know")) == [made]


def choices(client, **asked):
    return [row["name"] for row in client.get("/choose/sources/", asked).json()["results"]]


@pytest.fixture
def zelensky(alice):
    person = create_source(actor=alice, name="Volodymyr Zelensky", kind="person", aliases=["Зеленський"])
    create_source(actor=alice, name="Zelensky’s spokesperson", kind="person", part_of=person)
    create_source(actor=alice, name="Unnamed Zelensky aide", kind="person", anonymous=True)
    create_source(actor=alice, name="Zelda Fitzgerald", kind="person")
    return person


@pytest.mark.parametrize("typed", [
    "Zelensky", "Zelenskyy", "Zelenskiy", "Zelenski", "Zlensky", "Зеленський", "зеленськии", "Volodymyr Zelenskyy",
    "zelensky, volodymyr", "ZELENSKY",
])  # fmt: skip
def test_a_near_spelling_finds_the_person_before_the_spokesperson(desk, zelensky, typed):
    assert choices(desk, q=typed)[0] == "Volodymyr Zelensky"
    assert "Zelda Fitzgerald" not in choices(desk, q=typed)[:3]
    html = desk.get("/search/", {"q": typed}).content.decode()
    assert html.index("Volodymyr Zelensky</a>") < (html.find("spokesperson</a>") % len(html))


def test_the_sources_of_the_article_come_first(desk, alice, article, zelensky):
    other = create_source(actor=alice, name="Mykola Zelensky", kind="person")
    assert choices(desk, q="Zelensky", article=article.pk)[0] == "Volodymyr Zelensky"
    services.create_statement(article=article, actor=alice, source=other, start=2, end=23)
    assert choices(desk, q="Zelensky", article=article.pk)[:2] == ["Mykola Zelensky", "Volodymyr Zelensky"]
    assert choices(desk, q="Zelensky")[0] == "Mykola Zelensky"  # he was named last
    assert choices(desk, q="volodymyr zelensky", article=article.pk)[0] == "Volodymyr Zelensky"
    assert choices(desk, article=article.pk) == ["Mykola Zelensky"]
    assert f'data-article="{article.pk}"' in desk.get(f"/api/v1/articles/{article.pk}/").content.decode()


def test_the_person_comes_before_the_spokesperson_of_the_article(desk, alice, article, zelensky):
    spokesperson = Source.objects.get(name__contains="spokesperson")
    services.create_statement(article=article, actor=alice, source=spokesperson, start=2, end=23)
    found = choices(desk, q="Zelensky", article=article.pk)
    assert found[:2] == ["Volodymyr Zelensky", spokesperson.name]
    assert choices(desk, q=spokesperson.name, article=article.pk)[0] == spokesperson.name


def test_who_was_named_last_is_offered_after_those_of_the_article(desk, alice, article, zelensky):
    anne, bea = (create_source(actor=alice, name=name, kind="person") for name in ("Anne", "Bea"))
    other = services.create_article(actor=alice, title="Another", text="She said no.")
    services.create_statement(article=other, actor=alice, source=anne, start=0, end=3)
    services.create_statement(article=article, actor=alice, source=bea, start=2, end=23)
    assert choices(desk, article=article.pk) == ["Bea", "Anne"]
    assert choices(desk) == ["Anne", "Bea"]


def test_a_form_asks_of_which_kind_a_new_source_is(desk, alice):
    form = desk.get("/api/v1/sources/?form=new").content.decode()
    assert re.search(r'<select name="kind"[^>]* required>\s*<option value="">choose</option>', form)
    refused = desk.post("/api/v1/sources/", {"name": "Ann", "kind": ""})
    assert refused.status_code == 400
    made = create_source(actor=alice, name="Ann", kind="outlet")
    edit = desk.get(f"/api/v1/sources/{made.pk}/?form=edit").content.decode()
    assert '<option value="outlet" selected>' in edit
    assert ">choose<" not in edit


def test_a_refused_form_offers_the_sources_of_its_article_first(mark, alice, article, zelensky):
    other = create_source(actor=alice, name="Mykola Zelensky", kind="person")
    services.create_statement(article=article, actor=alice, source=other, start=2, end=23)
    offered = re.findall(r'name="named-source-1" value="(\d+):Zelenskyy"', mark("Zelenskyy").content.decode())
    assert [int(row) for row in offered[:2]] == [other.pk, zelensky.pk]


NEAR = ["Volodymyr Zelenskyy", "Volodimyr Zelensky", "VOLODYMYR ZELENSKY", "Zelensky, Volodymyr", "Зеленский"]


@pytest.mark.parametrize("name", NEAR)
def test_a_name_that_is_nearly_anothers_is_asked_about_before_it_is_made(desk, api, zelensky, name):
    sent = {"name": name, "kind": "person"}
    refused = desk.post("/api/v1/sources/", sent)
    html = refused.content.decode()
    assert refused.status_code == 400
    assert "There is “Volodymyr Zelensky” already. Take that one, or confirm that you mean another." in html
    assert f'<a href="/api/v1/sources/{zelensky.pk}/"><bdi>Volodymyr Zelensky</bdi></a>' in html
    assert f'<input type="checkbox" name="is-another" value="{name}">' in html
    assert not Source.objects.filter(name=name).exclude(pk=zelensky.pk).exists()
    assert desk.post("/api/v1/sources/", {**sent, "is-another": "Another Name"}).status_code == 400
    assert desk.post("/api/v1/sources/", {**sent, "is-another": name}).status_code == 303
    assert sorted(choices(desk, name=name)) == sorted([name, "Volodymyr Zelensky"])
    assert api.post("/api/v1/sources/", sent).status_code == 201  # a program is not asked


def test_a_short_name_and_a_family_name_are_nearly_anothers(desk, alice, zelensky):
    create_source(actor=alice, name="Joe Biden", kind="person")
    create_source(actor=alice, name="Al Gore", kind="person")
    assert choices(desk, name="Jo Biden") == ["Joe Biden"]
    assert choices(desk, name="Zelensky") == choices(desk, name="zelenský") == ["Volodymyr Zelensky"]
    assert choices(desk, name="Hu Gore") == choices(desk, name="Jo") == []


@pytest.mark.parametrize("name", ["Olena Zelenska", "Jill Biden", "Zaphod", "Sky", "Volodymyr", "???"])
def test_a_name_of_its_own_is_made_without_a_question(desk, zelensky, name):
    assert choices(desk, name=name) == []
    assert desk.post("/api/v1/sources/", {"name": name, "kind": "person"}).status_code == 303


def test_strangers_are_offered_no_name_that_nothing_published_names(settings, zelensky, statement, alice):
    settings.PUBLIC_READ = True
    anonymous = Client()
    assert choices(anonymous, q="Zelensky") == choices(anonymous, name="Volodymyr Zelensky") == []
    assert choices(anonymous, q="minister") == choices(anonymous, article=statement.article_id) == []
    services.set_article_status(
        article_id=statement.article_id, versions=None, actor=alice, status="published", reason="Done."
    )
    assert choices(anonymous, q="minister") == choices(anonymous, article=statement.article_id) == ["The minister"]
    settings.PUBLIC_READ = False
    assert anonymous.get("/choose/sources/?q=minister").status_code in (302, 401)


@pytest.mark.parametrize(
    "query", ["", "?q=", "?q=%00", "?article=x&q=-", "?article=99999999999999999999", "?name=" + "x" * 3000]
)
def test_what_names_nothing_offers_nothing(desk, query):
    answer = desk.get(f"/choose/sources/{query}")
    assert (answer.status_code, answer.json()) == (200, {"results": []})
