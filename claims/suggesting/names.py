"""The fuller name that an article has for a pronoun or a surname."""

import re
from bisect import bisect_left
from functools import cached_property
from itertools import pairwise

from claims.suggesting.attribution import Attribution, Span
from claims.suggesting.grammar import Grammar

FULL_NAME = re.compile(r"\b[A-ZÀ-Þ][\w’'\-]*\.?(?: [A-ZÀ-Þ][\w’'\-]*\.?){1,3}")
OPENING_NAME = re.compile(r"[A-ZÀ-Þ][\w\-]*(?: [A-ZÀ-Þ][\w\-]*){0,3}")
NEUTER = ("it", "es")
MAX_SPEAKERS = 12
MAX_LINES = 4  # between a pronoun and the name it stands for


class Names:
    def __init__(self, text: str, grammar: Grammar | None, found: list[Attribution]) -> None:
        self.text, self.grammar = text, grammar
        direct = (each.via[-1] if each.via else each.speaker for each in found)
        self.speakers = sorted({span for span in direct if span})

    @cached_property
    def full_names(self) -> dict[str, set[str]]:
        """First and last names by the last."""
        names: dict[str, set[str]] = {}
        for match in FULL_NAME.finditer(self.text):
            words = match[0].split()
            for first, last in pairwise(words):
                if not self._is_no_first_name(first):
                    names.setdefault(last, set()).add(f"{first} {last}")
        return names

    def name_of(self, span: Span) -> str | None:
        words = self.text[slice(*span)]
        if self.grammar and self.grammar.is_a("pronouns", words.lower()):
            return self._before(span, self.grammar)
        if " " in words or not words[:1].isupper():
            return None
        known = self.full_names.get(words, set())
        return next(iter(known)) if len(known) == 1 else None

    def _is_no_first_name(self, word: str) -> bool:
        if self.grammar is None or word.endswith((".", "’s", "'s")):
            return True
        kinds = ("determiners", "prepositions", "conjunctions", "opening", "titles", "pronouns", "not_speakers")
        return any(self.grammar.is_a(kind, word.lower()) for kind in kinds)

    def _before(self, pronoun: Span, grammar: Grammar) -> str | None:
        """The speaker named last, if that is near. What “it” stands for has an article (“the ministry”); a person is
        rather whoever the paragraph opens with."""
        neuter = self.text[slice(*pronoun)].lower() in NEUTER
        paragraph = self.text.rfind("\n", 0, pronoun[0]) + 1
        at = bisect_left(self.speakers, pronoun)
        for start, end in reversed(self.speakers[max(0, at - MAX_SPEAKERS) : at]):
            opening = self._opening_name(paragraph, pronoun[0]) if start < paragraph and not neuter else None
            if opening:
                return self.name_of(opening) or self.text[slice(*opening)]
            if self.text.count("\n", end, pronoun[0]) > MAX_LINES:
                return None
            words = self.text[start:end]
            if not grammar.is_a("pronouns", words.lower()):
                return (self.name_of((start, end)) or words) if self._fits(words, neuter, grammar) else None
        return None

    def _fits(self, words: str, neuter: bool, grammar: Grammar) -> bool:
        has_article = grammar.is_a("determiners", words.split()[0].lower())
        return has_article if neuter else not has_article and not words.isupper()

    def _opening_name(self, paragraph: int, before: int) -> Span | None:
        match = OPENING_NAME.match(self.text, paragraph, before)
        if match is None or self._is_no_first_name(match[0].split()[0]):
            return None
        return match.span() if " " in match[0] or match[0] in self.full_names else None
