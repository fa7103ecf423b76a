"""A newsroom in which every part of every page has something to show, also what is long or in another script."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import call_command

from claims import services
from claims.annotations import import_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.models import Article, Dispute, Evidence, Note, Statement
from claims.partial_dates import said_on_fields
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source

SEED = Path(__file__).parents[2] / "seeds" / "biden-zelensky-call-2022.json"
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
# A denial by somebody of whom there are two, and hearsay.
TEXT = (
    "“The bridge will open in May,” said Jane Doe.\n\n"
    "John Roe denied that the bridge was closed for lorries.\n\n"
    "Jane Doe told a city official that Acme had refused to sign the contract.\n\n"
    "The spokeswoman said on Monday that the tunnel is safe. Nobody was hurt. Nobody was hurt.\n\n"
)


@dataclass
class Everything:
    seed: Article
    article: Article  # with passages that are lost, notes, proposals and suggestions
    statement: Statement  # tagged by two editors, with a proposal
    lost: Statement
    source: Source
    open: Dispute
    resolved: Dispute
    evidence: Evidence
    note: Note
    deleted: int  # a statement
    correction: Entry


def everything(users: dict[str, Any]) -> Everything:
    serializer = AnnotationDocumentSerializer(data=json.loads(SEED.read_text()))
    serializer.is_valid(raise_exception=True)
    seed = import_document(document=serializer.validated_data, actor=users["alice"])
    article = _article(users)
    statement, lost, deleted = _statements(article, users)
    _corrected(article, users)
    services.delete_statement(statement_id=deleted.pk, versions=None, actor=users["erin"], reason="Marked twice.")
    call_command("follow", "seal", once=True)
    return Everything(
        seed, Article.objects.get(pk=article.pk), Statement.objects.get(pk=statement.pk),
        Statement.objects.get(pk=lost.pk),
        Statement.objects.filter(article=seed, source__isnull=False).order_by("start")[1].source,
        Dispute.objects.filter(state="open").first(), Dispute.objects.exclude(state="open").first(),
        Evidence.objects.first(), Note.objects.get(text="Ask the ministry again."), deleted.pk,
        Entry.objects.get(action="article.updated"),
    )  # fmt: skip


def _article(users: dict[str, Any]) -> Article:
    alice = users["alice"]
    create_source(actor=alice, name="John Rowe", kind="person", aliases=[LONG_WORD])
    create_source(actor=alice, name="John Roe", kind="person", description="The mayor.")
    create_source(actor=alice, name="Roe, John", kind="person", aliases=["John Roe"])
    create_source(actor=alice, name="وزارة الخارجية", kind="organization")
    return services.create_article(
        actor=alice, title=f"The bridge: {LONG_WORD}", text=TEXT, language="en", desk=users["alice"],
        url=f"https://news.example/{'a-long-address-' * 12}", media_url="https://news.example/talk.mp3",
        byline="وكالة الأنباء",
    )  # fmt: skip


def _statements(article: Article, users: dict[str, Any]) -> list[Statement]:
    alice, erin, bob = users["alice"], users["erin"], users["bob"]
    long = create_source(actor=alice, name=LONG_WORD, kind="organization")
    unnamed = create_source(actor=alice, name="unnamed official", kind="person", anonymous=True)
    arabic = Source.objects.get(name="وزارة الخارجية")
    first, lost, again, _ = services.create_statements(
        actor=alice,
        rows=[
            {"article": article, "source": arabic, "via": [unnamed, long], "text": "The bridge will open in May",
             "media_start": 3, "media_end": 9, "quote_type": "direct", "paraphrase": LONG_WORD},
            {"article": article, "source": long, "text": "the tunnel is safe", **said_on_fields("2021-03")},
            {"article": article, "source": long, "text": "Acme had refused to sign"},
            {"article": article, "quote_type": "narration", "text": "Nobody was hurt. Nobody"},
        ],
    )  # fmt: skip
    for user, tag in ((alice, "denied"), (erin, "asserted")):
        reason = f"As the ministry says, {LONG_WORD}."
        services.tag_statement(statement_id=first.pk, versions=None, actor=user, tag=tag, reason=reason)
    services.propose_tag(statement_id=first.pk, versions=None, actor=bob, tag="denied", reason="She says so.")
    services.propose_tag(statement_id=lost.pk, versions=None, actor=bob, tag="denied", reason="Not safe.")
    services.create_evidence(
        actor=alice, statement=first, stance="refutes", title="Call to the ministry", obtained_how="call"
    )
    dispute = services.open_dispute(actor=alice, statement=first, raised_by=long, counter_statement=lost, kind="denial")
    services.create_note(actor=erin, article=article, text="Ask the ministry again.")
    services.create_note(actor=erin, statement=first, text="Which May?")
    services.create_note(actor=erin, dispute=dispute, text="وزارة الخارجية")
    return [first, lost, again]


def _corrected(article: Article, users: dict[str, Any]) -> None:
    text = TEXT.replace("the tunnel is safe", "the tunnel was safe for years").replace("John Roe", "John Roe, of Acme,")
    services.update_article(
        article_id=article.pk, versions=None, actor=users["erin"], text=text, reason="The agency corrected it."
    )
