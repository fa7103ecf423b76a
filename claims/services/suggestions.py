"""What an editor does with suggestions: accepts them into the record, or dismisses them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from django.utils.translation import gettext

from claims.models import Article, DismissedSuggestion, Dispute, Statement
from claims.partial_dates import NOT_SAID, said_on_fields
from claims.passages import PASSAGE_FIELDS
from claims.services.disputes import draft_dispute, insert_disputes
from claims.services.statements import StatementDraft, draft_statement, insert_statements
from claims.suggesting.cards import Card
from claims.suggesting.suggestions import Speaker
from claims.suggestions import ArticleSuggestions, KnownSpeaker
from factcheck.errors import FieldError, InvalidInput, Unprocessable, raise_together
from factcheck.journal.services import hold_in_order, lock
from factcheck.postgres.bulk import delete_rows
from factcheck.postgres.transactions import atomic_with_retry
from sources.models import Source
from sources.services import insert_sources, take_turns_to_name

Item = dict[str, Any]
Result = TypeVar("Result")
SourceOrFields = Source | dict[str, Any] | None  # the fields of a new one


@dataclass(frozen=True)
class Accepted:
    statements: list[Statement]
    disputes: list[Dispute]


@atomic_with_retry
def accept_suggestions(*, article_id: int, items: Sequence[Item], actor: Any) -> Accepted:
    """Records each suggestion as a statement, with the sources that are new.

    An item has the `key`, and those arguments of create_statement that differ from what is suggested; a source may be
    the fields of a new one. With `dispute`, arguments of open_dispute, the new statement raises a dispute.

    Raises DoesNotExist, and InvalidInput or Unprocessable with the errors of all items, each within its index.
    """
    # Who accepts the same suggestion at the same time waits here, and then finds it recorded.
    article = lock(Article, article_id, None)
    hold_in_order(Statement, [item["dispute"]["statement"].pk for item in items if "dispute" in item])
    suggestions = ArticleSuggestions(article)
    cards = _collected(partial(_chosen_card, suggestions), items)
    speakers = _Speakers(_known_speakers(suggestions, cards))
    rows = _collected(partial(_statement_fields, speakers), items, cards)
    reason = f"Suggested, accepted by {actor.get_username()}."
    insert_sources(sources=[source for _, source in speakers.new], actor=actor, reason=reason)
    reasons = [" ".join(filter(None, (reason, item.get("reason")))) for item in items]
    drafts = _collected(partial(_draft, article), rows, reasons)
    statements = insert_statements(drafts=drafts, actor=actor)
    raised = zip(_collected(_dispute, items, statements), reasons, strict=True)
    disputes = [(dispute, why) for dispute, why in raised if dispute]
    insert_disputes(disputes=[row for row, _ in disputes], actor=actor, reason=[why for _, why in disputes])
    return Accepted(statements, [row for row, _ in disputes])


@atomic_with_retry
def dismiss_suggestions(*, article_id: int, items: Sequence[Item], actor: Any) -> list[DismissedSuggestion | None]:
    """Sets for each `key` whether it is `dismissed`. Returns the dismissals, None for what is suggested again.

    Raises DoesNotExist, and Unprocessable for a key that is not suggested, or whose passage is recorded.
    """
    article = lock(Article, article_id, None)
    suggestions = ArticleSuggestions(article)
    kept = suggestions.dismissals
    dismissed = [item for item in items if item["dismissed"]]
    _collected(lambda item: item["key"] in kept or _chosen_card(suggestions, item), items)
    taken_back = {item["key"] for item in items} - {item["key"] for item in dismissed}
    delete_rows(DismissedSuggestion.objects.filter(article=article, key__in=taken_back))
    new = [
        DismissedSuggestion(article=article, key=item["key"], dismissed_by=actor)
        for item in dismissed
        if item["key"] not in kept
    ]
    now = kept | {row.key: row for row in DismissedSuggestion.objects.bulk_create(new)}
    return [now[item["key"]] if item["dismissed"] else None for item in items]


def _collected(work: Callable[..., Result], *columns: Sequence[Any]) -> list[Result]:
    """The result for each row of the columns. Raises the refusals of all of them, each within its index."""
    results, refusals = [], []
    for index, row in enumerate(zip(*columns, strict=True)):
        try:
            results.append(work(*row))
        except InvalidInput as refusal:
            refusals.append(refusal.within(index))
    raise_together(refusals)
    return results


def _chosen_card(suggestions: ArticleSuggestions, item: Item) -> Card:
    key = item["key"]
    if key in suggestions.statements:
        detail = gettext("It is recorded already, as statement %(statement)s.")
        detail %= {"statement": suggestions.statements[key]}
        raise Unprocessable.field("key", "recorded", detail)
    if key not in suggestions.by_key:
        detail = gettext(
            "The article, now at revision %(revision)s, has no such suggestion. Read the suggestions again."
        )
        raise Unprocessable.field("key", "not_found", detail % {"revision": suggestions.article.revision})
    return suggestions.by_key[key]


def _known_speakers(suggestions: ArticleSuggestions, cards: Sequence[Card]) -> dict[Speaker, KnownSpeaker]:
    """Who accepts the same name in another article at the same time waits, and then finds the source that is made."""
    known = suggestions.known_speakers(cards)
    if not any(each.new_source for each in known.values()):
        return known
    take_turns_to_name()
    return suggestions.known_speakers(cards)


@dataclass
class _Speakers:
    """Settles who is meant. A new source that several items name is made once."""

    known: dict[Speaker, KnownSpeaker]
    new: list[tuple[dict[str, Any], Source]] = field(default_factory=list)

    def source(self, given: SourceOrFields) -> Source | None:
        if not isinstance(given, dict):
            return given
        fields = {name: value for name, value in given.items() if value}  # the others have their defaults
        source = next((source for known, source in self.new if _same(known, fields)), None)
        if source is None:
            source = Source(**fields)
            self.new.append((fields, source))
        return source

    def suggested(self, speaker: Speaker | None, name: str) -> Source | None:
        """Raises InvalidInput for the field `name` if it is not clear who is meant."""
        known = self.known[speaker] if speaker else None
        if known and known.source:
            return known.source
        if known and known.candidates:
            listed = ", ".join(f"{row.name} ({row.pk})" for row in known.candidates)
            detail = gettext("“%(words)s” may be %(listed)s. Give the id of the one that is meant, or a new source.")
            detail %= {"words": _words(speaker), "listed": listed}
            raise InvalidInput.field(name, "ambiguous", detail)
        if known is None or known.new_source is None:
            detail = gettext("The text does not tell who says it. Give %(name)s.")
            if speaker:
                detail = gettext("The text does not tell who “%(words)s” is. Give %(name)s.")
            raise InvalidInput.field(name, "required", detail % {"words": speaker and _words(speaker), "name": name})
        return self.source(known.new_source)


def _same(known: dict[str, Any], fields: dict[str, Any]) -> bool:
    """“Police said” and “police said” mean one source."""
    return known | {"name": known["name"].casefold()} == fields | {"name": fields["name"].casefold()}


def _words(speaker: Speaker | None) -> str:
    return speaker.text[:80] if speaker else ""


def _statement_fields(speakers: _Speakers, item: Item, card: Card) -> dict[str, Any]:
    """Those of create_statement, with sources that may not be written yet."""
    suggested = card.suggestion
    given = {name: value for name, value in item.items() if name not in ("key", "dispute", "reason")}
    passage = {} if any(name in given for name in PASSAGE_FIELDS) else {"start": suggested.start, "end": suggested.end}
    said_on = said_on_fields(suggested.said_on) if suggested.said_on else NOT_SAID
    source = speakers.source(given["source"]) if "source" in given else speakers.suggested(suggested.speaker, "source")
    return {
        "quote_type": suggested.quote_type, **passage, **said_on, **given,
        "source": source, "via": _chain(given, card, source, speakers),
    }  # fmt: skip


def _chain(given: dict[str, Any], card: Card, source: Source | None, speakers: _Speakers) -> list[Source]:
    if "via" not in given:
        relays = [speakers.suggested(each, "via") for each in card.suggestion.via]
        return [row for row in _distinct(relays) if row != source]
    chain = [speakers.source(each) for each in given["via"]]
    if len(_distinct(chain)) < len(chain):
        raise InvalidInput.field("via", "duplicate", gettext("A source is in the list twice."))
    return _distinct(chain)


def _distinct(sources: Iterable[Source | None]) -> list[Source]:
    """Some are not written yet, and have no id."""
    return list({row.pk or -id(row): row for row in sources if row is not None}.values())


def _draft(article: Article, fields: dict[str, Any], reason: str) -> StatementDraft:
    return draft_statement(article=article, reason=reason, **fields)


def _dispute(item: Item, statement: Statement) -> Dispute | None:
    """Who makes the statement raises the dispute, unless another is named."""
    if "dispute" not in item:
        return None
    fields = {"raised_by": statement.source, **item["dispute"]}
    if fields["raised_by"] is None:
        detail = gettext("The statement has no source. Name who raises the dispute.")
        raise InvalidInput(detail, [FieldError("#/dispute/raised_by", "required", detail)])
    return draft_dispute(counter_statement=statement, **fields)
