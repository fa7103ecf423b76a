"""What is suggested of an article, and how it comes into the record."""

import threading
from typing import Any

import pytest
from django.db import connection

from claims import services
from claims.models import Article, DismissedSuggestion, Statement
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source
from tests.newsroom import client_of, user_with_role

TEXT = """\U0001f600 The bridge

Mayor Jane Doe said on Monday that the bridge would open in May. “We are ready for the summer,” Doe added.

A city official told The Courier that Doe had refused to sign the contract.

John Roe, a spokesman, said the report was wrong. “This is not true at all. Doe said that she would sign the \
contract as soon as it was ready,” he said.
"""
OPENING, READY, REFUSED, WRONG, UNTRUE = (
    "that the bridge would open in May",
    "“We are ready for the summer,”",
    "to sign the contract",
    "the report was wrong",
    "“This is not true at all. Doe said that she would sign the contract as soon as it was ready,”",
)
NEW = {"name": "A person", "kind": "person"}
SIGN = "that she would sign the contract as soon as it was ready"


@pytest.fixture
def article(alice):
    fields = {"title": "The bridge", "url": "https://news.example/bridge", "text": TEXT}
    return services.create_article(actor=alice, published_at="2023-02-01T09:00:00Z", **fields)


@pytest.fixture
def paper(alice):
    return create_source(actor=alice, name="The Courier", kind="outlet")


@pytest.fixture
def suggestions(article):
    return f"/api/v1/articles/{article.pk}/suggestions/"


def listed(api: Any, address: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = api.get(address, parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def texts(api: Any, address: str, **parameters: Any) -> list[str]:
    return [each["text"] for each in listed(api, address, **parameters)]


def key_of(api: Any, address: str, text: str, **parameters: Any) -> str:
    cards = listed(api, address, **parameters)
    return next(each["key"] for card in cards for each in (card, *card["nested"]) if each["text"] == text)


def post(api: Any, address: str, items: Any, status: int) -> Any:
    answer = api.post(address, items, format="json")
    assert answer.status_code == status, answer.content
    return answer.json()


def errors_of(problem: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in problem["errors"]]


def test_passages_that_attribute_words_are_listed_in_the_order_of_the_text(api, suggestions):
    assert texts(api, suggestions) == [OPENING, READY, REFUSED, WRONG, UNTRUE]


def test_a_suggestion_says_who_is_said_to_have_said_it_and_how(api, suggestions, alice):
    doe = create_source(actor=alice, name="Jane Doe", kind="person")
    first = listed(api, suggestions)[0]
    del first["key"]
    assert first == {
        "text": OPENING,
        "start": 44,
        "end": 77,
        "quote_type": "indirect",
        "speaker": {
            "text": "Mayor Jane Doe",
            "start": 14,
            "end": 28,
            "name": None,
            "source": {"id": doe.pk, "name": "Jane Doe", "kind": "person", "anonymous": False},
            "candidates": [],
            "new_source": None,
        },
        "via": [],
        "cue": {"text": "said", "start": 29, "end": 33},
        "hearsay": False,
        "denial": False,
        "said_on": "2023-01-30",
        "matches": [],
        "dismissed": None,
        "nested": [],
    }
    assert TEXT[44:77] == OPENING


def test_attributions_within_a_passage_come_in_its_card(api, suggestions):
    card = listed(api, suggestions)[-1]
    assert [each["text"] for each in card["nested"]] == [SIGN]
    assert card["denial"] is True
    assert [each["name"] for each in card["nested"][0]["via"]] == ["John Roe"]


def test_a_speaker_without_a_source_shows_the_one_that_would_be_made(api, suggestions):
    _, ready, refused, wrong, _ = listed(api, suggestions)
    assert ready["speaker"]["new_source"] == {"name": "Jane Doe", "kind": "person", "anonymous": False}
    assert refused["via"][0]["new_source"] == {"name": "city official", "kind": "person", "anonymous": True}
    assert wrong["speaker"]["new_source"] == {"name": "John Roe", "kind": "person", "anonymous": False}


def test_the_articles_own_is_a_candidate_among_any_number_of_namesakes(api, suggestions, alice, article):
    for number in range(60):
        create_source(actor=alice, name=f"Number{number} Doe", kind="person")
    own = create_source(actor=alice, name="Zoe Doe", kind="person")
    services.create_statement(actor=alice, article=article, text="The bridge", source=own)
    cards = listed(api, suggestions)
    candidates = next(card["speaker"]["candidates"] for card in cards if card["text"] == READY)
    assert candidates[0]["id"] == own.pk


def test_a_voice_of_captions_is_a_speaker_although_it_is_the_only_one(api):
    captions = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v BOB>We will pay.\n"
    article = post(api, "/api/v1/articles/", {"title": "T", "captions": captions}, 201)
    [card] = listed(api, f"/api/v1/articles/{article['id']}/suggestions/")
    assert (card["text"], card["speaker"]["text"]) == ("We will pay.", "BOB")
    assert card["speaker"]["new_source"] == {"name": "BOB", "kind": "person", "anonymous": False}


def test_they_is_nobodys_name(api, alice):
    article = services.create_article(actor=alice, title="T", text="They said the bridge was closed.")
    [card] = listed(api, f"/api/v1/articles/{article.pk}/suggestions/")
    assert (card["speaker"]["text"], card["speaker"]["new_source"]) == ("They", None)


def test_near_spellings_are_candidates_and_the_articles_own_come_first(api, suggestions, alice, article):
    far = create_source(actor=alice, name="John Rowe", kind="person")
    create_source(actor=alice, name="Mary Poe", kind="person")
    near = create_source(actor=alice, name="J. Roe", kind="person", aliases=["Jon Roe"])
    services.create_statement(article=article, actor=alice, source=near, start=0, end=1)
    speaker = listed(api, suggestions)[3]["speaker"]
    assert speaker["source"] is None
    assert [each["id"] for each in speaker["candidates"]] == [near.pk, far.pk]


@pytest.mark.parametrize(
    ("text", "language", "source"),
    [
        ("Residents said the bridge was closed.", "en", "President Doe"),
        ("The minister said the bridge was closed.", "en", "Ministry of Works"),
        ("Der Präsident sagte, die Brücke sei gesperrt.", "de", "Präsidentin Roth"),
        ("La ministre a dit que le pont est fermé.", "fr", "Ministère des Ponts"),
        ("La presidenta dijo que el puente está cerrado.", "es", "Presidente Ruiz"),
    ],
)
def test_a_common_noun_is_no_near_spelling_of_another(api, alice, text, language, source):
    create_source(actor=alice, name=source, kind="organization")
    article = services.create_article(actor=alice, title="T", text=text, language=language)
    [card] = listed(api, f"/api/v1/articles/{article.pk}/suggestions/")
    assert card["speaker"]["candidates"] == []


def test_a_name_beside_a_common_noun_may_be_nearly_spelled(api, alice):
    source = create_source(actor=alice, name="spokesperson for Jane Rowe", kind="person")
    article = services.create_article(actor=alice, title="T", text="A spokesperson for Roe said the bridge was closed.")
    [card] = listed(api, f"/api/v1/articles/{article.pk}/suggestions/")
    assert [each["id"] for each in card["speaker"]["candidates"]] == [source.pk]


def test_a_thing_behind_a_pronoun_is_known_without_its_article(api, alice, paper):
    text = "The Courier’s report has more. It says that the bridge was closed in May."
    article = services.create_article(actor=alice, title="T", text=text)
    [card] = listed(api, f"/api/v1/articles/{article.pk}/suggestions/")
    assert (card["speaker"]["text"], card["speaker"]["source"]["id"]) == ("It", paper.pk)


def test_of_two_sources_with_that_very_name_the_articles_own_is_meant(api, suggestions, alice, article):
    other = create_source(actor=alice, name="John Roe", kind="person")
    own = create_source(actor=alice, name="john roe", kind="person")
    assert listed(api, suggestions)[3]["speaker"]["source"] is None
    services.create_statement(article=article, actor=alice, source=own, start=0, end=1)
    speaker = listed(api, suggestions)[3]["speaker"]
    assert speaker["source"]["id"] == own.pk
    assert [each["id"] for each in speaker["candidates"]] == [other.pk]


def test_a_page_takes_the_same_number_of_queries_for_any_number_of_cards(
    api, alice, article, suggestions, django_assert_num_queries, django_assert_max_num_queries
):
    create_source(actor=alice, name="Jane Doe", kind="person")
    api.get(suggestions)  # how common words are is read once a minute
    with django_assert_max_num_queries(16) as few:
        api.get(suggestions)
    many = services.create_article(actor=alice, title="Many", text="\n\n".join([TEXT] * 8))
    with django_assert_num_queries(len(few)):
        api.get(f"/api/v1/articles/{many.pk}/suggestions/")


def test_pages_follow_each_other_until_next_is_null(api, suggestions):
    first = api.get(suggestions, {"page_size": 3})
    second = api.get(first.json()["next"])
    assert first["Link"] == f'<{first.json()["next"]}>; rel="next"'
    assert [each["text"] for page in (first, second) for each in page.json()["results"]] == texts(api, suggestions)
    assert second.json()["next"] is None


def test_a_page_of_another_revision_is_refused(api, suggestions, article, alice):
    following = api.get(suggestions, {"page_size": 1}).json()["next"]
    services.update_article(article_id=article.pk, versions=None, actor=alice, text=TEXT + "More.")
    answer = api.get(following)
    assert (answer.status_code, errors_of(answer.json())) == (400, [("?cursor", "invalid")])


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"cursor": "1"}, "?cursor"),
        ({"cursor": "1-²"}, "?cursor"),
        ({"cursor": "1-" + "9" * 99}, "?cursor"),
        ({"page_size": "0"}, "?page_size"),
        ({"dismissed": "yes"}, "?dismissed"),
        ({"speaker": "Doe"}, "?speaker"),
    ],
)
def test_parameters_that_are_not_valid_are_refused(api, suggestions, parameters, pointer):
    answer = api.get(suggestions, parameters)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


# What is recorded


def test_what_is_recorded_in_its_place_is_not_suggested(api, suggestions, alice, article, paper):
    services.create_statement(article=article, actor=alice, source=paper, text=OPENING)
    assert texts(api, suggestions) == [READY, REFUSED, WRONG, UNTRUE]


def test_a_part_of_it_by_the_same_speaker_is_enough(api, suggestions, alice, article):
    doe = create_source(actor=alice, name="Mayor Doe", kind="person", aliases=["JANE  DOE"])
    services.create_statement(article=article, actor=alice, source=doe, text="the bridge", suffix=" would")
    assert texts(api, suggestions) == [READY, REFUSED, WRONG, UNTRUE]


def test_a_part_of_it_by_another_speaker_is_not(api, suggestions, alice, article, paper):
    services.create_statement(article=article, actor=alice, source=paper, text="the bridge", suffix=" would")
    assert texts(api, suggestions) == [OPENING, READY, REFUSED, WRONG, UNTRUE]


def test_what_is_nested_in_a_recorded_passage_is_suggested_by_itself(api, suggestions, alice, article, paper):
    services.create_statement(article=article, actor=alice, source=paper, text=UNTRUE)
    assert texts(api, suggestions) == [OPENING, READY, REFUSED, WRONG, SIGN]


def test_a_card_stays_without_the_nested_passage_that_is_recorded(api, suggestions, alice, article, paper):
    services.create_statement(article=article, actor=alice, source=paper, text=SIGN)
    assert [(card["text"], card["nested"]) for card in listed(api, suggestions)][-1] == (UNTRUE, [])


def test_a_passage_in_doubt_counts_in_the_place_where_it_may_be(api, suggestions, alice, article, paper):
    statement = services.create_statement(article=article, actor=alice, source=paper, text=READY)
    text = TEXT.replace("ready for the summer", "ready for this fine summer")
    services.update_article(article_id=article.pk, versions=None, actor=alice, text=text)
    assert Statement.objects.get(pk=statement.pk).anchor == "needs_review"
    assert texts(api, suggestions) == [OPENING, REFUSED, WRONG, UNTRUE]


# Keys


def test_a_passage_keeps_its_key_when_the_text_around_it_changes(api, suggestions, alice, article):
    before = {each["text"]: each["key"] for each in listed(api, suggestions)}
    text = "An addition. And more.\n\n" + TEXT.replace("A city official told The Courier", "An official told CNN")
    services.update_article(article_id=article.pk, versions=None, actor=alice, text=text)
    after = {each["text"]: each["key"] for each in listed(api, suggestions)}
    assert after == before


def test_equal_passages_of_one_speaker_have_keys_of_their_own(api, alice):
    text = "Doe said the bridge was safe.\n\nRoe said the bridge was safe.\n\nDoe said the bridge was safe."
    article = services.create_article(actor=alice, title="Safe", text=text)
    keys = [each["key"] for each in listed(api, f"/api/v1/articles/{article.pk}/suggestions/")]
    assert len(set(keys)) == 3


# Accepting


def test_an_accepted_suggestion_is_a_statement_with_its_source_and_chain(api, suggestions, article):
    key = key_of(api, suggestions, REFUSED)
    answer = post(api, f"{suggestions}accept/", [{"key": key}], 201)
    (statement,) = answer["statements"]
    wanted = ("article", "text", "start", "quote_type", "paraphrase", "said_on", "tag", "anchor", "version")
    assert {name: statement[name] for name in wanted} == {
        "article": article.pk,
        "text": REFUSED,
        "start": TEXT.index(REFUSED),
        "quote_type": "indirect",
        "paraphrase": "",
        "said_on": None,
        "tag": "unverified",
        "anchor": "anchored",
        "version": 1,
    }
    assert statement["source"]["name"] == "Jane Doe"
    assert [(each["name"], each["anonymous"]) for each in statement["via"]] == [("city official", True)]
    assert answer["disputes"] == []
    assert REFUSED not in texts(api, suggestions)
    entries = Entry.objects.filter(action__in=["source.created", "statement.created"]).order_by("id")
    assert [(each.resource, each.actor_name, each.reason) for each in entries] == [
        ("source", "alice", "Suggested, accepted by alice."),
        ("source", "alice", "Suggested, accepted by alice."),
        ("statement", "alice", "Suggested, accepted by alice."),
    ]


def test_a_new_source_of_several_suggestions_is_made_once(api, suggestions):
    keys = [{"key": each["key"]} for each in listed(api, suggestions)]
    answer = post(api, f"{suggestions}accept/", keys, 201)
    assert [each["text"] for each in answer["statements"]] == [OPENING, READY, REFUSED, WRONG, UNTRUE]
    assert sorted(Source.objects.values_list("name", flat=True)) == ["Jane Doe", "John Roe", "city official"]
    assert texts(api, suggestions) == [SIGN]


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("en", "“We will never pay,” said Mayor Jane Doe. She denied that the city owes money.", "Jane Doe"),
        ("en", "Mayor Jane Doe said the bill was wrong. Mayor Doe denied that the city owes money.", "Jane Doe"),
        ("en", "Police said the road was closed. But police denied that the city owes money.", "Police"),
        ("fr", "« Non », a dit la maire Anne Hidalgo. Anne Hidalgo a nié que la ville est riche.", "Anne Hidalgo"),
        ("fr", "« Non », a dit la maire Anne Hidalgo. Elle a nié que la ville est riche.", "Anne Hidalgo"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_one_person_becomes_one_source(api, alice, language, text, name, at_once):
    article = services.create_article(actor=alice, title="T", text=text, language=language)
    address = f"/api/v1/articles/{article.pk}/suggestions/"
    keys = [{"key": each["key"]} for each in listed(api, address)]
    for items in [keys] if at_once else [keys[:1], keys[1:]]:
        post(api, f"{address}accept/", items, 201)
    assert list(Source.objects.values_list("name", flat=True)) == [name]
    assert Statement.objects.count() == 2


def test_a_new_source_that_is_sent_is_the_one_that_another_suggestion_names(api, suggestions):
    roe = {"name": "John Roe", "kind": "person"}
    items = [{"key": key_of(api, suggestions, OPENING), "source": roe}, {"key": key_of(api, suggestions, WRONG)}]
    first, second = post(api, f"{suggestions}accept/", items, 201)["statements"]
    assert first["source"] == second["source"]


def test_new_sources_that_differ_are_two(api, suggestions, paper):
    roe = {"name": "John Roe", "kind": "person"}
    items = [
        {"key": key_of(api, suggestions, OPENING), "source": roe},
        {"key": key_of(api, suggestions, READY), "source": {**roe, "part_of": paper.pk}},
    ]
    first, second = post(api, f"{suggestions}accept/", items, 201)["statements"]
    assert first["source"]["id"] != second["source"]["id"]


def test_what_is_sent_besides_the_key_takes_the_place_of_what_was_suggested(api, suggestions, paper):
    item = {
        "key": key_of(api, suggestions, OPENING),
        "text": "the bridge would open in May",
        "paraphrase": "It opens in May.",
        "quote_type": "mixed",
        "source": paper.pk,
        "via": [{"name": "A paper", "kind": "outlet", "aliases": ["Paper"]}],
        "said_on": "2023-01",
        "reason": "Heard it myself.",
    }
    (statement,) = post(api, f"{suggestions}accept/", [item], 201)["statements"]
    assert (statement["text"], statement["paraphrase"]) == ("the bridge would open in May", "It opens in May.")
    assert (statement["quote_type"], statement["said_on"]) == ("mixed", "2023-01")
    assert statement["source"]["id"] == paper.pk
    assert [(each["name"], each["kind"]) for each in statement["via"]] == [("A paper", "outlet")]
    assert Source.objects.get(name="A paper").aliases == ["Paper"]
    reason = Entry.objects.get(action="statement.created").reason
    assert reason == "Suggested, accepted by alice. Heard it myself."
    assert OPENING not in texts(api, suggestions)


def test_a_null_takes_away_what_was_suggested(api, suggestions):
    item = {"key": key_of(api, suggestions, OPENING), "said_on": None, "source": None, "quote_type": "narration"}
    (statement,) = post(api, f"{suggestions}accept/", [item], 201)["statements"]
    assert (statement["said_on"], statement["source"]) == (None, None)


def test_a_denial_can_open_a_dispute_in_the_same_transaction(api, suggestions, alice, article, paper):
    disputed = services.create_statement(article=article, actor=alice, source=paper, text=REFUSED)
    key = key_of(api, suggestions, UNTRUE)
    answer = post(api, f"{suggestions}accept/", [{"key": key, "dispute": {"statement": disputed.pk}}], 201)
    (dispute,) = answer["disputes"]
    wanted = ("statement", "counter_statement", "kind", "scope", "state")
    assert {name: dispute[name] for name in wanted} == {
        "statement": disputed.pk,
        "counter_statement": answer["statements"][0]["id"],
        "kind": "denial",
        "scope": "whole",
        "state": "open",
    }
    assert dispute["raised_by"]["name"] == "John Roe"
    assert Entry.objects.get(action="dispute.opened").reason == "Suggested, accepted by alice."
    assert Statement.objects.get(pk=disputed.pk).tag == "unverified"


def test_who_may_be_one_of_several_is_asked_about(api, suggestions, alice):
    near = create_source(actor=alice, name="John Rowe", kind="person")
    key = key_of(api, suggestions, WRONG)
    problem = post(api, f"{suggestions}accept/", [{"key": key}], 400)
    assert problem["errors"] == [
        {
            "pointer": "#/0/source",
            "code": "ambiguous",
            "detail": f"“John Roe” may be John Rowe ({near.pk}). "
            "Give the id of the one that is meant, or a new source.",
        }
    ]
    roe = {"name": "John Roe", "kind": "person"}
    assert post(api, f"{suggestions}accept/", [{"key": key, "source": roe}], 201)["statements"][0]["source"] == {
        "id": Source.objects.get(name="John Roe").pk, **roe, "anonymous": False,
    }  # fmt: skip


def test_a_pronoun_that_stands_for_nobody_needs_a_source(api, alice):
    article = services.create_article(actor=alice, title="Who?", text="He said the bridge was safe.")
    address = f"/api/v1/articles/{article.pk}/suggestions/"
    (card,) = listed(api, address)
    assert (card["speaker"]["name"], card["speaker"]["new_source"]) == (None, None)
    problem = post(api, f"{address}accept/", [{"key": card["key"]}], 400)
    assert errors_of(problem) == [("#/0/source", "required")]


def test_what_is_refused_of_one_leaves_nothing_of_the_others(api, suggestions, paper):
    keys = [each["key"] for each in listed(api, suggestions)]
    items = [{"key": keys[0]}, {"key": keys[1], "text": "Not in the text"}, {"key": keys[2], "start": 5, "end": 4}]
    problem = post(api, f"{suggestions}accept/", items, 422)
    assert errors_of(problem) == [("#/1/text", "not_found"), ("#/2/end", "range")]
    assert (Statement.objects.count(), Source.objects.count()) == (0, 1)
    assert not Entry.objects.filter(reason__startswith="Suggested").exists()


@pytest.mark.parametrize(
    ("item", "pointer", "code"),
    [
        ({}, "#/0/key", "required"),
        ({"key": 5}, "#/0/key", "invalid"),
        ({"key": "x" * 21}, "#/0/key", "max_length"),
        ({"key": "x", "article": 1}, "#/0/article", "unknown_field"),
        ({"key": "x", "tag": "denied"}, "#/0/tag", "unknown_field"),
        ({"key": "x", "quote_type": "loud"}, "#/0/quote_type", "invalid_choice"),
        ({"key": "x", "said_on": "Monday"}, "#/0/said_on", "invalid"),
        ({"key": "x", "source": "5"}, "#/0/source", "invalid"),
        ({"key": "x", "source": True}, "#/0/source", "invalid"),
        ({"key": "x", "source": 999_999}, "#/0/source", "does_not_exist"),
        ({"key": "x", "source": {"kind": "person"}}, "#/0/source/name", "required"),
        ({"key": "x", "source": {**NEW, "tag": 1}}, "#/0/source/tag", "unknown_field"),
        ({"key": "x", "source": {**NEW, "part_of": 999_999}}, "#/0/source/part_of", "does_not_exist"),
        ({"key": "x", "via": 5}, "#/0/via", "not_a_list"),
        ({"key": "x", "via": [999_999]}, "#/0/via/0", "does_not_exist"),
        ({"key": "x", "dispute": 5}, "#/0/dispute", "invalid"),
        ({"key": "x", "dispute": {}}, "#/0/dispute/statement", "required"),
        ({"key": "x", "dispute": {"statement": 999_999}}, "#/0/dispute/statement", "does_not_exist"),
        ({"key": "x", "dispute": {"statement": 1, "state": "upheld"}}, "#/0/dispute/state", "unknown_field"),
    ],
)  # fmt: skip
def test_input_that_is_not_valid_is_refused_where_it_stands(api, suggestions, item, pointer, code):
    assert (pointer, code) in errors_of(post(api, f"{suggestions}accept/", [item], 400))


@pytest.mark.parametrize("action", ["accept", "dismiss"])
@pytest.mark.parametrize("body", [[], {}, "key", None, [[]], [5], [{"key": str(n)} for n in range(10_000)]])
def test_a_body_that_is_no_list_of_keys_is_refused(api, suggestions, action, body):
    assert api.post(f"{suggestions}{action}/", body, format="json").status_code == 400


@pytest.mark.parametrize("action", ["accept", "dismiss"])
def test_a_key_twice_or_an_unknown_one_is_refused(api, suggestions, action):
    key = key_of(api, suggestions, OPENING)
    twice = post(api, f"{suggestions}{action}/", [{"key": key}, {"key": key}], 400)
    assert errors_of(twice) == [("#/1/key", "duplicate")]
    unknown = post(api, f"{suggestions}{action}/", [{"key": key}, {"key": "0" * 20}], 422)
    assert unknown["errors"] == [
        {
            "pointer": "#/1/key",
            "code": "not_found",
            "detail": "The article, now at revision 1, has no such suggestion. Read the suggestions again.",
        }
    ]


def test_a_source_twice_in_the_chain_is_refused(api, suggestions):
    paper = {"name": "A paper", "kind": "outlet"}
    item = {"key": key_of(api, suggestions, OPENING), "via": [paper, paper]}
    assert errors_of(post(api, f"{suggestions}accept/", [item], 400)) == [("#/0/via", "duplicate")]


def test_narration_raises_no_dispute_unless_somebody_is_named(api, suggestions, statement, paper):
    item = {"key": key_of(api, suggestions, OPENING), "source": None, "quote_type": "narration"}
    dispute = {"statement": statement.pk}
    problem = post(api, f"{suggestions}accept/", [{**item, "dispute": dispute}], 400)
    assert errors_of(problem) == [("#/0/dispute/raised_by", "required")]
    answer = post(api, f"{suggestions}accept/", [{**item, "dispute": {**dispute, "raised_by": paper.pk}}], 201)
    assert answer["disputes"][0]["raised_by"]["id"] == paper.pk


def test_a_wrong_prefix_is_told_of(api, suggestions):
    item = {"key": key_of(api, suggestions, WRONG), "text": WRONG, "prefix": "nobody said "}
    answer = api.post(f"{suggestions}accept/", [item], format="json")
    assert answer["Passage-Note"].startswith("#/0: The passage was taken where the text holds it")


def test_what_was_accepted_before_the_text_changed_is_accepted_no_more(api, suggestions, alice, article):
    key = key_of(api, suggestions, READY)
    text = TEXT.replace("We are ready for the summer", "We were never going to be ready for it")
    services.update_article(article_id=article.pk, versions=None, actor=alice, text=text)
    problem = post(api, f"{suggestions}accept/", [{"key": key}], 422)
    assert "The article, now at revision 2, has no such suggestion." in problem["errors"][0]["detail"]


def test_a_retry_with_its_key_records_nothing_twice(api, suggestions):
    items, headers = [{"key": key_of(api, suggestions, OPENING)}], {"Idempotency-Key": "one"}
    first, again = (api.post(f"{suggestions}accept/", items, format="json", headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Statement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_editors_who_accept_the_same_one_wins_and_the_other_is_told(api, suggestions):
    items = [{"key": key_of(api, suggestions, OPENING)}]
    start, answers = threading.Barrier(2), []

    def accept(client: Any) -> None:
        start.wait()
        answers.append(client.post(f"{suggestions}accept/", items, format="json"))
        connection.close()

    clients = [api, client_of(user_with_role("bob", "reporter"))]
    threads = [threading.Thread(target=accept, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (201, 422)
    assert errors_of(lost.json()) == [("#/0/key", "recorded")]
    assert f"as statement {won.json()['statements'][0]['id']}." in lost.json()["errors"][0]["detail"]
    assert (Statement.objects.count(), Source.objects.count()) == (1, 1)


# Dismissing


def test_a_dismissed_passage_is_suggested_no_more_in_later_revisions_either(api, suggestions, alice, article):
    key = key_of(api, suggestions, OPENING)
    (state,) = post(api, f"{suggestions}dismiss/", [{"key": key}], 200)
    assert (state["key"], state["dismissed"]["by"]["username"]) == (key, "alice")
    assert texts(api, suggestions) == [READY, REFUSED, WRONG, UNTRUE]
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="An addition.\n\n" + TEXT)
    assert texts(api, suggestions) == [READY, REFUSED, WRONG, UNTRUE]
    (card,) = listed(api, suggestions, dismissed="true")
    assert (card["text"], card["dismissed"]) == (OPENING, state["dismissed"])


def test_a_dismissal_can_be_taken_back(api, suggestions, alice, article):
    keys = [key_of(api, suggestions, text) for text in (OPENING, READY)]
    post(api, f"{suggestions}dismiss/", [{"key": key} for key in keys], 200)
    items = [{"key": keys[0], "dismissed": False}]
    assert post(api, f"{suggestions}dismiss/", items, 200) == [{"key": keys[0], "dismissed": None}]
    assert texts(api, suggestions) == [OPENING, REFUSED, WRONG, UNTRUE]
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Nothing.")
    post(api, f"{suggestions}dismiss/", [{"key": keys[1], "dismissed": False}], 200)
    assert not DismissedSuggestion.objects.exists()


def test_who_dismissed_first_is_kept(api, suggestions):
    items = [{"key": key_of(api, suggestions, OPENING)}]
    (first,) = post(api, f"{suggestions}dismiss/", items, 200)
    bob = client_of(user_with_role("bob", "reporter"))
    assert post(bob, f"{suggestions}dismiss/", items, 200) == [first]


def test_what_stands_in_a_dismissed_passage_is_suggested_by_itself(api, suggestions):
    post(api, f"{suggestions}dismiss/", [{"key": key_of(api, suggestions, UNTRUE)}], 200)
    assert texts(api, suggestions)[-1] == SIGN


def test_a_dismissed_suggestion_can_be_accepted(api, suggestions):
    items = [{"key": key_of(api, suggestions, OPENING)}]
    post(api, f"{suggestions}dismiss/", items, 200)
    post(api, f"{suggestions}accept/", items, 201)
    assert texts(api, suggestions, dismissed="true") == []


def test_what_is_recorded_cannot_be_dismissed(api, suggestions):
    items = [{"key": key_of(api, suggestions, OPENING)}]
    post(api, f"{suggestions}accept/", items, 201)
    assert errors_of(post(api, f"{suggestions}dismiss/", items, 422)) == [("#/0/key", "recorded")]


def test_a_dismissal_is_no_part_of_the_record(api, suggestions):
    before = Entry.objects.count()
    post(api, f"{suggestions}dismiss/", [{"key": key_of(api, suggestions, OPENING)}], 200)
    assert Entry.objects.count() == before


def test_an_article_is_deleted_with_its_dismissals(api, suggestions, article):
    post(api, f"{suggestions}dismiss/", [{"key": key_of(api, suggestions, OPENING)}], 200)
    answer = api.delete(f"/api/v1/articles/{article.pk}/", headers={"If-Match": "*"})
    assert answer.status_code == 204
    assert not Article.objects.exists()


# Texts of all kinds


@pytest.mark.parametrize(
    "text", ["", "word " * 10_000, "“" + "word " * 20_000, "\U0001f600" * 5_000, "“" * 3_000, "Doe said: " * 5_000]
)
def test_a_text_of_any_kind_is_answered(api, alice, text):
    article = services.create_article(actor=alice, title="Odd", text=text)
    assert api.get(f"/api/v1/articles/{article.pk}/suggestions/").status_code == 200


def test_another_language_gets_its_quotations_alone(api, alice):
    text = "Hän sanoi: “Silta avataan toukokuussa, jos kaikki menee hyvin.”"
    article = services.create_article(actor=alice, title="Silta", text=text, language="fi")
    (card,) = listed(api, f"/api/v1/articles/{article.pk}/suggestions/")
    assert (card["text"], card["speaker"], card["cue"]) == (
        "“Silta avataan toukokuussa, jos kaikki menee hyvin.”", None, None,
    )  # fmt: skip


def test_no_article_is_404(api, db):
    for action in ("", "accept/", "dismiss/"):
        method = api.post if action else api.get
        answer = method(f"/api/v1/articles/999999/suggestions/{action}", [] if action else None, format="json")
        assert answer.status_code == 404
