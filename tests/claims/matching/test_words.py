"""What of a text is compared, by which words statements are looked up, and how much they count."""

import pytest

from claims.matching.cleaning import BY_AUTHOR, IN_DATE, SAID, parts_of, without_dates
from claims.matching.scoring import (
    ASSUMED,
    ASSUMED_WITH_WORD,
    USUAL_OF_OTHERS,
    Likeness,
    Query,
    Recorded,
    Term,
    nearness,
    score_of_others,
)
from claims.matching.selection import LOOKUPS, WORDS_ALONE, Reach, lookups


@pytest.mark.parametrize(
    ("text", "said", "author", "dates"),
    [
        ("He said no.", "He said no.", "", ""),
        (
            "No! https://t.co/a1?b=c pic.twitter.com/d — Ann Lee (@annlee) March 5, 2021",
            "No!",
            "Ann Lee",
            "March 5, 2021",
        ),
        ("He left on 5 March 2021, or 2021-03-05, or 5.3.2021 or 03/05/2021.", "He left on , or , or or .", "",
         "5 March 2021 2021-03-05 5.3.2021 03/05/2021"),
        ("In March 2021 they may go.", "In March 2021 they may go.", "", ""),
        ("#NoNewTaxes #CNNDebate #Brexit2016 #MAGA @realDonaldTrump",
         "No New Taxes CNN Debate Brexit 2016 MAGA real Donald Trump", "", ""),
        ("#snake_case #Übermut #ÜberMut", "snake case Übermut Über Mut", "", ""),
        ("a@b.example and C# and # and @", "a b .example and C# and # and @", "", ""),
        ("www.news.example/a HTTP://B.EXAMPLE/c", "", "", ""),
        ("One — two (three) — four.", "One — two (three) — four.", "", ""),
    ],
)  # fmt: skip
def test_links_handles_and_dates_are_no_part_of_what_is_said(text, said, author, dates):
    parts = [(" ".join(part.split()), weight) for part, weight in parts_of(text)]
    assert parts == [(said, SAID), (author, BY_AUTHOR), (dates, IN_DATE)]


def term(word, rows=1.0, weight=1.0, stems=()):
    return Term((word,), stems, weight, rows)


def query(*terms, statements=1_000_000, words=()):
    return Query(frozenset(words), terms, statements)


def test_the_words_of_a_statement_are_read_from_its_vector():
    recorded = Recorded.read("'it''s':3A 'sack':2A 'sack_en':2A,9B,20 'title':11C 'reason':14 'source_7'")
    assert recorded.counts == {"it''s": 1, "sack": 1, "sack_en": 2, "title": 1}
    assert recorded.said == {"it''s", "sack"}
    assert recorded.length == 11
    assert Recorded.read("") == Recorded({}, frozenset(), 0)


def test_a_rare_word_counts_more_than_a_common_one():
    asked = query(term("rare", 3), term("common", 300_000))
    rare, common = (Likeness(asked, Recorded({word: 1}, frozenset(), 10)).score for word in ("rare", "common"))
    assert rare > 5 * common > 0


def test_a_word_that_all_statements_have_still_counts_a_little():
    asked = query(term("the", 20_000), statements=10_000)
    assert 0 < Likeness(asked, Recorded({"the": 1}, frozenset(), 10)).score < 0.01


def test_a_word_counts_for_more_where_it_is_written_alike_or_occurs_again_or_the_text_is_short():
    asked = query(Term(("sacked",), ("sack_en",), 1.0, 5))

    def score(counts, length=10):
        return Likeness(asked, Recorded(counts, frozenset(), length)).score

    stem = score({"sack_en": 1})
    assert stem < score({"sack_en": 1, "sacked": 1})
    assert stem < score({"sack_en": 3}) < 3 * stem
    assert score({"sack_en": 1}, length=100) < stem
    assert score({"sack": 1}) == 0


def test_the_score_does_not_depend_on_how_much_a_text_says_besides():
    recorded = Recorded({"a": 1}, frozenset(), 10)
    alone, amid = query(term("a", 5)), query(term("a", 5), *(term(f"b{n}", 5) for n in range(20)))
    assert Likeness(alone, recorded).score == Likeness(amid, recorded).score


def test_the_same_text_scores_about_the_same_among_any_number_of_statements():
    words = ["mayor", "sacked", "eleven", "inspectors", "springfield", "march"]
    recorded = Recorded(dict.fromkeys(words, 1), frozenset(words), 8)
    scores = [
        Likeness(query(*(term(word, rows) for word in words), statements=statements), recorded).score
        for statements, rows in ((1, 1), (1_000, 5), (1_000_000, 500))
    ]
    assert all(1 < score < 1.6 for score in scores)


def test_the_same_words_are_likely_to_say_the_same_and_a_part_of_them_is_not():
    said = frozenset(["he", "said", "no", "to", "them"])
    asked = query(term("said", 900_000), words=said)

    def likely(words):
        return Likeness(asked, Recorded({"said": 1}, frozenset(words), 4)).odds(USUAL_OF_OTHERS) >= 0

    assert likely(said)
    assert likely(said - {"to"})  # four of five
    assert not likely(said - {"to", "them"})
    assert not likely(said | {"never", "ever"})
    assert Likeness(query(), Recorded({}, frozenset(), 0)).odds(USUAL_OF_OTHERS) < 0


def test_the_words_in_common_are_told_in_the_order_of_the_text():
    asked = query(term("b"), Term(("sacked", "sacking"), ("sack_en",), 1.0, 1), term("a"))
    recorded = Recorded({"a": 1, "sack_en": 1, "b": 1}, frozenset(), 3)
    assert Likeness(asked, recorded).words == ["b", "sacked", "a"]


def test_the_assumed_statements_are_taken_into_account():
    assert query(statements=0).weight(term("a", 0)) == pytest.approx(5.649, abs=0.01)
    assert (ASSUMED, ASSUMED_WITH_WORD) == (1_000, 3)


def test_statements_are_looked_up_by_the_rarest_words_and_by_pairs_of_the_next():
    rare, paired = WORDS_ALONE.rare, WORDS_ALONE.paired
    half = rare / 2
    terms = [term("f", paired + 1), term("b", half), term("a", half), term("c", rare), term("d", paired)]
    assert lookups(query(*terms)) == ["(b | a)", "(c) & (d)"]
    many = [term(f"m{n}", rare + n) for n in range(9)]
    first, *pairs = lookups(query(term("a"), *many))
    assert first == "(a)"
    assert pairs[0] == "(m0) & (m1 | m2 | m3 | m4 | m5 | m6)"
    assert pairs[-1] == "(m5) & (m6)"
    assert len(lookups(query(term("a"), *many))) == LOOKUPS
    assert lookups(query(*terms), Reach(rare=int(half), paired=rare)) == ["(b)", "(a) & (c)"]


def test_where_no_two_words_can_be_paired_the_rarest_one_is_looked_up():
    paired = WORDS_ALONE.paired
    assert lookups(query(term("the", paired + 1), term("minister", paired))) == ["(minister)"]


def test_words_that_are_all_common_are_looked_up_together():
    many = [term(f"m{n}", WORDS_ALONE.paired + 5 - n) for n in range(5)]
    assert lookups(query(*many)) == ["(m4) & (m3) & (m2) & (m1)"]
    assert lookups(query(*many[:1])) == ["(m0)"]


def test_nothing_is_looked_up_by_words_that_no_statement_has_or_by_a_date():
    assert lookups(query()) == []
    assert lookups(query(term("nowhere", 0), term("march", 5, weight=IN_DATE))) == []
    assert lookups(query(term("lee", 5, weight=BY_AUTHOR))) == ["(lee)"]


def test_a_word_is_looked_up_in_all_its_forms_unless_its_stems_find_as_much():
    sacked = Term(("sacked", "sacking"), ("sack_en", "sack_de"), 1.0, 1)
    assert sacked.lookup == "sacked | sacking | sack_en | sack_de"
    known = Term(("sacked",), ("sack_en",), 1.0, 1, stems_find_all=True)
    assert known.lookup == "sack_en"


def test_nearness_counts_as_much_as_words_and_a_statement_without_a_vector_counts_by_words():
    asked, recorded = query(term("mayor")), Recorded({"mayor": 1}, frozenset({"mayor", "sacked"}), 2)
    by_words = Likeness(asked, recorded).score
    assert Likeness(asked, recorded, by_words).score == pytest.approx(by_words)
    assert Likeness(asked, recorded, 0.0).score == pytest.approx(by_words / 2)


@pytest.mark.parametrize(
    ("near", "is_alike", "is_likely"), [(0.29, False, False), (0.3, True, False), (0.7, True, True)]
)
def test_two_texts_without_a_word_in_common_may_be_alike_and_from_some_nearness_on_likely(near, is_alike, is_likely):
    found = Likeness(query(term("mayor")), Recorded({"boss": 1}, frozenset({"boss"}), 1), near)
    assert (found.is_alike, found.odds(USUAL_OF_OTHERS) >= 0, found.words) == (is_alike, is_likely, [])


def test_the_odds_are_better_with_each_sign_and_worse_the_more_others_are_as_near():
    words = ("mayor", "sacked", "boss")
    asked = query(*(term(word) for word in words))
    recorded = [Recorded(dict.fromkeys(words[:n], 1), frozenset(words[:n]), n) for n in range(4)]
    odds = [Likeness(asked, each).odds(0.35) for each in recorded]
    assert odds == sorted(odds)
    assert odds[0] < 0 < odds[3]
    near = [Likeness(asked, recorded[2], each).odds(0.35) for each in (0.1, 0.3, 0.6)]
    assert near == sorted(near)
    assert near[0] < 0 < near[2]
    for same in (None, 0.3):
        assert Likeness(asked, recorded[2], same).odds(0.5) < Likeness(asked, recorded[2], same).odds(0.4)


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [
        ([], 0.35),
        ([1.0] * 4, 0.35),
        ([0.1, 0.9, 0.4, 0.8, 0.7, 0.2], 0.3),
        ([0.9, 0.45, 0.8, 0.1, 0.7, 0.6], 0.45),
        ([1.0] * 9, 0.6),
    ],
)
def test_how_near_others_are_is_the_fifth_best_score_within_limits(scores, wanted):
    assert score_of_others(scores) == wanted


@pytest.mark.parametrize(("product", "wanted"), [(1, 1), (0.75, 0), (0.5, 0), (0.875, 0.5)])
def test_nearness_is_0_for_texts_that_have_nothing_to_do_with_each_other(product, wanted):
    assert nearness(product, 0.75) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("No! https://t.co/a1 — Ann Lee (@annlee) March 5, 2021", "No!       Ann Lee"),
        ("#NoTax", "No Tax"),
        ("March 5, 2021", "March 5, 2021"),
        ("", ""),
    ],
)
def test_a_vector_is_made_without_links_and_dates_unless_there_is_nothing_else(text, wanted):
    assert without_dates(text).split() == wanted.split()
