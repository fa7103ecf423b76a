"""Whom the sentences before a pronoun introduce, where no speaker is nearer."""

from bisect import bisect_right
from functools import cached_property
from itertools import groupby
from operator import itemgetter

from claims.suggesting.attribution import Span, whole_span
from claims.suggesting.grammar import Grammar
from claims.suggesting.names import Names
from claims.suggesting.naming import named
from claims.suggesting.noun_phrases import is_auxiliary, is_date
from claims.suggesting.quotations import paragraphs
from claims.suggesting.tokens import QUOTE, Token, Tokens, paragraph_tokens, split_sentences

NO_NAMES = ("determiners", "prepositions", "conjunctions", "opening", "relatives", "not_speakers")
PERSONS = ("pronouns", "objects", "titles", "roles")


class Antecedents:
    def __init__(self, text: str, grammar: Grammar, names: Names) -> None:
        self.text, self.grammar, self.names = text, grammar, names
        self._read: dict[int, list[Tokens]] = {}

    def person(self, pronoun: Span, last: Span) -> Span | None:
        """Jane Doe: “The news came from CNN’s Jane Doe. “It is over,” she wrote.” The sentence before, which stands
        behind the speaker `last`, has the full name of nobody else, nor another word for a person; nor has this one
        before the pronoun."""
        before, own = self._sentences(pronoun)
        is_led = any(self._may_be_person(token) for token in own if token.end <= pronoun[0])
        return self._only_person(before) if before and before[0].start > last[0] and not is_led else None

    def institution(self, pronoun: Span, last: Span) -> Span | None:
        """The Post: “The Post’s report has more. The mayor, it says, left.” The sentence before opens the paragraph
        and stands behind the speaker `last`."""
        before, own = self._sentences(pronoun)
        opens = before and before[0].start == self._paragraphs[self._paragraph(own[0].start)][0] > last[0]
        return self._opening_institution(before) if opens else None

    def _only_person(self, sentence: Tokens) -> Span | None:
        runs = [list(run) for is_name, run in groupby(sentence, self._is_name) if is_name]
        full = [run for run in runs if self._is_full_name(run)]
        if not full or self._is_owner(full[0][-1], sentence):
            return None
        others = [token for token in sentence if token not in full[0]]
        may_be_other = self._is_name(sentence[0]) and sentence[0] in others  # whoever it begins with
        return None if may_be_other or any(map(self._may_be_person, others)) else whole_span(full[0])

    def _opening_institution(self, sentence: Tokens) -> Span | None:
        """The White House was …, The White House readout …, The White House’s statement …"""
        end = next((at for at in range(1, len(sentence)) if not sentence[at].is_name), len(sentence))
        behind = sentence[end : end + 2]
        if not behind or not self.grammar.is_a("definite", sentence[0].lower):
            return None
        is_document = [self.grammar.is_a("documents", token.lower) for token in behind]
        is_owner = behind[0].lower == "’s"
        is_subject = is_document[-1] if is_owner else is_document[0] or is_auxiliary(behind[0], self.grammar)
        span = whole_span(sentence[: end + is_document[0]])
        is_thing = named(self.text[slice(*span)], self.grammar).kind != "person"
        return span if is_subject and is_thing else None

    def _is_full_name(self, run: Tokens) -> bool:
        named_words = [token for token in run if not self.grammar.is_a("titles", token.lower)]
        words = self.text[slice(*whole_span(run))]
        return len(named_words) > 1 and named(words, self.grammar).kind == "person"

    def _is_owner(self, last: Token, sentence: Tokens) -> bool:
        return any(token.start == last.end and token.lower == "’s" for token in sentence)

    def _is_name(self, token: Token) -> bool:
        is_other = any(self.grammar.is_a(kind, token.lower) for kind in NO_NAMES) or is_date(token, self.grammar)
        return token.is_name and not is_other and not self.grammar.is_a("sentence_openers", token.text)

    def _may_be_person(self, token: Token) -> bool:
        return token.text in self.names.full_names or any(self.grammar.is_a(kind, token.lower) for kind in PERSONS)

    def _sentences(self, pronoun: Span) -> tuple[Tokens, Tokens]:
        """The sentence before, which may end another paragraph, and that of the pronoun; none within a quotation."""
        paragraph = self._paragraph(pronoun[0])
        sentences = self._of(paragraph)
        at = bisect_right(sentences, pronoun[0], key=lambda each: each[0].start) - 1
        if at < 0 or any(each.kind == QUOTE and each.start <= pronoun[0] < each.end for each in sentences[at]):
            return [], []
        before = sentences[at - 1] if at else next(iter(self._of(paragraph - 1)[-1:]), [])
        return before, sentences[at]

    def _paragraph(self, at: int) -> int:
        return bisect_right(self._paragraphs, at, key=itemgetter(0)) - 1

    @cached_property
    def _paragraphs(self) -> list[Span]:
        return list(paragraphs(self.text))

    def _of(self, paragraph: int) -> list[Tokens]:
        if paragraph not in self._read:
            tokens = paragraph_tokens(self.text, *self._paragraphs[paragraph], self.grammar) if paragraph >= 0 else []
            self._read[paragraph] = split_sentences(tokens, self.grammar)
        return self._read[paragraph]
