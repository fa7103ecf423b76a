"""Pages of filtered lists whose matching rows are in the scanned part, after it, or nowhere."""

from datetime import date, timedelta

import pytest

from claims import services
from claims.models import Statement
from claims.views.statements import StatementViewSet
from sources.services import create_source

WORDS = "one two three four five six seven eight nine ten eleven twelve"
ORDERINGS = [sign + field for field in ("id", "start", "said_on", "created_at", "updated_at") for sign in ("", "-")]


@pytest.fixture
def statements(alice, minister):
    """Thirty: the minister said or relayed every fifth, and every fourth has no date."""
    article = services.create_article(actor=alice, title="A report", text=" ".join([WORDS] * 3))
    mayor = create_source(actor=alice, name="The mayor", kind="person")
    for n in range(30):
        services.create_statement(
            article=article, actor=alice, start=n * 7 % 31, end=n * 7 % 31 + 40 + n,
            source=minister if n % 10 == 5 else mayor, via=[minister] if n % 10 == 0 else [],
            said_on=date(2024, 1, 1) + timedelta(days=n * 11 % 30) if n % 4 else None,
        )  # fmt: skip
    services.open_dispute(actor=alice, statement=Statement.objects.earliest("pk"), raised_by=mayor, kind="denial")
    return minister.pk


def pages(api, address: str, way: str) -> list[tuple[str, list[int]]]:
    found = []
    while address:
        page = api.get(address).json()
        found.append((address, [row["id"] for row in page["results"]]))
        address = page[way]
    return found


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize(
    "filters",
    ["involving={minister}", "disputed=true", "disputed=false", "said_after=2024-01-10&said_before=2024-01-20",
     "q=twelve+eleven", "source={minister}&said_after=2024-01-05", "q=nowhere", "tag=unverified&anchor=anchored"],
)  # fmt: skip
def test_a_filtered_list_has_the_same_rows_in_the_same_order_however_far_it_is_read(
    api, statements, monkeypatch, filters, ordering
):
    address = f"/api/v1/statements/?ordering={ordering}&page_size=2&{filters.format(minister=statements)}"
    whole = [row["id"] for row in api.get(address.replace("page_size=2", "page_size=200")).json()["results"]]
    monkeypatch.setattr(StatementViewSet, "scan_pages", 1)
    there = pages(api, address, "next")
    assert [row_id for _, rows in there for row_id in rows] == whole
    back = pages(api, there[-1][0], "previous")
    assert [rows for _, rows in back] == [rows for _, rows in there[::-1]]
