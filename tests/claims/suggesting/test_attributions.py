"""English: what a sentence attributes, and what only looks like it."""

from typing import Any

import pytest

from tests.claims.suggesting.cards import cards, said

CLOSED = "the bridge was closed"


@pytest.mark.parametrize(
    ("sentence", "speaker", "cue", "content"),
    [
        # the speaker before the cue
        ("Smith said the bridge was closed.", "Smith", "said", CLOSED),
        ("Smith has repeatedly said the bridge was closed.", "Smith", "said", CLOSED),
        ("Smith, the mayor of Ely, said the bridge was closed.", "Smith", "said", CLOSED),
        ("Rep. Ann Smith (R-Wis.) said the bridge was closed.", "Rep. Ann Smith", "said", CLOSED),
        ("The mayor’s spokeswoman, Ann Smith, said the bridge was closed.", "Ann Smith", "said", CLOSED),
        ("On Tuesday Smith said the bridge was closed.", "Smith", "said", CLOSED),
        ("After the storm she said the bridge was closed.", "she", "said", CLOSED),
        ("Acme Corp. said the bridge was closed.", "Acme Corp.", "said", CLOSED),
        ("The U.S. said the bridge was closed.", "The U.S.", "said", CLOSED),
        ("That official said the bridge was closed.", "That official", "said", CLOSED),
        ("Smith, who said the bridge was closed, left early.", "Smith", "said", CLOSED),
        ("He called Ann Smith, who said the bridge was closed.", "Ann Smith", "said", CLOSED),
        ("People who have lost their homes say the city slept.", "People who have lost their homes", "say", "the city slept"),
        ("The “History” page of the site said the bridge was closed.", "The “History” page of the site", "said", CLOSED),
        ("Smith told reporters the bridge was closed.", "Smith", "told", CLOSED),
        ("Smith told CNN on Monday that the bridge was closed.", "Smith", "told", f"that {CLOSED}"),
        ("Reports show the bridge was closed.", "Reports", "show", CLOSED),
        ("The chief explained why the bridge was closed.", "The chief", "explained", f"why {CLOSED}"),
        # a shared speaker
        ("The city emailed drivers, saying the bridge was closed.", "The city", "saying", CLOSED),
        ("Smith blasted the council and said the bridge was closed.", "Smith", "said", CLOSED),
        ("The senator emailed supporters saying the bridge was closed.", "The senator", "saying", CLOSED),
        ("He had Smith warning that the bridge was closed.", "Smith", "warning", f"that {CLOSED}"),
        # a tag behind
        ("The bridge was closed on Monday, Smith said.", "Smith", "said", "The bridge was closed on Monday"),
        ("“The bridge is closed,” Smith said.", "Smith", "said", "“The bridge is closed,”"),
        ("“The bridge is closed,” said Ann Smith, a chief.", "Ann Smith", "said", "“The bridge is closed,”"),
        ("“The bridge is closed.” Smith said.", "Smith", "said", "“The bridge is closed.”"),
        ("“It is shut,” the tall, bearded man said.", "the tall, bearded man", "said", "“It is shut,”"),
        ("“Is the bridge closed?” he asked.", "he", "asked", "“Is the bridge closed?”"),
        # a tag inside
        ("“We,” Ann said, “will go.”", "Ann", "said", "“We,” Ann said, “will go.”"),
        ("The bridge, she said, was closed.", "she", "said", "The bridge, she said, was closed"),
        ("“We,” Ann said, before adding: “will go.”", "Ann", "said", "“We,” Ann said, before adding: “will go.”"),
        ("LONDON (Reuters) - The old bridge was closed, Smith said on Monday.", "Smith", "said", "The old bridge was closed"),
        ("We learned that, according to a posting, the bridge was closed.", "a posting", "according to", CLOSED),
        # other contents
        ("Smith said the bridge, which was old, was closed.", "Smith", "said", "the bridge, which was old, was closed"),
        ("Smith said the bridge was closed (for good).", "Smith", "said", "the bridge was closed (for good)"),
        ("Smith said on “Late Night” that the bridge was closed.", "Smith", "said", f"that {CLOSED}"),
        ("CNN reported that the bridge was closed, a claim that nobody believed.", "CNN", "reported", f"that {CLOSED}"),
        ("Witnesses described hearing shots at nine.", "Witnesses", "described", "hearing shots at nine"),
        ("Smith added: “Use the ferry.”", "Smith", "added", "“Use the ferry.”"),
        ("Smith told Jones not to use the bridge.", "Smith", "told", "not to use the bridge"),
        ("She called the bridge “a disgrace.”", "She", "called", "the bridge “a disgrace.”"),
        ("He called their talk frank and open.", "He", "called", "their talk frank and open"),
        ("Smith described it as a danger to all.", "Smith", "described", "it as a danger to all"),
        ("She urged Congress to act at once.", "She", "urged", "Congress to act at once"),
        ("The mayor denied any part in it.", "The mayor", "denied", "any part in it"),
        ("Smith denied wrongdoing.", "Smith", "denied", "wrongdoing"),
        ("A spokeswoman has rejected criticism.", "A spokeswoman", "rejected", "criticism"),
        ("It was a talk that one aide characterized as heated.", "one aide", "characterized", "a talk that one aide characterized as heated"),
        ("Smith pointed out that the bridge was closed.", "Smith", "pointed out", f"that {CLOSED}"),
        ("As the Post observed, the bridge was closed.", "the Post", "observed", CLOSED),
        ("According to the police, the bridge was closed.", "the police", "According to", CLOSED),
        ("According to the Interior Ministry over 300 people were hurt in a crush on the long old bridge.", "the Interior Ministry", "According to", "over 300 people were hurt in a crush on the long old bridge"),
        ("The book was sold on Monday, according to Ann Smith, author of it.", "Ann Smith", "according to", "The book was sold on Monday"),
        ("According to the coach, Al Ray, the bridge was closed.", "Al Ray", "According to", CLOSED),
        ("The bridge was closed, according to the police.", "the police", "according to", "The bridge was closed"),
    ],
)  # fmt: skip
def test_speaker_cue_and_content_are_found(sentence: str, speaker: str, cue: str, content: str) -> None:
    assert said(sentence) == [(speaker, cue, content)]


@pytest.mark.parametrize(
    "sentence",
    [
        # nouns
        "The report on old claims was long.",
        "His claims that the bridge was closed are old.",
        "Such false claims that the bridge was closed are old.",
        "A laser light show that opened on Monday is closed.",
        "The CNN reporting: it was long.",
        # infinitives
        "He declined to say that the bridge was closed.",
        "They met to announce that the bridge was closed.",
        # passives without a speaker
        "She was told that the bridge was closed.",
        "It was announced that the bridge was closed.",
        "The bridge was described by many as old.",
        # nobody has said it
        "He did not say that the bridge was closed.",
        "She never claimed that the bridge was closed.",
        "If Smith says the bridge is closed, we stay.",
        "Smith might say that the bridge is closed.",
        # the writer and the reader
        "I think the bridge is closed.",
        "You say the bridge is closed.",
        # other senses
        "She called the police on Monday.",
        "He called off the strike on Monday.",
        "The court denied bail.",
        "The group called the Sea Guard was there on Monday.",
        "He told a joke.",
        "Smith said very little.",
        "A fine word: “bridge”.",
    ],
)
def test_nothing_is_found(sentence: str) -> None:
    assert said(sentence) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "He called it “a mess,” adding that Brown had told him to go.",
            [("He", "called", "it “a mess,”"), ("He", "adding", "that Brown had told him to go")],
        ),
        (
            'Smith said he was late, adding that "nobody" had asked him.',
            [("Smith", "said", "he was late"), ("Smith", "adding", 'that "nobody" had asked him')],
        ),
        ("According to him, the bridge was closed.", [("him", "According to", CLOSED)]),
        ("Smith, who denied it, said he would leave.", [("Smith", "said", "he would leave")]),
        ("Smith, who denied it, said: “We will go.”", [("Smith", "said", "“We will go.”")]),
        ("Smith, who denied it, said, “We will go.”", [("Smith", "said", "“We will go.”")]),
        (
            "Smith, who denied any part in it, said he would leave.",
            [("Smith", "denied", "any part in it"), ("Smith", "said", "he would leave")],
        ),
        (
            "Smith, who denied wrongdoing, said, “We will go.”",
            [("Smith", "denied", "wrongdoing"), ("Smith", "said", "“We will go.”")],
        ),
        ("The White House on Monday said the bridge was closed.", [("The White House", "said", CLOSED)]),
    ],
)
def test_a_verb_has_its_own_content_and_no_object_is_its_speaker(text: str, expected: list[Any]) -> None:
    assert said(text) == expected


def test_one_speaker_may_say_two_things() -> None:
    assert said("The city warned that the bridge could fall, adding that ferries were running.") == [
        ("The city", "warned", "that the bridge could fall"),
        ("The city", "adding", "that ferries were running"),
    ]


@pytest.mark.parametrize(
    ("text", "quote_type"),
    [
        ("“We will go,” she said.", "direct"),
        ("“We,” she said, “will go.”", "direct"),
        ("She said it was “a mess” and no bridge.", "mixed"),
        ("She said it was a mess.", "indirect"),
    ],
)
def test_the_quote_type_tells_whose_words_they_are(text: str, quote_type: str) -> None:
    assert [card.quote_type for card in cards(text)] == [quote_type]


def test_what_somebody_quotes_of_another_is_indirect() -> None:
    text = "“Jones told me that the bridge is closed and that nobody knows why,” Smith said."
    assert [(card.quote_type, card.speaker and card.speaker.text) for card in cards(text)] == [("indirect", "Jones")]


@pytest.mark.parametrize(
    ("text", "denial"),
    [
        ("“This is not true,” she said.", True),
        ("He denied any part in it.", True),
        ("She said the reports could not be relied on.", True),
        ("“We didn’t say that,” he said.", True),
        ("She said the bridge was closed.", False),
        ("She said the falsetto was fine.", False),
    ],
)
def test_words_of_denial_are_marked(text: str, denial: bool) -> None:
    assert [card.denial for card in cards(text)] == [denial]


@pytest.mark.parametrize(
    ("text", "hearsay"),
    [
        ("Smith is said to have warned that the bridge was closed.", True),
        ("Smith was quoted as saying the bridge was closed.", True),
        ("Smith is described as answering that the bridge was closed.", True),
        ("Smith reportedly said the bridge was closed.", True),
        ("Smith said the bridge was closed.", False),
    ],
)
def test_what_a_speaker_is_only_said_to_have_said_is_hearsay(text: str, hearsay: bool) -> None:
    assert [(card.speaker and card.speaker.text, card.hearsay) for card in cards(text)] == [("Smith", hearsay)]
