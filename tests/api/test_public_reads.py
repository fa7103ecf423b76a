"""With PUBLIC_READ anybody can read what is published, and learns nothing about the rest.

Over 400 lines: one newsroom with a secret in each place is read through every address.
"""

import json
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from claims import services
from claims.models import Article
from claims.services import merge_source
from factcheck.api.throttles import AddressThrottle
from factcheck.journal.models import Entry
from sources.services import create_source
from tests.newsroom import user_with_role

NOBODY = 987_654_321  # an id that no row has
HIDDEN_WORD = "Xylophon"
REFERS_TO = {
    "article": "articles",
    "statement": "statements",
    **dict.fromkeys(["source", "involving", "publisher", "part_of", "raised_by"], "sources"),
}
OPEN = {"articles", "statements", "evidence", "disputes", "sources"}
FORMATS = {
    "/api/v1/articles/{id}/webannotations/",
    "/api/v1/articles/{id}/changes.atom",
    "/api/v1/statements/{id}/webannotation/",
    "/api/v1/statements/{id}/claimreview/",
}
FEEDS = {
    "/api/v1/feeds/claimreviews/",
    "/api/v1/feeds/changes/",
    "/api/v1/feeds/changes/stream/",
    "/api/v1/feeds/changes.atom",
    *(f"/api/v1/{name}/export/" for name in ("sources", "articles", "statements", "evidence", "disputes")),
}
FILES = ("changes.atom", "export/", "stream/")  # which have their own media type


@pytest.fixture
def public(settings, settings_without_throttle, monkeypatch):
    settings.PUBLIC_READ = True
    # A test is one open transaction, before which the feed of changes would end.
    monkeypatch.setattr("claims.views.formats.first_open_transaction", lambda: 2**62)
    return APIClient()


@pytest.fixture
def newsroom(db):
    """A published article, and rows around it that must stay hidden. Each text of a hidden row has the hidden word."""
    ann = user_with_role("ann-xylophon", "editor")
    by = {"actor": ann}

    def source(name, **fields):
        return create_source(name=name, kind="person", **by, **fields)

    def article(title, text, status=None, **fields):
        made = services.create_article(title=title, text=text, **by, **fields)
        for step in {"published": ["published"], "withdrawn": ["published", "withdrawn"]}.get(status, []):
            services.set_article_status(
                article_id=made.pk, versions=None, status=step, reason=f"{HIDDEN_WORD} is ready.", **by
            )
        return made

    hidden_whole = source(f"{HIDDEN_WORD} office")
    speaker = source("The speaker", part_of=hidden_whole)
    relay = source("The relay")
    outlet = source("The outlet")
    critic = source("The critic")
    hidden = source(f"{HIDDEN_WORD} source", description=HIDDEN_WORD, aliases=[HIDDEN_WORD])
    merged = source(f"{HIDDEN_WORD} twin")
    merge_source(source_id=merged.pk, versions=None, into=hidden, reason="The same.", **by)

    shown = article(
        "Shown", f"It is so. {HIDDEN_WORD} was here.", "published", publisher=outlet, url="https://a.example/"
    )
    said = services.create_statement(article=shown, source=speaker, via=[relay], start=0, end=9, **by)
    services.tag_statement(statement_id=said.pk, versions=None, tag="asserted", reason="The speaker says so.", **by)
    edited_out = services.create_statement(article=shown, source=hidden, via=[hidden], start=10, end=28, **by)
    out_evidence = services.create_evidence(
        statement=edited_out, stance="supports", url="https://b.example/", title=HIDDEN_WORD, **by
    )
    out_dispute = services.open_dispute(statement=edited_out, raised_by=hidden, kind="denial", note=HIDDEN_WORD, **by)
    services.update_article(article_id=shown.pk, versions=None, text="It is so. Nobody was there.", **by)
    evidence = services.create_evidence(statement=said, stance="supports", url="https://c.example/", **by)

    draft = article(f"{HIDDEN_WORD} draft", f"{HIDDEN_WORD} said no.", publisher=hidden, byline=HIDDEN_WORD)
    withdrawn = article(f"{HIDDEN_WORD} withdrawn", f"{HIDDEN_WORD} said yes.", "withdrawn")
    inside = [
        services.create_statement(article=each, source=hidden, via=[speaker], start=0, end=8, **by)
        for each in (draft, withdrawn)
    ]
    inside_evidence = services.create_evidence(
        statement=inside[0], stance="refutes", url="https://d.example/", title=HIDDEN_WORD, **by
    )
    inside_dispute = services.open_dispute(
        statement=inside[1], raised_by=critic, counter_statement=said, kind="denial", note=HIDDEN_WORD, **by
    )
    dispute = services.open_dispute(
        statement=said, raised_by=critic, counter_statement=inside[0], kind="denial", note="The critic denies it.", **by
    )
    return {
        "shown": {
            "articles": [shown.pk],
            "statements": [said.pk],
            "evidence": [evidence.pk],
            "disputes": [dispute.pk],
            "sources": [speaker.pk, relay.pk, outlet.pk, critic.pk],
        },
        "hidden": {
            "articles": [draft.pk, withdrawn.pk],
            "statements": [edited_out.pk, *(row.pk for row in inside)],
            "evidence": [out_evidence.pk, inside_evidence.pk],
            "disputes": [out_dispute.pk, inside_dispute.pk],
            "sources": [hidden.pk, hidden_whole.pk, merged.pk],
        },
    }


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    file = tmp_path_factory.mktemp("schema") / "openapi.json"
    call_command("spectacular", "--format", "openapi-json", "--file", str(file))
    return json.loads(file.read_text())


# Hashes of what is published and of what is not: without the entries' salts they tell nothing.
SEAL = tuple(f"/api/v1/journal/{part}" for part in ("checkpoints/", "{id}/proof/", "consistency/", "key/"))


def resource_of(path: str) -> str:
    return path.removeprefix("/api/v1/").split("/")[0]


def text_of(answer) -> str:
    if answer["Content-Type"] == "text/event-stream":  # without an end
        return next(answer.streaming_content).decode()
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


def test_every_operation_of_the_schema_tells_a_stranger_only_what_is_published(public, newsroom, schema):
    asked, salts = 0, [str(salt) for salt in Entry.objects.values_list("salt", flat=True)]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            is_plain = re.fullmatch(r"/api/v1/(\w+)/(\{id\}/)?", path) and resource_of(path) in OPEN
            readable = method == "get" and (is_plain or path in FORMATS | FEEDS)
            ids = [row for rows in newsroom["shown"].values() for row in rows] + [NOBODY]
            ids += [row for rows in newsroom["hidden"].values() for row in rows]
            for row in ids if re.search(r"\{(id|webhook)\}", path) else [0]:
                uuid = "00000000-0000-0000-0000-000000000000"
                address = re.sub(r"\{(id|webhook)\}", uuid if "tokens" in path else str(row), path)
                address = re.sub(r"\{(number|delivery)\}", "1", address)
                for accept in ("*/*",) if path.endswith(FILES) else ("application/json", "text/html"):
                    answer = getattr(public, method)(address, headers={"if-match": "*", "accept": accept})
                    asked += 1
                    if path == "/api/v1/schema/":
                        continue
                    if (path.startswith(SEAL) and method == "get") or path.endswith("/matches/"):
                        assert answer.status_code in (200, 400, 404), (address, accept)
                    elif not readable:
                        expected = (302, 401) if accept == "text/html" else (401,)
                        assert answer.status_code in expected, (method, address, accept)
                    elif "{id}" in path:
                        is_shown = row in newsroom["shown"][resource_of(path)]
                        assert answer.status_code == (200 if is_shown else 404), (address, accept)
                    else:
                        assert answer.status_code == 200, (address, accept)
                    text = text_of(answer)
                    assert HIDDEN_WORD.lower() not in text.lower(), (method, address, accept)
                    assert not [salt for salt in salts if salt in text], (method, address, accept)
            if is_plain and method == "get" and "{id}" not in path:
                for parameter in operation["parameters"]:
                    ask_with(public, newsroom, path, parameter)
    assert asked > 500


def ask_with(public, newsroom, path, parameter):
    """With each hidden id, the hidden word and each ordering, the answer is as if the hidden rows did not exist."""
    name, kind = parameter["name"], parameter["schema"].get("type")
    shown = {row["id"] for row in public.get(path).json()["results"]}
    assert shown == set(newsroom["shown"][resource_of(path)])
    if name == "as_of":
        answer = public.get(f"{path}?as_of=2020-01-01T00:00:00Z&article=1&statement=1")
        assert answer.status_code in (400, 401)
    elif kind == "integer" and name != "page_size":
        nothing = public.get(f"{path}?{name}={NOBODY}").json()
        for row in newsroom["hidden"][REFERS_TO[name]]:
            assert public.get(f"{path}?{name}={row}").json() == nothing, (path, name, row)
            page = public.get(f"{path}?{name}={row}", headers={"accept": "text/html"})
            assert HIDDEN_WORD.lower() not in text_of(page).lower(), (path, name, row)
        # Suggestions for a typed name show no hidden name, and no hidden affiliation of a public source.
        for typed in (HIDDEN_WORD[:5], "The speakr"):
            page = public.get(f"{path}?{name}={typed}", headers={"accept": "text/html"})
            assert HIDDEN_WORD.lower() not in text_of(page).lower(), (path, name, typed)
    elif name == "q":
        assert public.get(f"{path}?q={HIDDEN_WORD}").json()["results"] == []
    for value in parameter["schema"].get("enum", []):
        rows = public.get(f"{path}?{name}={value}").json()["results"]
        assert {row["id"] for row in rows} <= shown


def test_the_feeds_tell_a_stranger_of_what_is_published_and_a_signed_in_caller_nothing_more(public, newsroom, api):
    for address, count in (("claimreviews/", "ClaimReview"), ("changes.atom", "<entry>")):
        answers = [text_of(client.get(f"/api/v1/feeds/{address}")) for client in (public, api)]
        assert answers[0] == answers[1]
        assert HIDDEN_WORD not in answers[0]
        assert answers[0].count(f'"{count}"' if "/" in address else count) == (1 if "/" in address else 2)


def test_a_hidden_row_is_missing_in_the_same_words_as_one_that_never_was(public, newsroom):
    for kind, rows in newsroom["hidden"].items():
        never = public.get(f"/api/v1/{kind}/{NOBODY}/")
        for row in rows:
            answer = public.get(f"/api/v1/{kind}/{row}/")
            assert (answer.status_code, answer.json()) == (404, never.json())


def test_a_public_statement_names_no_user_and_counts_no_dissent(public, newsroom):
    answer = public.get(f"/api/v1/statements/{newsroom['shown']['statements'][0]}/")
    assert sorted(answer.json()) == [
        "anchor", "article", "candidate", "created_at", "end", "id", "key", "media_end", "media_start", "open_disputes",
        "paraphrase", "prefix", "quote_type", "revision", "said_on", "source", "start", "suffix", "tag",
        "tag_reason", "tagged_at", "text", "updated_at", "version", "via",
    ]  # fmt: skip
    assert answer.json()["tag_reason"] == "The speaker says so."
    assert answer["Cache-Control"] == "public, max-age=60, s-maxage=5, stale-while-revalidate=4"
    assert "Authorization" in answer["Vary"]


def test_a_public_dispute_names_no_user_and_not_the_draft_it_was_raised_in(public, newsroom, api):
    path = f"/api/v1/disputes/{newsroom['shown']['disputes'][0]}/"
    answer = public.get(path).json()
    assert answer["counter_statement"] is None
    assert not {"opened_by", "resolved_by"} & set(answer)
    inside = api.get(path)
    assert inside.json()["counter_statement"] in newsroom["hidden"]["statements"]
    assert inside.json()["opened_by"]["username"] == "ann-xylophon"
    assert inside["Cache-Control"] == "private, no-cache"


def test_a_public_article_counts_what_stands_in_its_text(public, newsroom, api):
    path = f"/api/v1/articles/{newsroom['shown']['articles'][0]}/"
    counted = {"tags": {"asserted": 1, "denied": 0, "unverified": 0}, "open_disputes": 1}
    assert {name: public.get(path).json()[name] for name in counted} == counted
    assert api.get(path).json()["tags"]["unverified"] == 1
    assert public.get("/api/v1/articles/").json()["results"][0]["tags"] == counted["tags"]


def test_a_public_source_keeps_a_hidden_affiliation_to_itself(public, newsroom, api):
    path = f"/api/v1/sources/{newsroom['shown']['sources'][0]}/"
    assert public.get(path).json()["part_of"] is None
    assert api.get(path).json()["part_of"]["name"] == f"{HIDDEN_WORD} office"


def test_without_the_setting_a_stranger_reads_nothing(newsroom):
    anonymous = APIClient()
    for kind, rows in newsroom["shown"].items():
        assert anonymous.get(f"/api/v1/{kind}/").status_code == 401
        assert anonymous.get(f"/api/v1/{kind}/{rows[0]}/").status_code == 401


def test_withdrawing_hides_the_article_and_its_sources_at_once(public, newsroom, api):
    article = newsroom["shown"]["articles"][0]
    api.post(f"/api/v1/articles/{article}/withdraw/", {"reason": "It was wrong."}, headers={"if-match": "*"})
    for kind in OPEN:
        assert public.get(f"/api/v1/{kind}/").json()["results"] == []


def test_a_stranger_cannot_ask_which_sources_belong_to_a_hidden_one(public, newsroom):
    for hidden in newsroom["hidden"]["sources"]:
        assert public.get(f"/api/v1/sources/?part_of={hidden}").json()["results"] == []


def page_of(client, address, status=200):
    answer = client.get(address, headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == status, address
    return answer.content.decode()


def shown(newsroom, kind):
    return f"/api/v1/{kind}/{newsroom['shown'][kind][0]}/"


def test_a_stranger_reads_the_annotated_article_as_a_page(public, newsroom):
    (said,) = newsroom["shown"]["statements"]
    html = page_of(public, shown(newsroom, "articles"))
    marks = re.findall(r'<mark [^>]*data-statement="(\d+)" data-tag="(\w+)"', html)
    assert marks == [(str(said), "asserted")]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html))
    assert "A source puts it forward, and nobody with standing denies it." in words
    assert "attributed to The speaker, through The relay" in words
    assert "The speaker says so. – just now" in words
    assert "Denial by The critic, open" in words
    assert '<form method="post"' not in html
    assert "/history/" not in html
    assert "/revisions/" not in html
    assert f"/api/v1/articles/{newsroom['shown']['articles'][0]}/webannotations/" in html


def test_a_stranger_sees_both_passages_of_a_dispute_only_where_both_are_published(public, newsroom, alice):
    html = page_of(public, shown(newsroom, "disputes"))
    assert len(re.findall(r"<mark ", html)) == 1
    assert "It was not raised in a marked statement. " in html
    assert "Opened just now" in re.sub(r"<[^>]*>", "", html)

    (said,) = newsroom["shown"]["statements"]
    other = services.create_article(actor=alice, title="The other side", text="It is not so.")
    critic = newsroom["shown"]["sources"][3]
    counter = services.create_statement(
        actor=alice, article=other, source_id=critic, start=0, end=13, quote_type="direct"
    )
    services.set_article_status(article_id=other.pk, versions=None, actor=alice, status="published", reason="Read.")
    dispute = services.open_dispute(
        actor=alice, statement_id=said, raised_by_id=critic, counter_statement=counter, kind="contradiction"
    )
    services.resolve_dispute(dispute_id=dispute.pk, versions=None, actor=alice, state="upheld", reason="On the record.")
    html = page_of(public, f"/api/v1/disputes/{dispute.pk}/")
    assert re.findall(r"<mark [^>]*>([^<]*)</mark>", html) == ["It is so.", "It is not so."]
    assert "On the record." in html
    assert "alice" not in html


def test_a_stranger_finds_the_published_articles_and_the_log_in_at_the_start(public, newsroom):
    html = page_of(public, "/")
    assert re.findall(r'href="/articles/(\d+)-', html) == [str(newsroom["shown"]["articles"][0])]
    assert '<a href="/login/?next=%2F">Log in</a>' in html
    assert re.findall(r'href="(/api/v1/journal/[^"]*)"', html) == ["/api/v1/journal/checkpoints/"]
    assert HIDDEN_WORD.lower() not in html.lower()


def test_a_strangers_search_finds_nothing_that_is_hidden(public, newsroom):
    found = page_of(public, "/search/?q=so")
    assert re.findall(r"/api/v1/statements/(\d+)/\"", found) == [str(newsroom["shown"]["statements"][0])]
    hidden = re.sub(
        r'value="[^"]*"|<title>.*?</title>|<h1>.*?</h1>|next=[^"]*', "", page_of(public, f"/search/?q={HIDDEN_WORD}")
    )
    assert HIDDEN_WORD.lower() not in hidden.lower()
    assert re.findall(r"/api/v1/(?:articles|statements|sources)/\d+/", hidden) == []


def test_a_stranger_filters_and_turns_the_pages_of_lists(public, newsroom):
    html = page_of(public, "/api/v1/sources/?page_size=2&ordering=name")
    assert re.findall(r'dir="auto">([^<]*)</a>', html) == ["The critic", "The outlet"]
    following = re.search(r'<a href="([^"]*)" rel="next">', html)[1].replace("&amp;", "&")
    assert re.findall(r'dir="auto">([^<]*)</a>', page_of(public, following)) == ["The relay", "The speaker"]
    assert "It is so." in page_of(public, "/api/v1/statements/?tag=asserted")
    assert "It is so." not in page_of(public, "/api/v1/statements/?tag=denied")
    assert 'name="status"' not in page_of(public, "/api/v1/articles/")


def test_a_hidden_affiliation_is_on_no_page(public, newsroom):
    for address in (shown(newsroom, "sources"), "/api/v1/sources/"):
        assert "part of" not in page_of(public, address)


PAGES = ("/", "/search/?q=so", *(f"/api/v1/{kind}/" for kind in sorted(OPEN)))


@pytest.mark.parametrize("address", PAGES)
def test_a_public_page_may_be_cached_for_whoever_has_no_cookie(public, newsroom, address):
    answer = public.get(address, headers={"Accept": "text/html"})
    assert answer["Cache-Control"] == "public, max-age=60, s-maxage=5, stale-while-revalidate=4"
    assert "Cookie" in answer["Vary"]
    assert not answer.cookies


@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_somebody_signed_in_is_for_no_shared_cache(public, newsroom, alice, client, address):
    client.force_login(alice)
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert "private" in answer["Cache-Control"]
    assert "public" not in answer["Cache-Control"]
    assert "Cookie" in answer["Vary"]


@pytest.mark.parametrize("address", PAGES)
def test_without_the_setting_a_page_leads_a_stranger_to_the_log_in(newsroom, client, address):
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 302
    assert answer["Location"].partition("?")[0] == "/login/"
    assert "public" not in answer["Cache-Control"]


@pytest.mark.parametrize("address", ["/import/", "/api/v1/journal/", "/api/v1/checks/", "/api/v1/tokens/", "/api/v1/"])
def test_pages_of_the_newsroom_lead_a_stranger_to_the_log_in(public, newsroom, address):
    answer = public.get(address, headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/login/")


@pytest.mark.parametrize("address", ["/", *(f"/api/v1/{kind}/" for kind in sorted(OPEN)), "article"])
def test_a_strangers_page_takes_no_more_queries_for_a_long_list(public, alice, address):
    def queries():
        path = f"/api/v1/articles/{Article.objects.latest('pk').pk}/" if address == "article" else address
        with CaptureQueriesContext(connection) as captured:
            page_of(public, path)
        return len(captured)

    publish_busy_articles(alice, 1)
    few = queries()
    publish_busy_articles(alice, 3)
    assert queries() == few


def publish_busy_articles(actor, times):
    by = {"actor": actor}
    for n in range(times):
        article = services.create_article(title=f"Article {n}", text="One. Two. Three. Four.", **by)
        source = create_source(name=f"Source {n}", kind="person", **by)
        for start, end in ((0, 4), (5, 9), (10, 16))[: times + 1]:
            statement = services.create_statement(article=article, source=source, start=start, end=end, **by)
            services.create_evidence(statement=statement, stance="context", url="https://news.example/", **by)
            services.open_dispute(statement=statement, raised_by=source, kind="denial", **by)
        services.set_article_status(article_id=article.pk, versions=None, status="published", reason="Read.", **by)


def test_a_stranger_who_asks_too_often_waits_also_at_the_start_and_the_search(settings, db, monkeypatch):
    settings.PUBLIC_READ = True
    monkeypatch.setattr(AddressThrottle, "rate", "2/day", raising=False)
    anonymous = APIClient()
    asked = [anonymous.get(address, headers={"Accept": "text/html"}) for address in ("/", "/search/", "/")]
    assert [answer.status_code for answer in asked] == [200, 200, 429]
    assert int(asked[2]["Retry-After"]) >= 1


@pytest.mark.django_db
def test_a_stranger_who_sends_a_broken_form_is_shown_no_form(settings):
    settings.PUBLIC_READ = True
    answer = Client().post(
        "/api/v1/statements/", b"x", content_type="multipart/form-data", headers={"accept": "text/html"}
    )
    assert b'<form method="post"' not in answer.content
    assert answer.status_code in (302, 400, 401)
