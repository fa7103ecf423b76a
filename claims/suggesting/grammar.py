"""The words of one language, read from `cues/CODE.toml`; that of a new language holds the keys of `en.toml`.

[cues]: one verb a line, with its forms. `clause` takes a bare clause (he said it rained); `that` needs a conjunction, a
colon, a quotation or a clause that can be told by its verb; `quote` needs a quotation; `describe` takes an object and
what it is called; `act` takes an object (urged them to go); `order` may take an infinitive (told them to go).
`according` stands before its source, `according_after` behind it; `nouns` are the forms that are nouns too.

[words], by what they do in a sentence. `traits`: `verb_second` inverts after any first phrase, `comma_clause` needs no
conjunction after a comma, `drops_subject` (“…”, dijo), `noun_capitals`, `inverts_tags` (“…”, dit X, never X dit),
`article_before_title` (la maire X), `personal_pronouns` where he and she are persons, never things.
- The verb: `auxiliaries`, of these `modals` and `passive`; `adverbs` and `negations` beside it; the mark of an
  `infinitive`, and `infinitive_leads` after which one attributes all the same (went on to say).
- The clause: `complementizers` begin a content, `hypothetical` one that nobody said; `conjunctions`, of these `joins`
  (and) between verbs or names; `relatives`; `content_stops` begin a clause that is none of the content, `restated` the
  nouns that take it up (a claim that …); `as` in “described as”, `as_lead` in “as the Post says”.
- The speaker: `determiners`, of these `definite`; `pronouns` as subjects, `objects` (him); `not_speakers`; `opening`
  words before a subject; `prepositions`, of these `after_name` that go on with one (of); `relays` are verbs of outlets,
  `relayed` what they credit others by (citing).
- Its name, all in lower case: `titles`, of these `courtesies` that tell no namesakes apart; `roles` that name nobody;
  `organizations`, `outlets`, `documents`; `articled` outlets keep their article (Le Monde); `place_openers` begin a
  place of two words (New York).
- The text: `abbreviations` that end no sentence, `sentence_openers` after initials; `clitics`, a pattern of words that
  are joined to others. Endings, where a form is noun and verb: `plural_endings` of its subject, `adjective_endings`.

[hearsay]: `verbs` and `links` of “is said to have”, `adverbs`. [denial]: `cues` that deny, `phrases` in a content,
`alone` what is denied in a word (denied wrongdoing).
[dates]: `weekdays`, `months`, `month_short`, `today`, `yesterday`; `on` before a day on which something was said,
`not_on` before another day.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CUES = Path(__file__).parent / "cues"
LANGUAGES = frozenset(path.stem for path in CUES.glob("*.toml"))


@dataclass(frozen=True)
class Grammar:
    """`cues` maps a first word to the (words, class) that begin with it, the longest first."""

    cues: dict[str, list[tuple[tuple[str, ...], str]]]
    words: dict[str, frozenset[str]]
    according: list[tuple[str, ...]]
    according_after: list[tuple[str, ...]]
    hearsay_links: list[tuple[str, ...]]
    denial: re.Pattern[str]
    day: re.Pattern[str]
    dates: dict[str, list[str]]
    clitics: str
    plural_endings: tuple[str, ...]
    adjective_endings: tuple[str, ...]

    def has(self, trait: str) -> bool:
        return trait in self.words["traits"]

    def is_a(self, kind: str, word: str) -> bool:
        return word in self.words[kind]


@cache
def grammar_of(language: str) -> Grammar | None:
    """The grammar for a BCP 47 tag, by its first part; None for a language without one."""
    code = language.lower().partition("-")[0]
    if code not in LANGUAGES:
        return None
    return _grammar(tomllib.loads((CUES / f"{code}.toml").read_text(encoding="utf-8")))


def _grammar(data: dict[str, Any]) -> Grammar:
    cues, words, denial, hearsay = data["cues"], data["words"], data["denial"], data["hearsay"]
    dates = {name: _items(text) for name, text in data["dates"].items()}
    lists = {
        **words,
        "nouns": cues["nouns"],
        "order": cues["order"],
        "denials": denial["cues"],
        "denied_alone": denial["alone"],
        "hearsay": hearsay["verbs"],
        "hearsay_adverbs": hearsay["adverbs"],
        "weekdays": data["dates"]["weekdays"],
    }
    return Grammar(
        cues=_cues({kind: cues[kind] for kind in ("act", "describe", "quote", "that", "clause")}),
        words={name: frozenset(_items(text)) for name, text in lists.items() if isinstance(text, str)},
        according=_phrases(cues["according"]),
        according_after=_phrases(cues.get("according_after", "")),
        hearsay_links=_phrases(hearsay["links"]),
        denial=_pattern(_items(denial["phrases"])),
        day=_day(dates),
        dates=dates,
        clitics=words.get("clitics", ""),
        plural_endings=tuple(_items(words.get("plural_endings", ""))),
        adjective_endings=tuple(_items(words.get("adjective_endings", ""))),
    )


def _items(text: str) -> list[str]:
    return [item for item in re.split(r"\s*[,\n]\s*", text.strip()) if item]


def _phrases(text: str) -> list[tuple[str, ...]]:
    return sorted((tuple(item.split()) for item in _items(text)), key=len, reverse=True)


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=len, reverse=True)
    words = "|".join(re.escape(phrase).replace("'", "['’]") for phrase in longest_first)
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


def _day(dates: dict[str, list[str]]) -> re.Pattern[str]:
    """A day as written: 2021-03-04, 4 March 2021, March 4, Monday, yesterday; a month with its year."""
    months, weekdays = "|".join(dates["months"] + dates["month_short"]), "|".join(dates["weekdays"])
    relative = "|".join(dates["today"] + dates["yesterday"])
    return re.compile(
        r"\b(?:(?P<iso>\d{4}-\d\d-\d\d)"
        rf"|(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s(?:de\s)?)?(?P<month>{months})\b\.?"
        r"(?:\s(?P<day_behind>\d{1,2})\b(?!:))?,?(?:\s(?:de\s|del\s)?(?P<year>\d{4}))?"
        rf"|(?P<weekday>{weekdays})|(?P<relative>{relative}))\b",
        re.IGNORECASE,
    )


def _cues(classes: dict[str, str]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """A form that stands in two classes keeps the later one, and `act` besides as its last resort."""
    forms = {tuple(form.lower().split()): kind for kind, text in classes.items() for form in _items(text)}
    acts = {tuple(form.lower().split()) for form in _items(classes["act"])}
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for words, kind in sorted(forms.items(), key=lambda item: -len(item[0])):
        marked = f"{kind} act" if kind != "act" and words in acts else kind
        by_first.setdefault(words[0], []).append((words, marked))
    return by_first
