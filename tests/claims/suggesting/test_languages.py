"""German, French and Spanish; other languages answer with quotations alone."""

import tomllib

import pytest

from claims.suggesting import grammar
from claims.suggesting.grammar import LANGUAGES, grammar_of
from tests.claims.suggesting.cards import cards, said


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("de", "„Die Lage ist ernst“, sagte Ministerin Anna Müller am Montag.", ("Ministerin Anna Müller", "sagte", "„Die Lage ist ernst“")),
        ("de", "Der Sprecher sagte, es habe keine Verletzten gegeben.", ("Der Sprecher", "sagte", "es habe keine Verletzten gegeben")),
        ("de", "Der Kanzler erklärte, dass die Steuern nicht steigen.", ("Der Kanzler", "erklärte", "dass die Steuern nicht steigen")),
        ("de", "Am Montag sagte Müller, die Lage sei ernst.", ("Müller", "sagte", "die Lage sei ernst")),
        ("de", "Laut dem Bericht der Behörde wurden drei Menschen verletzt.", ("dem Bericht der Behörde", "Laut", "wurden drei Menschen verletzt")),
        ("de", "Der Polizei zufolge ist die Straße gesperrt.", ("Der Polizei", "zufolge", "ist die Straße gesperrt")),
        ("de", "»Wir warten noch«, so der Bürgermeister.", ("der Bürgermeister", "so", "»Wir warten noch«")),
        ("de", "Die Zeitung schrieb: „Der Kanzler geht.“", ("Die Zeitung", "schrieb", "„Der Kanzler geht.“")),
        ("de", "Müller bestritt die Vorwürfe der Opposition.", ("Müller", "bestritt", "die Vorwürfe der Opposition")),
        ("de", "„Das ist gut“, sagte sie der Zeitung „Bild“.", ("sie", "sagte", "„Das ist gut“")),
        ("de", "Wie die Polizei mitteilte, wurden zwei Männer festgenommen.", ("die Polizei", "mitteilte", "wurden zwei Männer festgenommen")),
        ("de", "Nach Angaben der Feuerwehr brach der Brand nachts aus.", ("Feuerwehr", "Nach Angaben der", "brach der Brand nachts aus")),
        ("de", "Die Opposition warf dem Kanzler vor, er habe geschwiegen.", ("Die Opposition", "warf", "er habe geschwiegen")),
        ("de", "Der Anwalt wies die Vorwürfe zurück.", ("Der Anwalt", "wies", "die Vorwürfe zurück")),
        ("de", "Die „Süddeutsche Zeitung“ berichtet, dass der Vertrag endet.", ("Die „Süddeutsche Zeitung“", "berichtet", "dass der Vertrag endet")),
        ("de", "„Wir bleiben“, so Selenskyj weiter.", ("Selenskyj", "so", "„Wir bleiben“")),
        ("fr", "« Nous ne céderons pas », a déclaré le ministre Jean Dupont lundi.", ("le ministre Jean Dupont", "déclaré", "« Nous ne céderons pas »")),
        ("fr", "« C’est ainsi », a-t-il répondu.", ("il", "répondu", "« C’est ainsi »")),
        ("fr", "Le président a affirmé que la situation était grave.", ("Le président", "affirmé", "que la situation était grave")),
        ("fr", "La maire explique qu’elle attend une réponse.", ("La maire", "explique", "qu’elle attend une réponse")),
        ("fr", "Selon la police, trois personnes ont été arrêtées.", ("la police", "Selon", "trois personnes ont été arrêtées")),
        ("fr", "D’après le rapport, les prix ont augmenté.", ("le rapport", "D’après", "les prix ont augmenté")),
        ("fr", "Le gouvernement a démenti ces informations.", ("Le gouvernement", "démenti", "ces informations")),
        ("fr", "L’avocat de la défense, Pierre Martin, estime que le procès est long.", ("Pierre Martin", "estime", "que le procès est long")),
        ("fr", "« Je n’ai rien fait », assure-t-il.", ("il", "assure", "« Je n’ai rien fait »")),
        ("es", "El presidente del Gobierno, Pedro Sánchez, aseguró este martes que no irá.", ("Pedro Sánchez", "aseguró", "que no irá")),
        ("es", "Fuentes de la Moncloa confirman que habrá reunión.", ("Fuentes de la Moncloa", "confirman", "que habrá reunión")),
        ("es", "«No vamos a ceder», dijo el ministro Juan Pérez el lunes.", ("el ministro Juan Pérez", "dijo", "«No vamos a ceder»")),
        ("es", "El presidente afirmó que la situación es grave.", ("El presidente", "afirmó", "que la situación es grave")),
        ("es", "Según la policía, tres personas fueron detenidas.", ("la policía", "Según", "tres personas fueron detenidas")),
        ("es", "Ana López dijo: “No hay nada decidido”.", ("Ana López", "dijo", "“No hay nada decidido”")),
        ("es", "Smith negó irregularidades.", ("Smith", "negó", "irregularidades")),
        ("es", "El Gobierno negó las acusaciones de la oposición.", ("El Gobierno", "negó", "las acusaciones de la oposición")),
    ],
)  # fmt: skip
def test_each_language_attributes_by_its_own_words(language: str, text: str, found: tuple[str, str, str]) -> None:
    assert said(text, language) == [found]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Die Aussage war kurz. Was er sagte, blieb unklar."),
        ("de", "Das Gesagte gilt. Er hat nicht gesagt, dass er geht."),
        ("fr", "La note est longue. Il n’a pas dit que la route est fermée."),
        ("es", "La denuncia es larga. No dijo que la carretera esté cerrada."),
    ],
)
def test_nouns_and_what_was_not_said_are_left_out(language: str, text: str) -> None:
    assert said(text, language) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "„Das ist falsch“, sagte Müller."),
        ("fr", "« C’est faux », a déclaré Dupont."),
        ("es", "«Eso es mentira», dijo Pérez."),
    ],
)
def test_denials_are_marked_in_each_language(language: str, text: str) -> None:
    assert [card.denial for card in cards(text, language)] == [True]


def test_a_spanish_tag_without_a_subject_goes_on_with_the_speaker_before() -> None:
    text = "Ana López dijo: “No hay nada”. “Vamos a esperar”, añadió."
    assert said(text, "es")[1] == ("Ana López", "añadió", "“Vamos a esperar”")


@pytest.mark.parametrize(
    ("language", "text", "quotation"),
    [
        ("pl", "Minister powiedział: „Nigdy nie ustąpimy pod ich presją”.", "„Nigdy nie ustąpimy pod ich presją”"),
        ("ru", "Министр сказал: «Мы никогда не уступим этому давлению».", "«Мы никогда не уступим этому давлению»"),
        ("ja", "首相は「私たちは決して譲歩しない」と語った。", "「私たちは決して譲歩しない」"),
        ("xx", "“One two three four five six,” Smith said.", "“One two three four five six,”"),
        ("", "He said that it was so. “One two three four five six.”", "“One two three four five six.”"),
    ],
)
def test_another_language_answers_with_its_quotations_alone(language: str, text: str, quotation: str) -> None:
    assert said(text, language) == [(None, None, quotation)]


def test_a_language_is_known_by_its_first_part() -> None:
    assert {"de", "en", "es", "fr"} == LANGUAGES
    assert said("„Nein“, sagte Müller.", "de-AT") == [("Müller", "sagte", "„Nein“")]
    assert said("“No,” Smith said.", "EN-gb") == [("Smith", "said", "“No,”")]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("kind", ["nouns", "order"])
def test_what_is_told_of_a_cue_is_told_of_one_that_there_is(language, kind):
    grammar = grammar_of(language)
    assert grammar.words[kind] - grammar.cues.keys() == set()


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_each_list_of_words_is_explained_and_every_language_has_it(language: str) -> None:
    lists = {code: tomllib.loads((grammar.CUES / f"{code}.toml").read_text()) for code in ("en", language)}
    keys = {code: {(part, key) for part, words in data.items() for key in words} for code, data in lists.items()}
    optional = {("words", "plural_endings"), ("words", "adjective_endings")}
    assert keys["en"] - keys[language] <= optional
    assert [key for _, key in keys[language] if f"`{key}`" not in str(grammar.__doc__)] == []
    traits = filter(None, lists[language]["words"]["traits"].split(", "))
    assert [trait for trait in traits if f"`{trait}`" not in str(grammar.__doc__)] == []
