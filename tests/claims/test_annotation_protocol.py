"""The reading side of the Web Annotation Protocol: https://www.w3.org/TR/annotation-protocol/."""

import pytest
from rest_framework.test import APIClient

from claims import services

BASE = "http://testserver/api/v1/"
MEDIA_TYPE = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
TYPES = (
    '<http://www.w3.org/ns/ldp#BasicContainer>; rel="type", '
    '<http://www.w3.org/TR/annotation-protocol/>; rel="http://www.w3.org/ns/ldp#constrainedBy"'
)
MINIMAL = 'return=representation;include="http://www.w3.org/ns/ldp#PreferMinimalContainer"'
IRIS = 'return=representation;include="http://www.w3.org/ns/oa#PreferContainedIRIs"'
DESCRIPTIONS = 'return=representation;include="http://www.w3.org/ns/oa#PreferContainedDescriptions"'


@pytest.fixture
def container(alice, article):
    """The address of one with three annotations."""
    for start in (2, 8, 20):
        services.create_statement(article=article, actor=alice, quote_type="narration", start=start, end=start + 3)
    return f"{BASE}articles/{article.pk}/webannotations/"


def iris(article):
    return [f"{BASE}statements/{row.pk}/webannotation/" for row in article.statements.order_by("start")]


def answer(api, address, prefer=None, **headers):
    """Its body without the context, and the headers of the protocol."""
    found = api.get(address, headers={**({"Prefer": prefer} if prefer else {}), **headers})
    assert (found.status_code, found["Content-Type"]) == (200, MEDIA_TYPE)
    body = found.json()
    assert body.pop("@context")[0] == "http://www.w3.org/ns/anno.jsonld"
    names = ("Content-Location", "Link", "Preference-Applied", "Vary")
    return body, {name: found[name] for name in names if name in found}


def test_an_annotation_has_the_headers_of_the_protocol(api, statement):
    address = f"/api/v1/statements/{statement.pk}/webannotation/"
    for found in (api.get(address), api.head(address)):
        assert found.status_code == 200
        assert found["Content-Type"] == MEDIA_TYPE
        assert found["Link"] == '<http://www.w3.org/ns/ldp#Resource>; rel="type"'
        assert found["Allow"] == "GET, HEAD, OPTIONS"
        assert "Accept" in found["Vary"].split(", ")
        assert found["ETag"].startswith('"')
    assert api.options(address)["Allow"] == "GET, HEAD, OPTIONS"


def test_a_container_has_the_headers_of_the_protocol(api, container):
    read, head, options = api.get(container), api.head(container), api.options(container)
    assert (read.status_code, head.status_code, options.status_code) == (200, 200, 204)
    for found in (read, head, options):
        assert found["Link"] == TYPES
        assert found["Allow"] == "GET, HEAD, OPTIONS"
        assert "Accept-Post" not in found
        assert {"Accept", "Prefer"} <= set(found["Vary"].split(", "))
    for found in (read, head):
        assert found["Content-Type"] == MEDIA_TYPE
        assert found["Content-Location"] == read.json()["id"] == container
        assert found["ETag"] == read["ETag"]
    unchanged = api.get(container, headers={"If-None-Match": read["ETag"]})
    assert unchanged.status_code == 304
    assert (unchanged["Link"], unchanged["Content-Location"], unchanged["ETag"]) == (TYPES, container, read["ETag"])
    assert "Prefer" in unchanged["Vary"].split(", ")


def test_a_container_without_annotations_on_request(api, article, container):
    body, headers = answer(api, container, MINIMAL)
    assert body == {
        "id": container,
        "type": "AnnotationCollection",
        "label": "A report",
        "total": 3,
        "first": f"{container}?cursor=0-0",
        "last": f"{container}?cursor=0-0",
    }
    assert headers == {
        "Link": TYPES,
        "Preference-Applied": "return=representation",
        "Vary": "Accept, Accept-Encoding, Authorization, Cookie, Prefer",
    }
    assert [row["id"] for row in api.get(body["first"]).json()["items"]] == iris(article)


def test_a_container_of_addresses_on_request(api, article, container):
    body, headers = answer(api, container, IRIS)
    collection = {"id": f"{container}?iris=1", "type": "AnnotationCollection", "label": "A report", "total": 3}
    assert body == {
        **collection,
        "first": {
            "id": f"{container}?iris=1&cursor=0-0",
            "type": "AnnotationPage",
            "partOf": collection,
            "startIndex": 0,
            "items": iris(article),
        },
        "last": f"{container}?iris=1&cursor=0-0",
    }
    assert headers == {
        "Content-Location": f"{container}?iris=1",
        "Link": TYPES,
        "Preference-Applied": "return=representation",
        "Vary": "Accept, Accept-Encoding, Authorization, Cookie, Prefer",
    }
    assert answer(api, headers["Content-Location"])[0] == body


def test_the_pages_of_addresses_lead_on_and_back_without_a_preference(api, article, container):
    whole, headers = answer(api, f"{container}?page_size=1", IRIS)
    assert headers["Content-Location"] == f"{container}?iris=1&page_size=1"
    assert headers["Link"] == f'<{whole["first"]["next"]}>; rel="next", {TYPES}'
    found, address, before = [], whole["first"]["id"], None
    while address:
        page, headers = answer(api, address)
        assert (page["partOf"]["id"], page.get("prev")) == (f"{container}?iris=1", before)
        assert "ldp#" not in headers["Link"]  # a page is no container
        assert headers.keys() == {"Link", "Vary"}
        assert "Prefer" not in headers["Vary"]
        found += page["items"]
        before, address = address, page.get("next")
    assert (found, before) == (iris(article), whole["last"])


@pytest.mark.parametrize(
    "prefer",
    [
        None,
        DESCRIPTIONS,
        "return=minimal",
        "respond-async",
        'return=representation;include="http://example.org/other"',
        'return=representation;omit="http://www.w3.org/ns/oa#PreferContainedIRIs"',
        'return=representation;include="http://www.w3.org/ns/oa#PreferContainedIRIs',
        f'"{"x" * 2000}=;,' * 3,
    ],
)
def test_without_a_preference_that_is_known_the_annotations_are_whole(api, article, container, prefer):
    body, headers = answer(api, container, prefer)
    assert [item["id"] for item in body["first"]["items"]] == iris(article)
    assert (body["id"], headers["Content-Location"]) == (container, container)
    assert headers.get("Preference-Applied") == ("return=representation" if prefer == DESCRIPTIONS else None)


@pytest.mark.parametrize(
    "prefer",
    [
        f"respond-async, wait=10, {MINIMAL}",
        'RETURN = "representation" ; Include = "http://www.w3.org/ns/ldp#PreferMinimalContainer"',
        'return=representation; omit="http://example.org/"; include="x http://www.w3.org/ns/ldp#PreferMinimalContainer"',
    ],
)
def test_a_preference_is_read_as_rfc_7240_writes_it(api, container, prefer):
    assert answer(api, container, prefer)[0]["first"] == f"{container}?cursor=0-0"


def test_neither_annotations_nor_their_descriptions(api, container):
    both = MINIMAL[:-1] + ' http://www.w3.org/ns/oa#PreferContainedIRIs"'
    for address, prefer in ((container, both), (f"{container}?iris=1", MINIMAL)):
        body, _ = answer(api, address, prefer)
        assert (body["id"], body["first"]) == (f"{container}?iris=1", f"{container}?iris=1&cursor=0-0")


def test_what_the_address_asks_for_counts_more_than_the_preference(api, article, container):
    body, _ = answer(api, f"{container}?iris=1", DESCRIPTIONS)
    assert body["first"]["items"] == iris(article)
    page, headers = answer(api, f"{container}?cursor=0-0", IRIS)
    assert [item["id"] for item in page["items"]] == iris(article)
    assert "Preference-Applied" not in headers


@pytest.mark.parametrize("given", ["0", "true", "2"])
def test_iris_is_1_or_not_there(api, container, given):
    refused = api.get(f"{container}?iris={given}")
    assert (refused.status_code, refused.json()["errors"]) == (
        400,
        [{"pointer": "?iris", "code": "invalid", "detail": "Give 1, or leave it out."}],
    )


def test_addresses_cost_a_few_queries_and_read_no_statement(api, container, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        api.get(container, headers={"Prefer": IRIS})
    with django_assert_max_num_queries(8):
        api.get(container, headers={"Prefer": MINIMAL})


def test_a_cache_may_keep_each_form_for_anonymous_readers(alice, article, container, settings):
    services.set_article_status(
        article_id=article.pk, versions=None, actor=alice, status="published", reason="It is ready."
    )
    settings.PUBLIC_READ = True
    settings.CORS_ALLOWED_ORIGINS = ["https://news.example"]
    kept = [
        APIClient().get(container, headers={"Prefer": prefer, "Origin": "https://news.example"})
        for prefer in (MINIMAL, IRIS, DESCRIPTIONS)
    ]
    assert {found["Cache-Control"] for found in kept} == {"public, max-age=60"}
    assert len({found["ETag"] for found in kept}) == 3
    assert all("Prefer" in found["Vary"].split(", ") for found in kept)
    exposed = set(kept[0]["Access-Control-Expose-Headers"].split(", "))
    assert {"allow", "content-location", "etag", "link", "preference-applied"} <= exposed
