"""What holds for every URL: HEAD, OPTIONS, content negotiation, Vary, and what pages of other origins may do."""

import html
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from rest_framework.test import APIClient

from claims import services
from factcheck.api.models import Token
from factcheck.journal.models import Entry
from factcheck.journal.seal.notes import make_key
from factcheck.journal.seal.services import append, sign
from factcheck.webhooks.services import create_webhook
from tests.newsroom import browser_of

ORIGIN = "https://news.example"
ADMIN = "admin/"


def routes(patterns: Any, prefix: str = "") -> list[tuple[str, URLPattern]]:
    found = []
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += routes(pattern.url_patterns, address)
        else:
            found.append((address, pattern))
    return found


# Django's own pages under admin/ check the method themselves.
ROUTES = [route for route, _ in routes(get_resolver().url_patterns) if not route.startswith(ADMIN)]
API_ROUTES = [route for route in ROUTES if route.startswith("api/")]


@pytest.fixture
def address_of(api, alice, article, statement, minister):
    """The URL of a route, for a row that exists."""
    dispute = services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")
    evidence = services.create_evidence(actor=alice, statement=statement, stance="supports", url="https://a.example/1")
    note = services.create_note(actor=alice, article=article, text="Ask again.")
    token = Token.issue(alice, name="another")
    # There is a ClaimReview only of a published statement.
    services.set_article_status(
        article_id=article.pk, versions=None, actor=alice, status="published", reason="It is edited."
    )
    webhook = create_webhook(actor=alice, url="https://front.example/", actions=[], article=None, active=True)
    entry = Entry.objects.earliest("id")
    sign(append([entry]), make_key("factcheck.example"))
    rows = {
        "sources": minister.pk, "articles": article.pk, "statements": statement.pk, "evidence": evidence.pk,
        "disputes": dispute.pk, "notes": note.pk, "journal": entry.pk, "accounts": alice.pk,
        "webhooks": webhook.pk,
    }  # fmt: skip

    def address(route: str) -> str:
        resource = route.removeprefix("api/v1/").removeprefix("embed/").partition("/")[0]
        filled = route.replace("<int:pk>", str(rows.get(resource))).replace(
            "<int:number>", "0" if "sitemap" in route else "1"
        )
        filled = filled.replace("<uuid:id>", str(token.id)).replace("<path:rest>", "articles/")
        filled = (
            filled.replace("<int:entry>", "1")
            .replace("<int:webhook>", str(webhook.pk))
            .replace("<int:delivery>", "1")
            .replace("<uidb64>", "MQ")
            .replace("<token>", "x-y")
            .replace("<slug:name>", "articles")
            .replace("<str:title>", "x")
        )
        assert "<" not in filled
        return "/" + filled

    return address


def formats_of(address: str) -> set[str]:
    view = resolve(address).func
    renderers = getattr(view, "initkwargs", {}).get("renderer_classes") or view.cls.renderer_classes
    return {renderer.format for renderer in renderers}


def compared(answer: Any) -> dict[str, str]:
    own = {"Date", "Server", "Transfer-Encoding", "X-Request-ID", "RateLimit", "Expires"}
    return {name: value for name, value in answer.headers.items() if name not in own}


def is_event_stream(answer: Any) -> bool:
    return answer["Content-Type"] == "text/event-stream"


def methods_at(address: str) -> list[str]:
    return Client().options(address)["Allow"].split(", ")


def test_the_routes_are_all_there_is():
    assert len(API_ROUTES) == 74
    assert "api/v1/statements/<int:pk>/tag/" in API_ROUTES
    assert set(ROUTES) - set(API_ROUTES) == {
        "", "search/", "choose/sources/", "import/", "import/text/", "login/", "logout/",
        "login/second/", "login/passkey/",
        "healthz/", "livez/", "readyz/",
        "oidc/login/", "oidc/callback/", "oidc/backchannel-logout/",
        "then/api/v1/<path:rest>", "undo/<int:entry>/", "account/", "account/password/", "account/second-step/",
        "accounts/", "accounts/new/", "accounts/roles/", "accounts/<int:pk>/", "live/",
        "reset/", "reset/<uidb64>/<token>/",
        "language/", "texts.js", "robots.txt", "sitemap.xml", "sitemap-<slug:name>-<int:number>.xml",
        "embed/articles/<int:pk>/", "articles/", "checkpoint/",
        *(f"{plural}/<int:pk>/" for plural in ("articles", "statements", "sources")),
        *(f"{plural}/<int:pk>-<str:title>/" for plural in ("articles", "statements", "sources")),
    }  # fmt: skip


def test_head_is_get_without_the_body(api, address_of, each):
    for route in ROUTES:
        with each(route=route):
            address = address_of(route)
            got, head = api.get(address), api.head(address)
            if "GET" not in methods_at(address):
                assert (got.status_code, head.status_code) == (405, 405)
                continue
            assert head.status_code == got.status_code
            assert b"".join(head.streaming_content if head.streaming else [head.content]) == b""
            assert compared(head) == compared(got)
            if got.status_code == 200 and not got.streaming:
                assert head["Content-Length"] == str(len(got.content))


def test_options_names_the_methods_to_anybody_and_asks_nothing(db, address_of, each, django_assert_num_queries):
    for route in ROUTES:
        with each(route=route):
            address = address_of(route)
            with django_assert_num_queries(0):
                answer = Client().options(address)
            assert (answer.status_code, answer.content) == (204 if route in API_ROUTES else 200, b"")
            if route in API_ROUTES:
                assert "Content-Type" not in answer
            named = answer["Allow"].split(", ")
            assert "OPTIONS" in named
            assert ("HEAD" in named) == ("GET" in named)


def test_what_options_names_is_what_is_not_answered_405(address_of, each, django_user_model):
    for route in API_ROUTES:
        with each(route=route):
            address = address_of(route)
            client = APIClient()  # anonymous at first, for OPTIONS
            named = set(client.options(address)["Allow"].split(", "))
            client.force_authenticate(User.objects.create_superuser("root"))
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"):
                answer = client.generic(method, address, "[", content_type="text/plain")
                assert (answer.status_code != 405) == (method in named), (method, answer.status_code)
                if answer.status_code == 405:
                    assert set(answer["Allow"].split(", ")) == named


def test_options_at_no_address_is_404():
    answer = Client().options("/api/v1/nowhere/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_what_cannot_be_answered_is_406_as_a_problem(api, address_of, each):
    for route in API_ROUTES:
        with each(route=route):
            address = address_of(route)
            method = methods_at(address)[0].lower()
            answer = getattr(api, method)(address, headers={"Accept": "image/png"})
            assert (answer.status_code, answer["Content-Type"]) == (406, "application/problem+json")
            assert answer.json()["type"] == "urn:factcheck:problem:not-acceptable"


def test_every_answer_says_what_it_depends_on_and_how_long_it_may_be_kept(api, address_of, each):
    for route in API_ROUTES:
        for signed_in in [True, False]:
            with each(route=route, signed_in=signed_in):
                client = api if signed_in else APIClient()
                answer = client.get(address_of(route))
                varies = {name.strip().lower() for name in answer["Vary"].split(",")}
                assert varies >= {"accept", "accept-encoding", "authorization", "cookie"}
                if is_event_stream(answer):
                    assert answer["Cache-Control"] == "no-store"
                    continue
                has_token_for_forms = route == "api/v1/docs/"
                if signed_in or answer.status_code not in (200, 404) or has_token_for_forms:
                    assert (answer["Cache-Control"], "Surrogate-Key" in answer) == ("private, no-cache", False)
                else:
                    rules = {200: "public, max-age=60, s-maxage=5, stale-while-revalidate=4", 404: "public, max-age=5"}
                    assert answer["Cache-Control"] == rules[answer.status_code]
                    assert re.fullmatch(r"(lists|article-\d+) all", answer["Surrogate-Key"])


def test_what_any_cache_may_keep_gives_nobody_a_cookie(settings, address_of, each):
    for route in [*API_ROUTES, "api/v1/docs/?script="]:
        with each(route=route):
            settings.PUBLIC_READ = True
            for accept in ("application/json", "text/html"):
                answer = Client().get(address_of(route), headers={"Accept": accept})
                if answer.get("Cache-Control", "").startswith("public"):
                    assert not answer.cookies


def test_no_page_may_stand_in_a_frame_but_the_one_that_is_for_it(settings, alice, address_of):
    settings.PUBLIC_READ = True
    desk, anonymous, framed = browser_of(alice), Client(headers={"Accept": "text/html,*/*;q=0.8"}), []
    for route in [*ROUTES, "admin/", "nowhere/"]:
        for client in (desk, anonymous):
            answer = client.get(address_of(route))
            if "X-Frame-Options" not in answer or "frame-ancestors 'none'" not in answer["Content-Security-Policy"]:
                framed.append(route)
                assert "frame-ancestors *" in answer["Content-Security-Policy"]
            else:
                assert answer["X-Frame-Options"] == "DENY"
    assert framed == ["embed/articles/<int:pk>/"] * 2


def test_a_json_answer_has_an_etag_by_which_it_is_not_sent_again(api, address_of, each):
    for route in API_ROUTES:
        for encoding in ["identity", "gzip"]:
            with each(route=route, encoding=encoding):
                address = address_of(route)
                accepted = {"Accept-Encoding": encoding}
                answer = api.get(address, headers=accepted)
                if answer.status_code != 200 or answer.streaming or answer["Content-Type"].startswith("text/html"):
                    continue
                again = api.get(address, headers={**accepted, "If-None-Match": answer["ETag"]})
                assert (again.status_code, again.content) == (304, b"")
                for name in ("ETag", "Vary", "Cache-Control"):
                    assert again[name] == answer[name]


def test_a_page_of_an_allowed_origin_may_send_and_read_the_headers_of_the_contract(settings, address_of, each):
    for route in API_ROUTES:
        with each(route=route):
            settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
            address = address_of(route)
            asked = (
                "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, write-position, "
                "x-request-id"
            )
            preflight = Client().options(
                address,
                headers={
                    "Origin": ORIGIN, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": asked,
                },
            )  # fmt: skip
            assert preflight.status_code == 200
            assert preflight["Access-Control-Allow-Origin"] == ORIGIN
            assert set(asked.split(", ")) <= set(preflight["Access-Control-Allow-Headers"].split(", "))
            answer = APIClient().get(address, headers={"Origin": ORIGIN})
            assert "origin" in answer["Vary"].lower()
            exposed = set(answer["Access-Control-Expose-Headers"].split(", "))
            assert exposed == {
                "accept-patch", "allow", "content-location", "deprecation", "etag", "link", "location", "passage-note",
                "preference-applied", "ratelimit", "ratelimit-policy", "retry-after", "sunset", "traceparent",
                "write-position", "www-authenticate", "x-request-id",
            }  # fmt: skip
            assert "Access-Control-Allow-Credentials" not in answer


def test_no_other_origin_may_and_no_address_outside_of_the_api(settings, db):
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    for address, origin in (("/api/v1/schema/", "https://elsewhere.example"), ("/login/", ORIGIN)):
        answer = Client().get(address, headers={"Origin": origin})
        assert (answer.status_code, "Access-Control-Allow-Origin" in answer) == (200, False)


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE"])
def test_an_address_without_its_slash_leads_on_by_308_which_keeps_the_method_and_the_body(
    api, statement, settings, method, debug
):
    settings.DEBUG = debug
    answer = api.generic(method, f"/api/v1/statements/{statement.pk}?format=json", "{}", "application/json")
    assert (answer.status_code, answer["Location"]) == (308, f"/api/v1/statements/{statement.pk}/?format=json")
    assert api.generic(method, "/api/v1//evil.example/x", "{}", "application/json").status_code == 404


def test_the_beginning_leads_to_the_description(api):
    link = api.get("/api/v1/")["Link"]
    schema, docs = reverse("schema"), reverse("docs")
    assert link == f'<http://testserver{schema}>; rel="service-desc", <http://testserver{docs}>; rel="service-doc"'


@pytest.mark.django_db(transaction=True)
def test_a_list_that_goes_on_says_so_in_its_link_header(api, article, minister, alice):
    for start in (2, 6, 10):
        made = services.create_statement(
            article=article, actor=alice, start=start, end=start + 4, quote_type="direct", source=minister
        )
        reason = "So it is said."
        services.tag_statement(statement_id=made.pk, versions=None, actor=alice, tag="denied", reason=reason)
    for address in (
        "statements/", f"articles/{article.pk}/webannotations/", f"articles/{article.pk}/checks/", "checks/", "journal/"
    ):  # fmt: skip
        answer = api.get(f"/api/v1/{address}?page_size=1")
        following = answer.json().get("next") or answer.json().get("first", {}).get("next")
        assert (address, following) != (address, None)
        assert answer["Link"].startswith(f'<{following}>; rel="next"'), address


LINK = re.compile(r"http://testserver[^\s\"<>\\\\]*")


def links_in(answer: Any) -> set[str]:
    if is_event_stream(answer):  # without an end
        return set()
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    found = set(LINK.findall(html.unescape(body.decode()) + answer.get("Link", "")))
    return found - {"http://testserver"}  # as the schema names the service itself


def test_whatever_the_format_asked_for_each_link_in_the_answer_leads_somewhere(
    api, alice, address_of, article, minister, monkeypatch, each
):
    for route in API_ROUTES:
        with each(route=route):
            for feed in ("claims.views.formats", "factcheck.journal.feed"):  # a test is one open transaction
                monkeypatch.setattr(f"{feed}.first_open_transaction", lambda: 2**62)
            address = address_of(route)
            if "GET" not in methods_at(address):
                continue
            for start in (2, 6):  # so that lists have further pages
                made = services.create_statement(
                    article=article, actor=alice, source=minister, start=start, end=start + 4, quote_type="direct"
                )
                services.tag_statement(
                    statement_id=made.pk, versions=None, actor=alice, tag="denied", reason="So it is said."
                )
            for name in formats_of(address):
                reader = browser_of(alice) if name == "api" else api
                for more in ("", "&page_size=1"):
                    answer = api.get(f"{address}?format={name}{more}")
                    if answer.status_code == 400:  # it has no pages, or needs another parameter
                        continue
                    assert answer.status_code == 200, answer.content
                    for link in links_in(answer):
                        followed = reader.get(link)
                        assert (link.count("?") < 2, followed.status_code) == (True, 200), (name, link)


def test_whatever_the_format_asked_for_what_was_made_is_at_its_location(api, article):
    for resource, sent in (
        ("sources", {"name": "The minister", "kind": "person"}),
        ("articles", {"title": "Another report", "text": "One."}),
        ("statements", {"article": article.pk, "start": 2, "end": 23, "quote_type": "narration"}),
    ):
        made = api.post(f"/api/v1/{resource}/?format=json", sent, format="json")
        assert made.status_code == 201, made.content
        assert made["Location"] == f"http://testserver/api/v1/{resource}/{made.json()['id']}/"


def test_each_answer_has_the_request_id_of_the_caller_or_a_new_one(api, address_of, each):
    for route in ROUTES:
        with each(route=route):
            address = address_of(route)
            given = api.get(address, headers={"X-Request-ID": "01J9Z-a.b_c:7"})
            assert given["X-Request-ID"] == "01J9Z-a.b_c:7"
            first, second = (api.get(address)["X-Request-ID"] for _ in range(2))
            assert re.fullmatch("[0-9a-f]{32}", first)
            assert first != second


@pytest.mark.parametrize("sent", ["", " ", "a b", "x" * 129, "<script>", "\u00e9", "-", "a\r\nSet-Cookie: b=c"])
def test_a_request_id_of_another_shape_is_not_sent_back(api, db, sent):
    assert re.fullmatch("[0-9a-f]{32}", api.get("/nowhere/", HTTP_X_REQUEST_ID=sent)["X-Request-ID"])


def test_a_trace_context_goes_back_if_it_is_one(api, db):
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert api.get("/api/v1/articles/", headers={"traceparent": parent})["traceparent"] == parent
    for sent in ("00-x-y-01", parent + "\n", parent.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32)):
        assert "traceparent" not in api.get("/api/v1/articles/", HTTP_TRACEPARENT=sent)


def test_a_patch_may_be_a_json_merge_patch(api, minister):
    address = f"/api/v1/sources/{minister.pk}/"
    assert api.options(address)["Accept-Patch"] == "application/merge-patch+json, application/json"
    patch = {"path": address, "HTTP_IF_MATCH": '"1"'}
    answer = api.patch(data='{"aliases": ["The minister"]}', content_type="application/merge-patch+json", **patch)
    assert (answer.status_code, answer.json()["aliases"], answer.json()["version"]) == (200, ["The minister"], 2)
    refused = api.patch(data="- aliases", content_type="application/json-patch+json", **patch)
    assert (refused.status_code, refused["Accept-Patch"]) == (415, "application/merge-patch+json, application/json")
    put = api.put(address, data="{}", content_type="application/merge-patch+json", HTTP_IF_MATCH='"2"')
    assert (put.status_code, "Accept-Patch" in put) == (415, False)
