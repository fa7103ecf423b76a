"""The fuller name that an article has for a surname."""

import re
from functools import cached_property
from itertools import zip_longest

from claims.suggesting.attribution import Span
from claims.suggesting.grammar import Grammar
from claims.suggesting.naming import is_particle, surname_of

FULL_NAME = re.compile(r"\b[A-ZÀ-Þ][\w’'\-]*\.?(?: [A-ZÀ-Þ][\w’'\-]*\.?){1,3}")
OPENING_NAME = re.compile(r"[A-ZÀ-Þ][\w\-]*(?: [A-ZÀ-Þ][\w\-]*){0,3}")
WORDS = re.compile(r"\S+")
BEGINNING = re.compile(r"(?:^|[\n.?!…:“”\"„«»])\s*$")
NEAR = 4  # code points before a word that tell whether it begins a sentence
NO_FIRST_NAMES = ("determiners", "prepositions", "conjunctions", "opening", "titles", "pronouns", "not_speakers")
AT_A_BEGINNING = ("auxiliaries", "adverbs", "negations", "complementizers", "relatives", "objects", "roles")


class Names:
    def __init__(self, text: str, grammar: Grammar) -> None:
        self.text, self.grammar = text, grammar

    @cached_property
    def full_names(self) -> dict[str, set[str]]:
        """First and last names by the last."""
        names: dict[str, set[str]] = {}
        for match in FULL_NAME.finditer(self.text):
            words = list(WORDS.finditer(match[0]))
            for first, last, after in zip_longest(words, words[1:], words[2:]):
                if last and not self._is_no_first_name(match.start() + first.start(), first[0]):
                    surname = f"{last[0]} {after[0]}" if after and is_particle(last[0]) else last[0]
                    surname = surname.rstrip(".")
                    names.setdefault(surname, set()).add(f"{first[0]} {surname}")
        return names

    def name_of(self, span: Span) -> str | None:
        words = self.text[slice(*span)]
        known = self.full_names.get(words) or self.full_names.get(surname_of(words, self.grammar) or "", set())
        return next(iter(known)) if len(known) == 1 else None

    def _is_no_first_name(self, at: int, word: str) -> bool:
        """“The Bridge”, “President Doe”; and “Was Doe late?”, but not “and Will Doe”"""
        if word.endswith((".", "’s", "'s")):
            return True
        kinds = [*NO_FIRST_NAMES, *(AT_A_BEGINNING if BEGINNING.search(self.text, max(0, at - NEAR), at) else ())]
        return word.lower() in self.grammar.cues or any(self.grammar.is_a(kind, word.lower()) for kind in kinds)

    def opening(self, line: int, before: int) -> Span | None:
        """A full name, or a surname of which the text has one, that the line begins with."""
        match = OPENING_NAME.match(self.text, line, before)
        if match is None or self._is_no_first_name(match.start(), match[0].split()[0]):
            return None
        return match.span() if " " in match[0] or match[0] in self.full_names else None
