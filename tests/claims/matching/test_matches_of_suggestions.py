"""What is recorded of other articles, beside a suggestion."""

import pytest

from claims import services

SACKED = "the mayor of Springfield had sacked eleven inspectors"
TEXT = f"""Ann Lee said that {SACKED}.

Ann Lee said that the old bridge over the Elbe was closed for lorries.
"""


@pytest.fixture
def article(alice):
    return services.create_article(actor=alice, title="Today", text=TEXT)


@pytest.fixture
def record(alice, minister):
    """Records a text as the only statement of an article of its own."""

    def record(text, title="A report", **fields):
        article = services.create_article(actor=alice, title=title, text=text)
        return services.create_statement(article=article, actor=alice, source=minister, text=text, **fields)

    return record


@pytest.fixture
def suggested(api, article):
    def suggested():
        answer = api.get(f"/api/v1/articles/{article.pk}/suggestions/")
        assert answer.status_code == 200, answer.content
        return answer.json()["results"]

    return suggested


def ids(suggestion):
    return [match["statement"]["id"] for match in suggestion["matches"]]


def test_a_suggestion_comes_with_what_was_recorded_before(suggested, alice, minister, record):
    statement = record(f"Yesterday {SACKED}.", said_on="2021-03-01", said_on_precision="month")
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="He says so.")
    services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
    first, second = suggested()
    score = first["matches"][0]["score"]
    assert first["matches"] == [
        {
            "score": score,
            "likely": True,
            "statement": {
                "id": statement.pk,
                "text": "Yesterday the mayor of Springfield had sacked eleven inspectors.",
                "tag": "denied",
                "source": {"id": minister.pk, "name": "The minister", "kind": "person", "anonymous": False},
                "said_on": "2021-03",
                "open_disputes": 1,
            },
            "article": {
                "id": statement.article_id,
                "title": "A report",
                "url": None,
                "status": "draft",
                "published_at": None,
            },
        }
    ]
    assert score > 0.595
    assert second["matches"] == []


def test_the_score_is_the_one_that_matches_answers(api, suggested, record):
    record(f"Yesterday {SACKED}.")
    for n in range(12):
        record(f"The mayor of town {n} sacked nobody.")
    alone = api.post("/api/v1/statements/matches/", {"text": f"that {SACKED}"}, format="json").json()["results"]
    wanted = [(each["statement"]["id"], each["score"], each["likely"]) for each in alone][:3]
    matches = suggested()[0]["matches"]
    assert [(each["statement"]["id"], each["score"], each["likely"]) for each in matches] == wanted
    assert len({likely for _, _, likely in wanted}) == 2


def test_up_to_three_are_shown_the_nearest_first(suggested, record):
    far = record("The mayor of Springfield went home.")
    near = record(f"Yesterday {SACKED}.")
    others = [record(f"The mayor of Springfield sacked {who}.") for who in ("Smith", "Burns", "Flanders")]
    found = ids(suggested()[0])
    assert len(found) == 3
    assert found[0] == near.pk
    assert far.pk not in found
    assert set(found[1:]) < {row.pk for row in others}


def test_statements_of_the_article_itself_are_no_matches(suggested, alice, minister, article, record):
    services.create_statement(article=article, actor=alice, source=minister, text="Springfield had sacked")
    assert [ids(each) for each in suggested()] == [[], []]
    other = record(f"Yesterday {SACKED}.")
    assert ids(suggested()[0]) == [other.pk]


def test_each_of_several_passages_has_its_own(suggested, record):
    bridge = record("The old bridge over the Elbe was closed for lorries.")
    sacked = record(f"Yesterday {SACKED}.")
    assert [ids(each) for each in suggested()] == [[sacked.pk], [bridge.pk]]


def test_what_has_hardly_a_word_in_common_is_left_out(api, suggested, record):
    record("In March eleven swans came back to the pond of the town, and stayed there for the whole of the summer.")
    [alone] = api.get("/api/v1/statements/matches/", {"text": f"that {SACKED}"}).json()["results"]
    assert 0 < alone["score"] < 0.2975
    assert ids(suggested()[0]) == []
