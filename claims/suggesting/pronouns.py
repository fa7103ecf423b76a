"""Whom a pronoun stands for."""

from bisect import bisect_left
from collections.abc import Iterator

from claims.suggesting.antecedents import Antecedents
from claims.suggesting.attribution import Attribution, Span
from claims.suggesting.grammar import Grammar
from claims.suggesting.names import Names
from claims.suggesting.naming import is_pronoun, titled_name

NEUTER = ("it", "es")
PLURAL = ("they", "ils", "elles", "-ils", "-elles", "-t-ils", "-t-elles", "ellos", "ellas")
MAX_SPEAKERS = 12
MAX_LINES = 4  # between a pronoun and the name it stands for


class Pronouns:
    def __init__(self, text: str, grammar: Grammar, names: Names, found: list[Attribution]) -> None:
        self.text, self.grammar, self.names = text, grammar, names
        self.antecedents = Antecedents(text, grammar, names)
        direct = (each.via[-1] if each.via else each.speaker for each in found)
        self.speakers = sorted({span for span in direct if span})
        self.known: dict[Span, str | None] = {}
        for span in self.speakers:  # in the order of the text: a pronoun stands for whom the one before it stands for
            if self.is_one(span):
                self.known[span] = self._find(span)

    def is_one(self, span: Span) -> bool:
        return is_pronoun(self.text[slice(*span)], self.grammar)

    def name_of(self, pronoun: Span) -> str | None:
        return self.known[pronoun] if pronoun in self.known else self._find(pronoun)

    def _find(self, pronoun: Span) -> str | None:
        """Whom the text names behind the last speaker, as one who may speak next; or else that speaker."""
        at = bisect_left(self.speakers, pronoun)
        speakers = self.speakers[max(0, at - MAX_SPEAKERS) : at]
        nearer = self._nearer(pronoun, speakers[-1] if speakers else (-1, 0))
        if nearer:
            return self.names.name_of(nearer) or self.text[slice(*nearer)]
        return self._speaker_before(pronoun, speakers)

    def _nearer(self, pronoun: Span, last: Span) -> Span | None:
        """Whom the paragraph opens with, the sentence before introduces, or a paragraph before opens with."""
        word = self.text[slice(*pronoun)].lower()
        if word in PLURAL:
            return None
        if word in NEUTER:
            return self.antecedents.institution(pronoun, last)
        openings = (self.names.opening(line, pronoun[0]) for line in self._lines_since(last, pronoun))
        return next(openings, None) or self._introduced(pronoun, last) or next(filter(None, openings), None)

    def _introduced(self, pronoun: Span, last: Span) -> Span | None:
        return self.antecedents.person(pronoun, last) if self.grammar.has("personal_pronouns") else None

    def _lines_since(self, last: Span, pronoun: Span) -> Iterator[int]:
        """Where the line of the pronoun begins, and those before it."""
        line = self.text.rfind("\n", 0, pronoun[0]) + 1
        for _ in range(MAX_LINES + 1):
            if line <= last[0]:
                return
            yield line
            if line == 0:
                return
            line = self.text.rfind("\n", 0, line - 1) + 1

    def _speaker_before(self, pronoun: Span, speakers: list[Span]) -> str | None:
        """The last one, if that is near. What “it” stands for has an article (“the ministry”)."""
        word = self.text[slice(*pronoun)].lower()
        for start, end in reversed(speakers):
            if self.text.count("\n", end, pronoun[0]) > MAX_LINES:
                return None
            words = self.text[start:end]
            if words.lower() == word:
                return self.known[start, end]
            if not is_pronoun(words, self.grammar):
                name = self.names.name_of((start, end)) or titled_name(words, self.grammar)
                return (name or words) if self._fits(words, name, word) else None
        return None

    def _fits(self, words: str, name: str | None, pronoun: str) -> bool:
        has_article = name is None and self.grammar.is_a("determiners", words.split()[0].lower())
        if pronoun in NEUTER:
            return has_article
        is_one_person = name is not None or words.split()[-1] in self.names.full_names
        return not has_article and not words.isupper() and not (is_one_person and pronoun in PLURAL)
