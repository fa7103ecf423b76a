"""Whom the words of a speaker name: the source that accepting a suggestion makes."""

import pytest

from claims.suggesting.grammar import grammar_of
from claims.suggesting.naming import named
from tests.claims.suggesting.cards import cards


def who(words: str, language: str = "en", is_label: bool = False) -> tuple[str, str, bool]:
    """(name, kind, anonymous)"""
    grammar = grammar_of(language)
    assert grammar
    return tuple(named(words, grammar, is_label))


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Mayor Jane Doe", "Jane Doe"),
        ("Former US President Donald Trump", "Donald Trump"),
        ("House Speaker Nancy Pelosi", "Nancy Pelosi"),
        ("White House press secretary Jen Psaki", "Jen Psaki"),
        ("Secretary of State Antony Blinken", "Antony Blinken"),
        ("Mayor of New York Eric Adams", "Eric Adams"),
        ("Senator Marco Rubio of Florida", "Marco Rubio"),
        ("European Commission President Ursula von der Leyen", "Ursula von der Leyen"),
        ("His father Mohamed El-Hassan", "Mohamed El-Hassan"),
        ("analyst Ann Roe", "Ann Roe"),
        # where no first name is left, the title stays
        ("President Biden", "President Biden"),
        ("King Charles III", "King Charles III"),
        ("The Mayor of London", "Mayor of London"),
        ("The Secretary of State", "Secretary of State"),
        ("New York Mayor Ann Roe", "Ann Roe"),
        ("Ursula von der Leyen", "Ursula von der Leyen"),
        ("County Clerk Ann Roe", "County Clerk Ann Roe"),
    ],
)
def test_a_person_is_called_by_the_name_behind_the_title(words: str, name: str) -> None:
    assert who(words) == (name, "person", False)


@pytest.mark.parametrize(
    ("words", "language", "name"),
    [
        ("la maire Anne Hidalgo", "fr", "Anne Hidalgo"),
        ("le ministre de l’Intérieur Gérald Darmanin", "fr", "Gérald Darmanin"),
        ("le président de la République Emmanuel Macron", "fr", "Emmanuel Macron"),
        ("El expresidente Felipe González", "es", "Felipe González"),
        ("La alcaldesa Ada Colau", "es", "Ada Colau"),
        ("Bundeskanzler Olaf Scholz", "de", "Olaf Scholz"),
        ("die CDU-Politikerin Julia Klöckner", "de", "Julia Klöckner"),
    ],
)
def test_so_is_a_person_in_other_languages(words: str, language: str, name: str) -> None:
    assert who(words, language) == (name, "person", False)


@pytest.mark.parametrize(
    ("words", "language", "name"),
    [
        ("A city official", "en", "city official"),
        ("A Kremlin official", "en", "Kremlin official"),
        ("Senior officials", "en", "Senior officials"),
        ("Officials", "en", "Officials"),
        ("a spokesman for the ministry", "en", "spokesman for the ministry"),
        ("people familiar with the matter", "en", "people familiar with the matter"),
        ("Der Sprecher", "de", "Sprecher"),
        ("Ein Polizeisprecher", "de", "Polizeisprecher"),
        ("Augenzeugen", "de", "Augenzeugen"),
        ("Un porte-parole du gouvernement", "fr", "porte-parole du gouvernement"),
        ("Fuentes del Gobierno", "es", "Fuentes del Gobierno"),
    ],
)
def test_who_is_only_described_is_anonymous(words: str, language: str, name: str) -> None:
    assert who(words, language) == (name, "person", True)


@pytest.mark.parametrize(
    ("words", "language", "name", "kind"),
    [
        ("The White House", "en", "White House", "organization"),
        ("The Justice Department", "en", "Justice Department", "organization"),
        ("The US Army", "en", "US Army", "organization"),
        ("the General Accounting Office", "en", "General Accounting Office", "organization"),
        ("the Ministry of Defence", "en", "Ministry of Defence", "organization"),
        ("Police", "en", "Police", "organization"),
        ("New York Police", "en", "New York Police", "organization"),
        ("the Élysée", "en", "Élysée", "organization"),
        ("NATO", "en", "NATO", "organization"),
        ("Reuters", "en", "Reuters", "outlet"),
        ("The Washington Post", "en", "Washington Post", "outlet"),
        ("The Home Office letter", "en", "Home Office letter", "document"),
        ("Das Verteidigungsministerium", "de", "Verteidigungsministerium", "organization"),
        ("der Kreml", "de", "Kreml", "organization"),
        ("l’Élysée", "fr", "Élysée", "organization"),
        ("Le Monde", "fr", "Le Monde", "outlet"),
        ("L'Express", "fr", "L'Express", "outlet"),
        ("El País", "es", "El País", "outlet"),
        ("Der Spiegel", "de", "Der Spiegel", "outlet"),
        ("le ministère de la Défense", "fr", "ministère de la Défense", "organization"),
        ("La Policía Nacional", "es", "Policía Nacional", "organization"),
    ],
)
def test_the_kind_is_told_by_words_capitals_and_the_article(words: str, language: str, name: str, kind: str) -> None:
    assert who(words, language) == (name, kind, False)


def test_a_company_without_a_name_is_an_anonymous_organization() -> None:
    assert who("the company") == ("company", "organization", True)


def test_a_label_in_capitals_is_no_acronym() -> None:
    assert who("ANNA", is_label=True) == ("ANNA", "person", False)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("“We will never pay,” said Mayor Jane Doe. She denied that the city owes money.", [None, "Jane Doe"]),
        ("Mayor Jane Doe said the bill was wrong. Mayor Doe said the city was rich.", [None, "Jane Doe"]),
        # whose wife it may be
        ("John Doe said the bill was wrong. Mrs. Doe said the city was rich.", [None, None]),
        ("Was Jonesy happy? Jonesy said that he was happy.", [None]),
        ("Did Jonesy go? Where was he? Jonesy said that he was late.", [None]),
        ("Asked Jonesy, who was late? Jonesy said that he was late.", [None]),
        ("That is Will Jones. Jones said that he was late.", ["Will Jones"]),
        ("Smith said he was late. According to him, the bridge was closed.", [None, "Smith"]),
    ],
)
def test_a_mention_has_the_fuller_name_that_the_article_has(text: str, names: list[str | None]) -> None:
    assert [card.speaker and card.speaker.name for card in cards(text)] == names


def test_a_pronoun_stands_for_a_person_with_title_and_article() -> None:
    text = "« Nous paierons », a déclaré la maire Anne Hidalgo. Elle a affirmé que la ville est riche."
    assert [card.speaker and card.speaker.name for card in cards(text, "fr")] == [None, "Anne Hidalgo"]
