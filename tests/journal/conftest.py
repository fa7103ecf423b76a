import pytest
from django.contrib.auth import get_user_model

from claims import services as claims
from sources.services import create_source
from tests.journal.world import TEXT, World, committing


@pytest.fixture
def world() -> World:
    with committing():
        actor = get_user_model().objects.create(username="guards-editor")
        by = {"actor": actor}
        speaker = create_source(name="The mayor", kind="person", **by)
        relay = create_source(name="A reporter", kind="person", **by)
        lone = create_source(name="Nobody quoted", kind="person", **by)
        empty = claims.create_article(title="Empty", text=TEXT, **by)
        article = claims.create_article(title="The bridge", text=TEXT, **by)
        chained = claims.create_statement(article=article, start=0, end=36, source=speaker, via=[relay], **by)
        bare = claims.create_statement(article=article, start=37, end=len(TEXT), source=speaker, **by)
        evidence = claims.create_evidence(statement=chained, stance="supports", url="https://example.org/", **by)
        dispute = claims.open_dispute(statement=chained, raised_by=relay, kind="denial", **by)
        note = claims.create_note(statement=chained, text="Ask him.", **by)
    return World(
        actor=actor,
        ids={
            "source": lone.pk,
            "article": empty.pk,
            "statement": bare.pk,
            "evidence": evidence.pk,
            "dispute": dispute.pk,
            "note": note.pk,
        },
        speaker=speaker.pk,
        relay=relay.pk,
        chained=chained.pk,
    )
