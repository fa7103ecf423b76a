"""Pages of a list: their links, their sizes, and which filters are read in the list's own order."""

import base64
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import F
from django.db.models.functions import Coalesce
from django.test import RequestFactory
from django.utils.http import urlencode
from rest_framework.request import Request

from claims.views.articles import ArticleViewSet
from claims.views.disputes import DisputeViewSet
from claims.views.statements import StatementViewSet
from factcheck.api.base import BaseView
from factcheck.api.cursors import Cursor, fingerprint
from factcheck.api.pagination import KeysetPagination, _index_ordered_rows, is_sparse, link_header
from sources.services import create_source
from sources.views import SourceViewSet

SOURCES = "/api/v1/sources/"
ONLY = {"kind": "person", "q": "a&b=ü"}


@pytest.fixture
def sources(alice):
    """Their ids. All have the same words, so that one search finds them."""
    rows = [create_source(actor=alice, name=f"A&B=Ü {name}", kind="person") for name in "edcba"]
    create_source(actor=alice, name="A&B=Ü, the outlet", kind="outlet")
    return [row.pk for row in rows]


def cursor_in(link):
    """What the cursor of a link holds, and the parameters beside it."""
    parameters = parse_qs(urlsplit(link).query)
    (text,) = parameters.pop("cursor")
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))[:3], parameters


@pytest.mark.parametrize(("field", "sign"), [("name", ""), ("name", "-"), ("id", ""), ("id", "-")])
def test_each_page_leads_on_and_back_and_keeps_the_filters(api, sources, field, sign):
    order = sorted(sources, reverse=(field == "name") != (sign == "-"))  # the names run against the ids
    value = {pk: pk if field == "id" else f"A&B=Ü {name}" for pk, name in zip(sources, "edcba", strict=True)}
    asked = {**ONLY, "page_size": "2", "ordering": f"{sign}{field}"}
    kept = {name: [text] for name, text in asked.items()}

    def link(pk, backwards):
        return ([value[pk], pk, backwards], kept)

    def read(answer):
        page = answer.json()
        links = [page[way] and cursor_in(page[way]) for way in ("previous", "next")]
        header = [f'<{page[way]}>; rel="{name}"' for way, name in (("next", "next"), ("previous", "prev")) if page[way]]
        assert answer.get("Link") == (", ".join(header) or None)
        assert list(page) == ["next", "previous", "results"]
        return [row["id"] for row in page["results"]], *links

    first = api.get(SOURCES, asked)
    second = api.get(first.json()["next"])
    third = api.get(second.json()["next"])
    assert first.json()["next"].startswith(f"http://testserver{SOURCES}?")
    assert read(first) == (order[:2], None, link(order[1], 0))
    assert read(second) == (order[2:4], link(order[2], 1), link(order[3], 0))
    assert read(third) == (order[4:], link(order[4], 1), None)
    back = api.get(third.json()["previous"])
    assert read(back) == read(second)
    assert read(api.get(back.json()["previous"])) == (order[:2], None, link(order[1], 0))


def test_a_page_that_holds_all_rows_leads_nowhere(api, sources):
    for size in (5, 6):
        page = api.get(SOURCES, {**ONLY, "page_size": size}).json()
        assert (page["next"], page["previous"], len(page["results"])) == (None, None, 5)
    first = api.get(SOURCES, {**ONLY, "page_size": 4}).json()
    rest = api.get(first["next"].replace("page_size=4", "page_size=1")).json()
    assert (rest["next"], [row["id"] for row in rest["results"]]) == (None, sources[:1])
    back = api.get(rest["previous"].replace("page_size=1", "page_size=4")).json()
    assert (back["previous"], back["results"]) == (None, first["results"])


def test_an_empty_page_leads_nowhere(api, sources):
    page = api.get(SOURCES, {"q": "nobody", "page_size": 1}).json()
    assert page == {"next": None, "previous": None, "results": []}
    last = api.get(SOURCES, {"ordering": "id", "page_size": 5}).json()["next"]
    api.delete(f"{SOURCES}{max(sources) + 1}/", headers={"If-Match": "*"})
    assert api.get(last).json() == page


@pytest.mark.parametrize("size", ["1", "01", "0001", "200", "0200"])
def test_a_page_size_from_1_to_200_is_taken(api, sources, size):
    assert len(api.get(SOURCES, {"page_size": size}).json()["results"]) == min(int(size), 6)


@pytest.mark.parametrize("size", ["0", "201", "-1", "+1", " 1", "1.0", "00001", "\u0661", "\u00b2", "9999", "1" * 5000])
def test_any_other_page_size_is_refused(api, size):
    assert refusal(api, page_size=size) == ("?page_size", "invalid", "page_size must be a whole number from 1 to 200.")


def refusal(api, address=SOURCES, **parameters):
    answer = api.get(address, parameters)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    return error["pointer"], error["code"], error["detail"]


@pytest.mark.parametrize("ordering", ["kind", "-kind", "--name", "name-", "", "-"])
def test_an_order_that_the_list_does_not_have_is_refused(api, ordering):
    detail = "Order by one of id, name, updated_at, with a minus before it for the reverse."
    assert refusal(api, ordering=ordering) == ("?ordering", "invalid", detail)


def test_a_cursor_is_good_for_its_own_list_filters_and_order_only(api, sources, article):
    page = api.get(SOURCES, {"kind": "person", "ordering": "id", "page_size": 1}).json()
    (cursor,) = parse_qs(urlsplit(page["next"]).query)["cursor"]
    for size in ({}, {"page_size": 2}):
        answer = api.get(SOURCES, {"kind": "person", "ordering": "id", "cursor": cursor, **size})
        assert answer.json()["results"][0]["id"] == sources[1]
    detail = "This cursor belongs to another list, filter or ordering. Start without it."
    for other in ({"kind": "person"}, {"kind": "outlet", "ordering": "id"}, {"ordering": "id"},
                  {"kind": "person", "ordering": "-id"}):  # fmt: skip
        assert refusal(api, **other, cursor=cursor) == ("?cursor", "invalid", detail)
    assert refusal(api, "/api/v1/articles/", cursor=cursor) == ("?cursor", "invalid", detail)


def test_the_link_header_names_each_url_and_is_left_out_where_there_is_none():
    assert link_header(next="a", prev="b") == {"Link": '<a>; rel="next", <b>; rel="prev"'}
    assert link_header(next=None, prev="b") == {"Link": '<b>; rel="prev"'}
    assert link_header(next=None, prev=None) == {}


class Groups(BaseView):
    ordering_fields = ("id", "name")
    default_ordering = "name"
    queryset = Group.objects.all()


@pytest.fixture
def groups(db):
    """Their ids, in the order of their names: it is the reverse of theirs."""
    Group.objects.all().delete()
    return [Group.objects.create(name=name).pk for name in "edcba"][::-1]


def pages_of(address, *, ways):
    """Of the pages from this one on: the ids, and whether each leads back and on."""
    found = []
    for way in (*ways, None):
        request = Request(RequestFactory().get(address))
        pages = KeysetPagination()
        rows = pages.paginate_queryset(Group.objects.all(), request, Groups(request=request))
        answer = pages.get_paginated_response([row.pk for row in rows])
        assert rows is pages.rows
        assert list(answer.data) == ["next", "previous", "results"]
        links = {"next": answer.data["next"], "prev": answer.data["previous"]}
        assert dict(answer.headers).get("Link") == link_header(**links).get("Link")
        found.append((answer.data["results"], links["prev"] is not None, links["next"] is not None))
        address = links[way] if way else ""
    return found


@pytest.mark.parametrize(
    ("order", "turned"), [("", False), ("name", False), ("-name", True), ("id", True), ("-id", False)]
)
def test_pages_follow_one_another_without_loss_in_both_directions(groups, order, turned):
    a, b, c, d, e = reversed(groups) if turned else groups
    address = f"/gr\u00fcn/?{urlencode({'ordering': order, 'page_size': 2, 'a': '1&2'} if order else {'page_size': 2})}"
    assert pages_of(address, ways=["next", "next", "prev", "prev", "next"]) == [
        ([a, b], False, True),
        ([c, d], True, True),
        ([e], True, False),
        ([c, d], True, True),
        ([a, b], False, True),
        ([c, d], True, True),
    ]
    assert pages_of(address.replace("size=2", "size=3"), ways=["next", "prev"]) == [
        ([a, b, c], False, True),
        ([d, e], True, False),
        ([a, b, c], False, True),
    ]


@pytest.mark.parametrize(("size", "leads_on"), [("1", True), ("4", True), ("5", False), ("6", False), ("200", False)])
def test_a_list_of_five_goes_on_where_fewer_are_on_a_page(groups, size, leads_on):
    assert pages_of(f"/?page_size={size}", ways=[]) == [(groups[: int(size)], False, leads_on)]


def test_fifty_rows_are_on_a_page_in_the_default_order_and_no_row_on_an_empty_one(groups):
    Group.objects.bulk_create(Group(name=f"f {n:03}") for n in range(46))
    ((first, *_), rest) = pages_of("/", ways=["next"])
    assert (len(first), first[:5], len(rest[0])) == (50, groups, 1)
    Group.objects.all().delete()
    assert pages_of("/", ways=[]) == [([], False, False)]


def test_the_links_of_a_page_are_addresses_with_the_parameters_as_they_were(groups):
    request = Request(RequestFactory().get("/gr\u00fcn/", {"page_size": 1, "q": "a&b", "tag": ["x", "y"]}))
    pages = KeysetPagination()
    pages.paginate_queryset(Group.objects.all(), request, Groups(request=request))
    cursor = Cursor("a", groups[0], False, fingerprint(request, "name", False)).encode()
    assert pages.get_next_link() == f"http://testserver/gr%C3%BCn/?page_size=1&q=a%26b&tag=x&tag=y&cursor={cursor}"
    assert pages.get_previous_link() is None


NEVER = datetime.max.replace(tzinfo=UTC)


class Users(BaseView):
    ordering_fields = ("last_login",)
    default_ordering = "last_login"
    ordering_keys = {("last_login", False): (Coalesce(F("last_login"), NEVER), NEVER)}


def test_rows_without_a_value_come_where_the_view_says_and_are_paged_too(db):
    User.objects.all().delete()
    moments = [None, datetime(2026, 1, 2, tzinfo=UTC), None, datetime(2026, 1, 1, tzinfo=UTC)]
    users = [User.objects.create(username=f"u{n}", last_login=moment) for n, moment in enumerate(moments)]
    address, found, back = "/?page_size=1", [], []
    for way, seen in [("next", found)] * 4 + [("previous", back)] * 4:
        request = Request(RequestFactory().get(address))
        pages = KeysetPagination()
        seen += [users.index(user) for user in pages.paginate_queryset(User.objects.all(), request, Users())]
        links = {"next": pages.get_next_link(), "previous": pages.get_previous_link()}
        address = links[way] or address
    assert (found, back) == ([3, 1, 0, 2], [2, 0, 1, 3])


# The view, the query, the order; whether few rows may pass; by which filter the rows read are limited, if by one.
READ = [
    (StatementViewSet, "", "id", False, None),
    (StatementViewSet, "ordering=id&page_size=9", "id", False, None),
    (StatementViewSet, "article=1&disputed=true", "id", False, None),  # what belongs to one article is short
    (StatementViewSet, "tag=denied", "id", False, "tag"),
    (StatementViewSet, "tag=denied,asserted", "id", True, None),  # of each an index holds the rows, not of both
    (StatementViewSet, "tag=denied,asserted&anchor=moved", "id", True, "anchor"),
    (StatementViewSet, "ids=1,2", "id", False, None),
    (StatementViewSet, "updated_since=2026-01-01T00:00:00Z", "updated_at", False, "updated_at"),
    (StatementViewSet, "updated_since=2026-01-01T00:00:00Z", "id", True, None),
    (ArticleViewSet, "published_after=2026-01-01", "published_at", False, "published_at"),
    (StatementViewSet, "source=7", "id", False, "source"),
    (StatementViewSet, "tag=", "id", False, None),
    (StatementViewSet, "tag=denied", "said_on", True, None),
    (StatementViewSet, "tag=denied&anchor=moved", "id", True, "anchor"),
    (StatementViewSet, "tag=denied&disputed=true", "id", True, "tag"),
    (StatementViewSet, "disputed=true", "id", True, None),
    (StatementViewSet, "said_after=2026-01-01", "said_on", False, "said_on"),
    (StatementViewSet, "said_after=2026-01-01", "id", True, None),
    (DisputeViewSet, "state=open", "id", False, "state"),
    (DisputeViewSet, "state=open&raised_by=3", "id", True, "raised_by"),
    (ArticleViewSet, "status=draft&publisher=3", "id", True, "publisher"),
    (SourceViewSet, "anonymous=true&kind=person", "id", True, "kind"),
    (SourceViewSet, "anonymous=true", "name", True, None),
]


@pytest.mark.parametrize(("view", "query", "field", "is_rare", "limit"), READ)
def test_a_list_is_read_in_its_order_as_far_as_an_index_holds_what_is_asked_for(db, view, query, field, is_rare, limit):
    request = Request(RequestFactory().get(f"/?{query}"))
    request.accepted_renderer = None
    asked = view(request=request, action="list", detail=False)
    assert is_sparse(request, asked, field) is is_rare
    rows = _index_ordered_rows(request, asked, field)
    condition = "" if rows is None else str(rows.query).partition(" WHERE ")[2]
    assert (limit is None) == (rows is None)
    assert (f'"{limit}' in condition) == (limit is not None), condition
    assert " AND " not in condition


def test_what_the_schema_says_of_a_page_and_of_its_parameters():
    pages = KeysetPagination()
    link = {"type": ["string", "null"], "format": "uri"}
    assert pages.get_paginated_response_schema({"type": "array"}) == {
        "type": "object",
        "required": ["next", "previous", "results"],
        "properties": {
            "next": {**link, "description": "The next page; null on the last one."},
            "previous": {**link, "description": "The previous page; null on the first one."},
            "results": {"type": "array"},
        },
    }
    described = {
        "cursor": (
            {"type": "string"},
            "Where the page starts. Take it from `next` or `previous`; do not build it.",
        ),
        "page_size": ({"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "Rows on a page."),
        "ordering": (
            {"type": "string", "enum": ["id", "-id", "name", "-name"]},
            "The field to order by. A minus before it reverses the order.",
        ),
    }
    assert pages.get_schema_operation_parameters(Groups()) == [
        {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
        for name, (schema, description) in described.items()
    ]
