"""Whom a speaker’s words name: Jane Doe, the White House, or one who is only described (a city official)."""

import re
from typing import Literal, NamedTuple

from claims.suggesting.grammar import Grammar

Kind = Literal["person", "organization", "outlet", "document"]
PARTICLE = re.compile(r"al|bin|da|del?|della|de[nr]|d[io]|dos|du|el|ibn|l[ae]|te[nr]|v[ao]n|y|zu")
NUMERAL = re.compile(r"[IVX]+")
KINDS: dict[str, Kind] = {
    "roles": "person",
    "outlets": "outlet",
    "documents": "document",
    "organizations": "organization",
}
TELLING = 2  # words before a preposition that may tell the kind: Policía Nacional
MAX_TITLE = 10  # words before a name
MAX_ACRONYM = 5
MIN_COMPOUND = 4  # letters of a title or an organization that may end a longer word: Bundeskanzler


class Named(NamedTuple):
    name: str
    kind: Kind
    is_anonymous: bool


def named(words: str, grammar: Grammar, is_label: bool = False) -> Named:
    """“Mayor Jane Doe” is Jane Doe, “President Biden” stays. “A city official” is anonymous. A transcript’s label in
    capitals is no acronym."""
    phrase = _Phrase(words, grammar)
    kind = phrase.kind(is_label)
    return Named(bare_name(words, grammar), kind, phrase.full_name() is None and phrase.is_description(kind))


def bare_name(words: str, grammar: Grammar) -> str:
    """Without its articles and, if a first and a last name are left, without titles."""
    phrase = _Phrase(words, grammar)
    return phrase.full_name() or " ".join(phrase.words)


def titled_name(words: str, grammar: Grammar) -> str | None:
    """The full name of a person, whatever stands before it; None for a surname or whom the words only describe."""
    return _Phrase(words, grammar).full_name()


def surname_of(words: str, grammar: Grammar) -> str | None:
    """Of “President Biden” and “Biden”. Not of “Mrs. Biden”, since another of that name may be meant by it."""
    *titles, last = words.split()
    is_titled = all(grammar.is_a("titles", _plain(each)) for each in titles)
    is_courtesy = any(grammar.is_a("courtesies", _plain(each)) for each in titles)
    return last if is_titled and not is_courtesy and last[0].isupper() else None


def is_pronoun(words: str, grammar: Grammar) -> bool:
    """A subject (she) or, as in “according to her”, an object"""
    return any(grammar.is_a(kind, words.lower()) for kind in ("pronouns", "objects"))


def is_common_noun(word: str, grammar: Grammar | None) -> bool:
    """A minister; not in capitals alone: Residents, Polizeisprecher"""
    phrase = _Phrase(word, grammar) if grammar else None
    return word[0].islower() or (phrase is not None and phrase.is_known_noun())


def is_particle(word: str) -> bool:
    """Of a surname: Le Pen, Van Hollen, De Niro"""
    return PARTICLE.fullmatch(word.lower()) is not None


class _Phrase:
    """A speaker as written: `words` are those behind its articles."""

    def __init__(self, written: str, grammar: Grammar) -> None:
        self.grammar, self.words, self.article = grammar, written.split(), ""
        self.is_outlet = self.words[-1].istitle() and grammar.is_a("articled", _plain(" ".join(self.words)))
        if self.is_outlet:  # Le Monde
            return
        while len(self.words) > 1 and grammar.is_a("determiners", self.words[0].lower()) and not self._is_place(0):
            self.article = self.words.pop(0).lower()
        if grammar.is_a("determiners", _clitic(self.words[0])) and len(self.words[0]) > 2:  # l’Élysée
            self.article, self.words[0] = _clitic(self.words[0]), self.words[0][2:]

    def full_name(self) -> str | None:
        """Mayor Jane Doe, la maire Anne Hidalgo, Secretary of State Antony Blinken, Sen. John Roe of Ohio"""
        return None if self.is_outlet else self._full_name(len(self.words)) or self._full_name(len(self._head()))

    def _full_name(self, end: int) -> str | None:
        words, first = self.words[:end], self._begins_name(end)
        before = words[first - 1] if first else ""
        if self._is_small(before) and any(map(self._is_title, words[:first])):
            may_stand = not self.article or self.grammar.has("article_before_title")
            first += 1 + self._is_place(first) if may_stand else end  # behind what the office is of
        elif first > MAX_TITLE or not (self._is_title(before) or before[:1].islower()) or self._is_small(before):
            return None
        after_organization = (at for at in range(end, first, -1) if self._is_one_of("organizations", words[at - 1]))
        name = words[next(after_organization, first) :]  # CEO of the Refugee Council Ann Roe
        names = sum(each[0].isupper() and not NUMERAL.fullmatch(each) for each in name)
        return " ".join(name) if names > 1 else None

    def kind(self, is_label: bool) -> Kind:
        """By the last word that tells, of those before a preposition: a spokesman for the ministry"""
        if self.is_outlet:
            return "outlet"
        if self.full_name() is None:
            head = self._head()
            for word in reversed(head[-TELLING:]):
                if self._is_title(word):
                    return "person"
                if kind := next((kind for kinds, kind in KINDS.items() if self._is_one_of(kinds, word)), None):
                    return kind
            is_named = self._is_institution(head) or (not is_label and _is_acronym(head[-1]))
            if is_named and not any(map(self._is_title, head)):
                return "organization"
        return "person"

    def is_description(self, kind: Kind) -> bool:
        """Without a word of a name. A title in capitals is enough of one, but where all nouns have capitals."""
        head, words = self._head(), self.words
        if kind != "person":
            return bool(self.article) and not any(each[0].isupper() for each in words)
        if self._is_one_of("roles", head[-1]) or (self.grammar.has("noun_capitals") and self._is_title(head[-1])):
            return True
        return words[-1].islower() or (words[0].islower() and not PARTICLE.fullmatch(words[0].partition("-")[0]))

    def is_known_noun(self) -> bool:
        return any(self._is_one_of(kind, self.words[-1]) for kind in ("titles", *KINDS))

    def _begins_name(self, end: int) -> int:
        """Where the capitalized words begin that end there, those between them included: de, von der"""
        words = self.words
        first = at = end
        while at and not self._is_title(words[at - 1]) and _may_be_in_name(words[at - 1]):
            at -= 1
            first = at if words[at][0].isupper() else first
        return first

    def _head(self) -> list[str]:
        """The words before the first small one, or one that is joined to the next: d’Orsay"""
        small = (at for at, word in enumerate(self.words) if self._is_small(word) or self._is_small(_clitic(word)))
        return self.words[: max(1, next(small, len(self.words)))]

    def _is_institution(self, head: list[str]) -> bool:
        """The Kremlin; not where all nouns have capitals"""
        definite = self.grammar.is_a("definite", self.article) and not self.grammar.has("noun_capitals")
        return definite and all(each[0].isupper() for each in head)

    def _is_place(self, at: int) -> bool:
        """New York"""
        pair = self.words[at : at + 2]
        return len(pair) == 2 and all(each[0].isupper() for each in pair) and self._is_one_of("place_openers", pair[0])

    def _is_title(self, word: str) -> bool:
        return self._is_one_of("titles", word.rpartition("-")[2])

    def _is_one_of(self, kind: str, word: str) -> bool:
        plain = _plain(word)
        if self.grammar.is_a(kind, plain):
            return True
        compounds = self.grammar.has("noun_capitals") and len(plain) > MIN_COMPOUND
        return compounds and any(plain.endswith(each) for each in self.grammar.words[kind] if len(each) >= MIN_COMPOUND)

    def _is_small(self, word: str) -> bool:
        kinds = ("prepositions", "determiners", "conjunctions", "relatives")
        return any(self.grammar.is_a(kind, word) for kind in kinds)


def _plain(word: str) -> str:
    return word.lower().replace("'", "’").rstrip(".").removesuffix("’s")


def _may_be_in_name(word: str) -> bool:
    return word[0].isupper() or PARTICLE.fullmatch(word) is not None


def _clitic(word: str) -> str:
    return word[:2].lower().replace("'", "’") if word[1:2] in ("’", "'") else ""


def _is_acronym(word: str) -> bool:
    return word.isalpha() and word.isupper() and 1 < len(word) <= MAX_ACRONYM
