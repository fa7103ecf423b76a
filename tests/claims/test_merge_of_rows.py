"""What a merge writes into the rows that referred to the source, and into the one that stays."""

import pytest

from claims import services
from claims.models import Article, Dispute, Statement
from factcheck.errors import Conflict
from sources.models import Source, SourceRedirect
from sources.services import create_source
from tests.journal.world import committing

WHY = "The same spokeswoman, spelt twice."


@pytest.fixture
def by(alice):
    return {"actor": alice}


@pytest.fixture
def merge(by):
    def run(source, into):
        with committing():
            return services.merge_source(source_id=source.pk, versions=None, into=into, reason=WHY, **by)

    return run


def test_each_row_that_names_the_source_names_the_other_one_and_no_other_row_changes(article, by, merge):
    twin, horne, third = (create_source(name=name, kind="person", **by) for name in ("E. Horne", "Emily Horne", "Ann"))
    published = [
        services.create_article(title=source.name, text="One.", publisher=source, **by)
        for source in (twin, horne, third)
    ]
    chains = [
        (twin, []),
        (third, [third, twin]),
        (third, [twin, horne, third]),
        (horne, [third, horne, twin]),
        (None, [twin]),
        (twin, [third]),
        (horne, [horne]),
        (third, [third]),
    ]
    for end, (source, via) in enumerate(chains, start=10):
        kind = "indirect" if source else "narration"
        services.create_statement(
            article=article, source=source, via=via, quote_type=kind, start=2, end=end, **by
        )  # fmt: skip
    said = Statement.objects.first()
    for source in (twin, third):
        services.open_dispute(statement=said, raised_by=source, kind="denial", **by)
    for source in (twin, horne, third):
        create_source(name=f"Office of {source.name}", kind="organization", part_of=source, **by)
    for merged in (create_source(name="H.", kind="person", **by), create_source(name="A.", kind="person", **by)):
        merge(merged, twin if merged.name == "H." else third)

    merge(twin, horne)
    assert [(row.source_id, row.chain, row.version) for row in Statement.objects.order_by("pk")] == [
        (horne.pk, [], 2),
        (third.pk, [third.pk, horne.pk], 2),
        (third.pk, [horne.pk, third.pk], 2),
        (horne.pk, [third.pk, horne.pk], 2),
        (None, [horne.pk], 2),
        (horne.pk, [third.pk], 2),
        (horne.pk, [horne.pk], 1),
        (third.pk, [third.pk], 1),
    ]
    rows = Article.objects.filter(pk__in=[row.pk for row in published]).order_by("pk")
    assert list(rows.values_list("publisher", "version")) == [(horne.pk, 2), (horne.pk, 1), (third.pk, 1)]
    assert list(Dispute.objects.order_by("pk").values_list("raised_by", "version")) == [(horne.pk, 2), (third.pk, 1)]
    assert list(Source.objects.order_by("pk").values_list("name", "part_of", "version")) == [
        ("Emily Horne", None, 2),
        ("Ann", None, 2),
        ("Office of E. Horne", horne.pk, 2),
        ("Office of Emily Horne", horne.pk, 1),
        ("Office of Ann", third.pk, 1),
    ]
    redirects = SourceRedirect.objects.order_by("pk").values_list("into__name", flat=True)
    assert (list(redirects), SourceRedirect.objects.filter(pk=twin.pk, into=horne).count()) == (
        ["Emily Horne", "Emily Horne", "Ann"], 1,
    )  # fmt: skip
    written = Statement.objects.filter(version=2).values_list("updated_at", "created_at")
    assert all(updated > created for updated, created in written)


@pytest.mark.parametrize(("field", "most"), [("aliases", 49), ("same_as", 50)])
def test_a_source_has_a_hundred_names_at_most_after_a_merge_too(by, merge, field, most):
    """Its own name and those that both have are not counted twice; the name of the other one is an alias too."""
    names = [f"name {n}" for n in range(51)]
    into = create_source(name="Into", kind="person", **by | {field: [f"other {n}" for n in range(50)]})
    many, few = (
        create_source(name="Name", kind="person", **by | {field: ["other 0", *names[:number]]})
        for number in (most + 1, most)
    )
    with pytest.raises(
        Conflict, match=r"^Together they have more than 100 aliases or addresses\. Remove some first\.$"
    ):
        merge(many, into)
    merge(few, into)
    merged = Source.objects.get(pk=into.pk)
    assert len(getattr(merged, field)) == 100
    assert getattr(merged, field)[50:] == (["Name", *names[:49]] if field == "aliases" else names[:50])


def test_the_other_ones_names_and_addresses_follow_its_own_each_once(by, merge):
    into = create_source(name="Emily Horne", kind="person", aliases=["Horne", "E. H."], same_as=["q:1", "q:2"], **by)
    source = create_source(
        name="E. Horne", kind="person", aliases=["Emily Horne", "E. H.", "E. Horne", "Miss Horne"],
        same_as=["q:3", "q:2", "q:4"], **by,
    )  # fmt: skip
    merged = merge(source, into)
    assert (merged.aliases, merged.same_as) == (
        ["Horne", "E. H.", "E. Horne", "Miss Horne"], ["q:1", "q:2", "q:3", "q:4"],
    )  # fmt: skip
    assert Source.objects.values_list("aliases", "same_as").get() == (merged.aliases, merged.same_as)


@pytest.mark.parametrize(
    ("anonymous", "refused"), [((True, False), True), ((False, True), True), ((True, True), False)]
)
def test_two_anonymous_sources_may_be_merged_but_none_with_a_named_one(by, merge, anonymous, refused):
    source, into = (
        create_source(name=f"a source {n}", kind="person", anonymous=each, **by) for n, each in enumerate(anonymous)
    )
    naming = r"^An anonymous source and a named one cannot be merged: that would record who it was\.$"
    if refused:
        with pytest.raises(Conflict, match=naming):
            merge(source, into)
    else:
        assert merge(source, into).aliases == ["a source 0"]
    assert Source.objects.count() == (2 if refused else 1)


def test_a_source_is_not_merged_into_what_is_a_part_of_its_part(by, merge):
    whole = create_source(name="Ministry", kind="organization", **by)
    part = create_source(name="Office", kind="organization", part_of=whole, **by)
    desk = create_source(name="Desk", kind="organization", part_of=part, **by)
    mergeable = r"^The other source is a part of this one\. Change its part_of first, or merge the other way\.$"
    for into in (part, desk):
        with pytest.raises(Conflict, match=mergeable):
            merge(whole, into)
    assert merge(desk, whole).pk == whole.pk
