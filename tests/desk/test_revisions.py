"""The revisions of an article: who, when, why, and which words changed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims import services
from factcheck.desk import word_diff as words
from factcheck.desk.word_diff import WORD, Part, word_diff
from tests.newsroom import browser_of, page_of


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def parts(before, after):
    return [[(part.kind, part.text) for part in hunk] for hunk in word_diff(before, after).hunks]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (
            "The minister said no. She left.",
            "The minister said yes to it. She left.",
            [("same", "The minister said "), ("gone", "no"), ("new", "yes to it"), ("same", ". She left.")],
        ),
        (
            "大臣は昨日、否定した。",
            "大臣は今日、否定した。",
            [("same", "大臣は"), ("gone", "昨"), ("new", "今"), ("same", "日、否定した。")],
        ),
        (
            "Le cafe\u0301 noir",
            "Le the\u0301 noir",
            [("same", "Le "), ("gone", "cafe\u0301"), ("new", "the\u0301"), ("same", " noir")],
        ),
        ("One two.", "One  two.", [("same", "One"), ("gone", " "), ("new", "  "), ("same", "two.")]),
        ("Old old old.", "New new.", [("gone", "Old old old"), ("new", "New new"), ("same", ".")]),
    ],
)  # fmt: skip
def test_what_changed_is_shown_word_by_word(before, after, shown):
    assert parts(before, after) == [shown]


def test_changes_far_apart_are_shown_with_the_words_around_each():
    text = [f"word{n}" for n in range(200)]
    first, second = " ".join(text), " ".join([*text[:50], "other", *text[51:150], "another", *text[151:]])
    hunks = parts(first, second)
    assert [[part for part in hunk if part[0] != "same"] for hunk in hunks] == [
        [("gone", "word50"), ("new", "other")],
        [("gone", "word150"), ("new", "another")],
    ]
    assert hunks[0][0] == ("same", " ".join(text[40:50]) + " ")


def test_a_sentence_that_moved_is_gone_here_and_new_there():
    sentences = [f"{n} men left, and {n} women came to city {n}." for n in range(30)]
    moved = [*sentences[:5], *sentences[6:20], sentences[5], *sentences[20:]]
    changes = [part for hunk in parts(" ".join(sentences), " ".join(moved)) for part in hunk if part[0] != "same"]
    assert [kind for kind, _ in changes] == ["gone", "new"]
    assert {text.strip() for _, text in changes} == {sentences[5]}


def test_the_difference_of_any_two_texts_is_bounded():
    shown = word_diff("one two three " * 30_000, "four five six " * 30_000)
    gone, new, _ = shown.hunks[0]
    assert (len(gone.text), gone.more, new.kind) == (700, 419_299, "new")
    same = [" ".join(f"{letter}{n}" for letter in "bcdefghi") for n in range(5_000)]
    many = word_diff(" old ".join(same), " new ".join(same))
    assert many.more > 4_000
    assert sum(len(part.text) for hunk in many.hunks for part in hunk) < 60_000


@given(st.text("ab \n。日本", max_size=80), st.text("ab \n。日本", max_size=80))
def test_the_changes_make_one_text_of_the_other(before, after):
    old, new = WORD.findall(before), WORD.findall(after)
    made, at = [], 0
    for start, end, begin, finish in words._changes(old, new):
        made += old[at:start] + new[begin:finish]
        at = end
    assert "".join(made + old[at:]) == after


def test_the_list_says_who_when_why_and_what_changed(desk, alice, article):
    services.update_article(
        article_id=article.pk,
        versions=None,
        actor=alice,
        text=article.text.replace("End.", "The end."),
        reason="A slip.",
    )
    services.update_article(article_id=article.pk, versions=None, actor=alice, title="Only the title")
    html = page_of(desk, f"/api/v1/articles/{article.pk}/revisions/")
    second, first = re.findall(r'<li class="item" id="revision-\d+">(.*?)Fingerprint', html, re.S)
    assert re.search(r"<p>alice, .*<time", second)
    assert '<p class="why" dir="auto">A slip.</p>' in second
    assert "<del>End</del><ins>The end</ins>." in second
    assert "The first text." in first
    assert "alice" in first


def test_of_long_texts_the_list_compares_the_newest_and_leads_to_the_others(desk, alice, article, monkeypatch):
    monkeypatch.setattr("factcheck.desk.pages.revisions.MAX_COMPARED", 250)
    for n in range(3):
        services.update_article(article_id=article.pk, versions=None, actor=alice, text=f"{'word ' * 20}{n}")
    html = page_of(desk, f"/api/v1/articles/{article.pk}/revisions/")
    assert html.count('<ol class="difference">') == 1
    assert html.count("See what changed") == 2
    own = page_of(desk, f"/api/v1/articles/{article.pk}/revisions/3/")
    assert "What changed since" in own
    assert "<del>0</del><ins>1</ins>" in own


def test_markup_in_a_text_is_text(desk, alice, article):
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="<script>alert(1)</script>")
    html = page_of(desk, f"/api/v1/articles/{article.pk}/revisions/2/")
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    assert isinstance(word_diff("", "a").hunks[0][0], Part)
