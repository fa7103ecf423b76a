"""Words are found as a person sees them, in statements, articles and sources alike."""

import unicodedata
from importlib import import_module

import pytest
from django.db import connection

from claims import services
from claims.models.words import ArticleWords, StatementWords
from sources.services import create_source, update_source

# What stands there, in which language, and what is typed to find it.
SEEN = [
    ("en", "He said: “Never again.”", ["never", "Never", "again", '"never again"', "“never again”", "“Never again.”"]),
    (
        "en",
        "Zelensky’s office—not Biden’s—said no.",
        ["Zelensky", "Biden", "office", "said", "Zelensky's", "Zelensky’s office", '"zelensky\'s office"', "Biden`s"],
    ),
    ("es", "¿Por qué? ¡No!, dijo", ["por", "no", "por que", "¿qué?", "dijo"]),
    (
        "fr",
        "Il a dit\u00a0: «\u00a0Nous payons\u202f» hier\u202f!",
        ["nous", "payons", "dit", "hier", "« nous payons »", '"nous payons"'],
    ),
    ("fr", "L’économie a progressé", ["économie", "economie", "l'économie", "L’ÉCONOMIE", "progresse"]),
    ("en", "D’Angelo O’Neil", ["Neil", "D'Angelo O'Neil", "O’Neil", "angelo"]),
    ("es", "José García", ["Jose Garcia", "josé", "GARCÍA"]),
    ("de", "Müller traf Björk", ["Muller", "Bjork", "MÜLLER", "Mu\u0308ller"]),
    ("pl", "Łukasz mówi", ["Lukasz", "łukasz", "mowi"]),
    ("vi", "Nguyễn Phú Trọng", ["Nguyen Phu Trong", "nguyễn", "Trọng"]),
    ("en", "Ｆｕｌｌ ｗｉｄｔｈ １２", ["full width", "12", "ｆｕｌｌ"]),
    ("ar", "قَالَ الرَّئِيسُ كِتَابًا", ["قال", "الرئيس", "كتابا", "قَالَ", "كتابًا"]),
    ("fa", "می\u200cخواهم ۱۲", ["میخواهم", "مي\u200cخواهم", "12"]),
    ("he", "שָׁלוֹם עולם", ["שלום"]),
    ("zh", "他说俄罗斯入侵了乌克兰东部。", ["入侵", "俄罗斯", "乌克兰东部", "俄罗斯入侵", "东"]),
    ("ja", "首相は「知らない」と述べた", ["首相", "知らない", "ら", "述べた"]),
    ("ja", "ﾛｼｱは強い", ["ロシア"]),
    ("th", "นายกรัฐมนตรีกล่าวว่าไม่จริง", ["รัฐมนตรี", "ไม่จริง"]),
    ("ko", "대통령은 부인했다", ["대통령", "부인"]),
    ("zh", "用AI技术", ["AI", "技术", "用AI技术", "ai技"]),
    ("hi", "प्रधानमंत्री ने कहा।", ["प्रधानमंत्री", "कहा"]),
    ("uk", "Зеленський: їжак і йод", ["зеленський", "їжак", "йод"]),
    ("ru", "Ёлка зелёная", ["елка", "ёлка", "зеленая"]),
    ("ru", "Кири\u0301лл говори\u0301л о ми\u0301ре", ["Кирилл", "мире", "говорил", "Кири\u0301лл", '"о мире"']),
    ("bg", "Каза ѝ да", ["каза ѝ", "и"]),
    ("uk", "Украї\u0301на, дити\u0300на і\u0301 йод", ["україна", "дитина", "йод", '"дитина і"']),
    ("tr", "İstanbul’da Işık", ["istanbul", "Isik", "ışık"]),
    ("en", "COVID-19 cost $1.5 billion (24/7)", ["COVID-19", "covid 19", "COVID–19", "1.5", "$1.5", "24/7", "billion"]),
    ("en", "exam\u00adple of ﬁne print", ["example", "fine"]),
]
UNSEEN = [
    ("He said: “Never again.”", ["nevermore", '"again never"', "-again", "never -said"]),
    ("他说俄罗斯入侵了乌克兰东部。", ["侵入", "罗俄", "俄罗斯乌克兰"]),
    ("Nguyễn Phú Trọng", ['"phu nguyen"']),
]
CASES = [(language, text, typed) for language, text, all_typed in SEEN for typed in all_typed]


def found(api, kind, typed, **filters):
    answer = api.get(f"/api/v1/{kind}/", {"q": typed, **filters})
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


@pytest.fixture
def made(alice):
    """Makes an article, a statement and a source of the text, each beside one of other words."""

    def make(text, language="en"):
        source = create_source(actor=alice, name=text, kind="person")
        speaker = create_source(actor=alice, name="Somebody", kind="person")
        article = services.create_article(actor=alice, title="Title", text=f"Before. {text} After.", language=language)
        statement = services.create_statement(article=article, actor=alice, source=speaker, start=8, end=8 + len(text))
        other = services.create_article(actor=alice, title="Title", text="Before and after.", language=language)
        services.create_statement(article=other, actor=alice, source=speaker, start=0, end=6)
        return {"sources": source.pk, "articles": article.pk, "statements": statement.pk}

    return make


@pytest.mark.parametrize(("language", "text", "typed"), CASES, ids=[typed for _, _, typed in CASES])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_words_are_found_as_they_are_seen(api, made, language, text, typed, form):
    made = made(unicodedata.normalize(form, text), language)
    for kind, row_id in made.items():
        assert found(api, kind, typed) == [row_id], kind
        assert found(api, kind, unicodedata.normalize("NFD", typed)) == [row_id], kind


@pytest.mark.parametrize(("text", "all_typed"), UNSEEN)
def test_other_words_are_not_found(api, made, text, all_typed):
    made = made(text)
    for typed in all_typed:
        for kind, row_id in made.items():
            assert row_id not in found(api, kind, typed), (kind, typed)


@pytest.mark.parametrize(("language", "text", "typed"), [
    ("en", "They sacked the ministers", "sacking minister"), ("en-GB", "Taxes were raised", "tax raise"),
    ("de", "Die Steuern der Häuser", "Steuer"), ("fr", "Les élections sont annulées", "élection annulee"),
    ("es", "Los ministros mintieron", "ministro"), ("ru", "Новые налоги", "налог"), ("nb", "Skattene øker", "skatt"),
    ("pt", "Os impostos subiram", "imposto"), ("ar", "الضرائب ارتفعت", "ضرائب"),
    ("es", "Hubo declaraciones", "declaración"), ("es", "Hubo declaraciones", "declaracion"),
    ("es", "La investigación", "investigaciones"), ("es", "Las investigaciones", "investigación"),
    ("es", "La investigación", "investigacion"), ("es", "Las investigaciones", "investigacion"),
    ("es", "La investigacion", "investigación"), ("es", "Los alemanes", "alemán"), ("fr", "Il est arrêté", "arrêtée"),
    ("fr", "Il faut l’arrêter", "arrêtée"), ("fr", "Elle est condamnée", "condamné"),
    ("fr", "Il est adopté", "adoptée"), ("fr", "Il est arrêté", "arreter"), ("tr", "Bu gözlükler", "gözlük"),
    ("et", "Valitsused maksid", "valitsuse"),
])  # fmt: skip
def test_words_are_found_in_their_other_forms(api, made, language, text, typed):
    made = made(text, language)
    assert found(api, "statements", typed) == [made["statements"]]
    assert found(api, "articles", typed) == [made["articles"]]


def test_a_stem_is_that_of_the_articles_language_and_a_quotation_is_found_word_for_word(api, made):
    made = made("They sacked the cares", "en")
    assert found(api, "statements", "sack") == [made["statements"]]
    assert found(api, "statements", '"sack"') == []
    assert found(api, "statements", '"sacked the"') == [made["statements"]]
    assert found(api, "statements", "car") == []  # the stem of “cares” is another in Hungarian


LONG = "The war in the east goes on. " * 500 + "The prosecutor of the tribunal resigned. " + "He said it. " * 6_000


@pytest.mark.parametrize("typed", [
    '"the prosecutor"', '"prosecutor of the tribunal"', '"of the"', '"the tribunal resigned"', '"on the prosecutor"',
    '"the war in the east"', "the-prosecutor",
])  # fmt: skip
def test_a_phrase_is_found_behind_hundreds_of_its_words(api, alice, typed):
    article = services.create_article(actor=alice, title="Title", text=LONG)
    assert found(api, "articles", typed) == [article.pk]
    assert found(api, "articles", f"-{typed}") == []


@pytest.mark.parametrize("typed", ['"the resigned"', '"the said"', '"tribunal of the"', '"east the"', '"in the war"'])
def test_words_of_a_long_text_are_no_phrase_where_they_are_not_side_by_side(api, alice, typed):
    services.create_article(actor=alice, title="Title", text=LONG)
    assert found(api, "articles", typed) == []


def test_all_of_the_longest_text_is_searched(api, alice):
    text = "The ministers went home. " * 19_900
    article = services.create_article(actor=alice, title="Title", text=text + "A prosecutor resigned. 入侵乌克兰")
    for typed in ("prosecutors", "resign minister", "prosecutor 乌克"):
        assert found(api, "articles", typed) == [article.pk], typed


def test_a_text_of_nothing_but_new_words_is_searched_as_far_as_there_is_room(api, alice):
    words = [f"{number:07}" for number in range(62_000)]
    article = services.create_article(actor=alice, title="Title", text=" ".join(words))
    assert found(api, "articles", f"{words[0]} {words[30_000]}") == [article.pk]
    assert found(api, "articles", words[-1]) == []


def test_the_language_of_an_article_is_corrected(api, alice, made):
    row = made("Die Steuern steigen", "en")
    assert found(api, "statements", "Steuer") == []
    services.update_article(article_id=row["articles"], versions=None, actor=alice, language="de")
    assert found(api, "statements", "Steuer") == [row["statements"]]
    assert found(api, "articles", "Steuer") == [row["articles"]]


@pytest.fixture
def full(alice, article, minister):
    """A statement with something in each of the fields that are searched."""
    office = create_source(actor=alice, name="Ανδρέας’ office", kind="organization", aliases=["Pressestelle"])
    row = services.create_statement(
        article=article, actor=alice, source=minister, start=2, end=23, via=[office], paraphrase="Kein Kommentar"
    )
    services.tag_statement(
        statement_id=row.pk, versions=None, actor=alice, tag="denied", reason="Her spokesman disagrees"
    )
    services.create_evidence(
        statement=row, actor=alice, stance="refutes", url="https://e.example/", title="Minutes of May",
        excerpt="She was “absent”.",
    )  # fmt: skip
    row.refresh_from_db()
    return row


FIELDS = [
    "minister said",
    "Jane Doe",
    "office",
    "Ανδρεας",
    "pressestelle",
    "kommentar",
    "spokesman",
    "minutes",
    "absent",
]


@pytest.mark.parametrize("typed", [*FIELDS, " ".join(FIELDS), '"jane doe" absent', "absent or nowhere", "kein -yes"])
def test_a_statement_is_found_by_all_that_its_page_shows_of_it(api, full, typed):
    assert found(api, "statements", typed) == [full.pk]


@pytest.mark.parametrize("typed", [
    "-doe", "absent -pressestelle", '"doe jane"', '"no kein"', '"kommentar her"', "nowhere", "office -absent",
    '"may she"', "source_1", "???",
])  # fmt: skip
def test_a_statement_is_not_found_by_what_is_excluded_or_stands_in_two_fields(api, full, typed):
    assert found(api, "statements", typed) == []


def test_filters_combine_with_words(api, full, article):
    assert found(api, "statements", "pressestelle", tag="denied", article=article.pk) == [full.pk]
    assert found(api, "statements", "pressestelle", tag="asserted") == []


def test_an_article_is_found_by_title_byline_publisher_and_address(api, alice):
    publisher = create_source(actor=alice, name="Göteborgs-Posten", kind="outlet", aliases=["GP"])
    row = services.create_article(
        actor=alice, title="Der “Fall”", text="Text.", byline="Zoë O’Hara", publisher=publisher,
        url="https://www.news.example/2024/a-slug",
    )  # fmt: skip
    for typed in ("fall", "zoe o'hara", "Goteborgs Posten", "gp", "news.example", "a-slug", "slug gp zoë fall",
                  "https://www.news.example/2024/a-slug"):  # fmt: skip
        assert found(api, "articles", typed) == [row.pk], typed
    assert found(api, "articles", "slug -gp") == []


def test_a_new_name_counts_at_once_and_the_old_one_no_more(api, alice, full, minister):
    update_source(source_id=minister.pk, versions=None, actor=alice, name="The premier", aliases=["Ιωάννα"])
    assert found(api, "statements", "premier absent") == [full.pk]
    assert found(api, "statements", "ιωαννα") == [full.pk]
    assert found(api, "statements", "jane") == []


def test_what_changes_or_is_deleted_is_found_as_it_is_now(api, alice, full, minister):
    evidence = full.evidence.get()
    services.update_evidence(evidence_id=evidence.pk, versions=None, actor=alice, title="Protokoll")
    assert (found(api, "statements", "protokoll"), found(api, "statements", "minutes")) == ([full.pk], [])
    services.delete_evidence(evidence_id=evidence.pk, versions=None, actor=alice, reason="Wrong.")
    assert found(api, "statements", "protokoll") == []
    services.update_statement(statement_id=full.pk, versions=None, actor=alice, via=[], paraphrase="Nichts")
    assert (found(api, "statements", "office"), found(api, "statements", "nichts")) == ([], [full.pk])
    for reason, count in [("Her lawyer agrees", 1), ("", 0), ("Her lawyer agrees again", 1)]:
        services.tag_statement(statement_id=full.pk, versions=None, actor=alice, tag="unverified", reason=reason)
        assert len(found(api, "statements", "nichts lawyer")) == count, reason
    assert (found(api, "statements", "disagrees"), found(api, "statements", '"nichts her"')) == ([], [])
    services.delete_statement(statement_id=full.pk, versions=None, actor=alice, reason="Wrong.")
    assert found(api, "statements", "nichts") == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM claims_statementwords WHERE statement = %s", [full.pk])
        assert cursor.fetchone() == (0,)


def test_the_words_of_a_statement_without_a_source_are_kept_as_those_of_any(api, alice):
    person = create_source(actor=alice, name="Jane Doe", kind="person")
    article = services.create_article(actor=alice, title="T", text="The bridge was closed in May.")
    told = services.create_statement(actor=alice, article=article, start=0, end=21, quote_type="narration")
    services.tag_statement(statement_id=told.pk, versions=None, actor=alice, tag="denied", reason="Photographs of it.")
    assert found(api, "statements", "photographs") == [told.pk]
    services.update_statement(statement_id=told.pk, versions=None, actor=alice, source=person, quote_type="indirect")
    assert found(api, "statements", "jane") == [told.pk]
    services.update_statement(statement_id=told.pk, versions=None, actor=alice, source=None, quote_type="narration")
    assert found(api, "statements", "jane") == []


@pytest.mark.django_db(transaction=True)
def test_all_words_are_written_again_from_where_that_was_interrupted(api, statement, article):
    module = import_module("claims.migrations.0020_write_all_words_again")
    StatementWords.objects.update(words="")
    ArticleWords.objects.update(words="")
    with connection.cursor() as cursor:
        cursor.execute(module.PROGRESS)
        try:
            assert module.fill_batch(connection, "statement", 1)
            StatementWords.objects.update(words="")
            module.fill(None, connection.schema_editor())
        finally:
            cursor.execute("DROP TABLE claims_words_written")
    assert found(api, "statements", "minister") == []  # it was done before
    assert found(api, "articles", "minister") == [article.pk]
