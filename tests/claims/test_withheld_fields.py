"""What a row that anonymous readers may see loses before they see it."""

import pytest

from claims import services
from claims.models import Dispute, Statement
from sources.models import Source
from sources.services import create_source


@pytest.mark.django_db
@pytest.mark.parametrize("is_public", [True, False])
def test_who_did_what_and_what_is_not_public_is_removed_and_the_rest_stays(alice, article, minister, is_public):
    """The source belongs to another one and the dispute was raised in another article: both may be drafts only."""
    by, versions = {"actor": alice}, {"versions": None, "actor": alice}
    whole = create_source(name="The ministry", kind="organization", **by)
    source = create_source(name="An official", kind="person", part_of=whole, aliases=["He"], same_as=["q:1"], **by)
    draft = services.create_article(title="Draft", text="He said so.", **by)
    counter = services.create_statement(article=draft, source=whole, start=0, end=11, **by)
    said = services.create_statement(article=article, source=source, start=2, end=6, **by)
    dispute = services.open_dispute(statement=said, raised_by=source, counter_statement=counter, kind="denial", **by)
    services.resolve_dispute(dispute_id=dispute.pk, state="upheld", reason="So.", tag="denied", **versions)
    for each in (article, draft) if is_public else (article,):
        services.set_article_status(article_id=each.pk, status="published", reason="It is ready.", **versions)

    row = Statement.objects.public().get(pk=said.pk)
    assert row.tagged_by == alice
    row.withhold_private()
    assert (row.tagged_by_id, row.tag, row.tag_reason, row.source_id) == (None, "denied", "So.", source.pk)
    row = Dispute.objects.public().get()
    row.withhold_private()
    assert (row.opened_by_id, row.resolved_by_id, row.resolution, row.raised_by_id, row.counter_statement_id) == (
        None, None, "So.", source.pk, counter.pk if is_public else None,
    )  # fmt: skip
    row = Source.objects.public().get(pk=source.pk)
    row.withhold_private()
    assert (row.name, row.aliases, row.same_as, row.part_of_id) == (
        "An official", ["He"], ["q:1"], whole.pk if is_public else None,
    )  # fmt: skip
