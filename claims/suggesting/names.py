"""The fuller name that an article has for a pronoun or a surname."""

import re
from bisect import bisect_left
from functools import cached_property
from itertools import pairwise

from claims.suggesting.attribution import Attribution, Span
from claims.suggesting.grammar import Grammar
from claims.suggesting.naming import is_pronoun, surname_of, titled_name

FULL_NAME = re.compile(r"\b[A-ZÀ-Þ][\w’'\-]*\.?(?: [A-ZÀ-Þ][\w’'\-]*\.?){1,3}")
OPENING_NAME = re.compile(r"[A-ZÀ-Þ][\w\-]*(?: [A-ZÀ-Þ][\w\-]*){0,3}")
WORDS = re.compile(r"\S+")
BEGINNING = re.compile(r"(?:^|[\n.?!…:“”\"„«»])\s*$")
NEAR = 4  # code points before a word that tell whether it begins a sentence
NO_FIRST_NAMES = ("determiners", "prepositions", "conjunctions", "opening", "titles", "pronouns", "not_speakers")
AT_A_BEGINNING = ("auxiliaries", "adverbs", "negations", "complementizers", "relatives", "objects", "roles")
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
            words = list(WORDS.finditer(match[0]))
            for first, last in pairwise(words):
                if not self._is_no_first_name(match.start() + first.start(), first[0]):
                    surname = last[0].rstrip(".")
                    names.setdefault(surname, set()).add(f"{first[0]} {surname}")
        return names

    def name_of(self, span: Span) -> str | None:
        words = self.text[slice(*span)]
        if self.grammar and is_pronoun(words, self.grammar):
            return self._before(span, self.grammar)
        last = surname_of(words, self.grammar) if self.grammar else None
        known = self.full_names.get(last, set()) if last else ()
        return next(iter(known)) if len(known) == 1 else None

    def _is_no_first_name(self, at: int, word: str) -> bool:
        """“The Bridge”, “President Doe”; and “Was Doe late?”, but not “and Will Doe”"""
        if self.grammar is None or word.endswith((".", "’s", "'s")):
            return True
        kinds = [*NO_FIRST_NAMES, *(AT_A_BEGINNING if BEGINNING.search(self.text, max(0, at - NEAR), at) else ())]
        return word.lower() in self.grammar.cues or any(self.grammar.is_a(kind, word.lower()) for kind in kinds)

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
            if not is_pronoun(words, grammar):
                name = self.name_of((start, end)) or titled_name(words, grammar)
                return (name or words) if self._fits(words, name, neuter, grammar) else None
        return None

    def _fits(self, words: str, name: str | None, neuter: bool, grammar: Grammar) -> bool:
        has_article = name is None and grammar.is_a("determiners", words.split()[0].lower())
        return has_article if neuter else not has_article and not words.isupper()

    def _opening_name(self, paragraph: int, before: int) -> Span | None:
        match = OPENING_NAME.match(self.text, paragraph, before)
        if match is None or self._is_no_first_name(match.start(), match[0].split()[0]):
            return None
        return match.span() if " " in match[0] or match[0] in self.full_names else None
