"""Whom a pronoun stands for: rightly, or left open."""

import pytest

from tests.claims.suggesting.cards import cards


def last_name(text: str, language: str = "en") -> str | None:
    """The name of the last card's speaker."""
    speaker = cards(text, language)[-1].speaker
    assert speaker
    return speaker.name


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("The first word came by post, from the paper’s Ann Roe. “It is over,” she wrote.", "en", "Ann Roe"),
        (
            "Dan Hill said the bridge was closed.\n\nThe news came from Ann Roe.\n\n“It is all over,” she wrote.",
            "en",
            "Ann Roe",
        ),
        ("La noticia llegó ayer, de Ana Ruiz. Ella dijo que el agua se hiela.", "es", "Ana Ruiz"),
    ],
)
def test_a_person_is_the_only_one_whom_the_sentence_before_names_in_full(text: str, language: str, name: str) -> None:
    assert last_name(text, language) == name


@pytest.mark.parametrize(
    "text",
    [
        "The news of Ann Roe came from Dan Hill. “It is over,” she wrote.",
        "The mayor met Ann Roe. “It is over,” she wrote.",
        "In the end she met Ann Roe. “It is over,” she wrote.",
        "Kim met Ann Roe. “It is over,” she wrote.",
        "The news was about Hill and Ann Roe. “It is over,” he wrote. Dan Hill is late.",
        "This was Ann Roe’s own post. “It is over,” he wrote.",
        "The news came from Ann Roe. As the mayor left, he said it was late.",
        "The news came from Ann Roe. “It is over,” they wrote.",
        "The news came from the White House. “It is over,” she wrote.",
    ],
)
def test_it_is_left_open_where_another_may_be_meant(text: str) -> None:
    assert last_name(text) is None


def test_where_a_pronoun_may_be_a_thing_the_sentence_before_tells_nothing() -> None:
    assert last_name("Le premier rapport venait d’Anne Roux. « Tout est fini », dit-il.", "fr") is None
    assert last_name("Der erste Bericht kam von Anna Roth. „Es ist vorbei“, schrieb er.", "de") is None


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("The Herald’s report has more. It says that the bridge was late.", "en", "The Herald"),
        ("The Home Office letter was short. It said that the bridge was closed.", "en", "The Home Office letter"),
        (
            "Dan Hill said the bridge was closed.\n\nThe Senate was brief. It said that the bridge was closed.",
            "en",
            "The Senate",
        ),
        ("Das Ministerium war deutlich. Es sagte, die Brücke sei gesperrt.", "de", "Das Ministerium"),
    ],
)
def test_it_is_the_institution_that_the_paragraph_opens_with(text: str, language: str, name: str) -> None:
    assert last_name(text, language) == name


@pytest.mark.parametrize(
    "text",
    [
        "The Herald’s editor has more. It says that the bridge is closed.",
        "The Mayor was brief. It says that the bridge is closed.",
        "Herald readers know more. It says that the bridge is closed.",
        "The Herald readers know more. It says that the bridge is closed.",
        "Near Home Office is a bridge. It says that the bridge is closed.",
        "The Herald is old. Many read it. It says that the bridge is closed.",
    ],
)
def test_it_is_left_open_behind_anything_else(text: str) -> None:
    assert last_name(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The Herald has more. The ministry said the bridge was closed. It said that it was old.", "The ministry"),
        ("The Herald has more, the ministry said on Friday. It said that the bridge was old.", "the ministry"),
        ("Later, Kim said that the news came from Ann Roe. “It is over,” she wrote.", "Kim"),
    ],
)
def test_a_speaker_in_the_sentence_before_is_nearer(text: str, name: str) -> None:
    assert last_name(text) == name


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("Ann Roe said the bridge was closed.\n\nThen she said it was late.\n\nIn May she said it was dry.", "en", "Ann Roe"),
        ("Anna Roth sagte, die Brücke sei gesperrt.\n\nDann sagte sie, es sei spät.\n\nIm Mai sagte sie, es sei kalt.", "de", "Anna Roth"),
        ("Anne Roux a dit que la ville est riche.\n\nPuis elle a dit que l’eau est froide.\n\nElle a dit que l’eau gèle.", "fr", "Anne Roux"),
        ("Ana Ruiz dijo que el agua es fría.\n\nElla dijo que el agua sube.\n\nElla dijo que el agua se hiela.", "es", "Ana Ruiz"),
    ],
)  # fmt: skip
def test_a_pronoun_is_whom_the_same_pronoun_before_stood_for(text: str, language: str, name: str) -> None:
    lines = text.split("\n\n")
    assert last_name("\n\n".join([lines[0], "…", *lines[1:]]), language) == name


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "Dan Hill said the bridge was closed.\n\nAnn Roe came by with a word of comfort.\n\n“It is all over,” she said.",
            "en",
        ),
        (
            "Dan Hill sagte, die Brücke sei gesperrt.\n\nAnn Roe kam mit einem Wort des Trostes.\n\n„Es ist vorbei“, sagte sie.",
            "de",
        ),
        ("Dan Hill a dit que la ville est riche.\n\nAnn Roe est venue hier.\n\n« Tout est fini », a-t-elle dit.", "fr"),
        ("Dan Hill dijo que el agua es fría.\n\nAnn Roe vino ayer.\n\nElla dijo que el agua se hiela.", "es"),
    ],
)
def test_a_person_is_whoever_a_paragraph_since_the_last_speaker_opens_with(text: str, language: str) -> None:
    assert last_name(text, language) == "Ann Roe"


def test_they_are_not_one_person() -> None:
    assert last_name("Ann Roe said the bridge was closed. They said it was late.") is None
    assert last_name("Companies said the bridge was closed. They said it was late.") == "Companies"


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("Le Blanc a dit que la ville est riche. Anne Le Blanc était à Lille.", "fr", "Anne Le Blanc"),
        ("Ann Van Roe came late. Van Roe said it was late.", "en", "Ann Van Roe"),
        ("Ana Di Luz vino ayer. Di Luz dijo que el agua se hiela.", "es", "Ana Di Luz"),
    ],
)
def test_an_article_in_capitals_is_part_of_a_surname(text: str, language: str, name: str) -> None:
    assert last_name(text, language) == name
