"""The article's text with its passages marked; line ends of forms; lines of JSON texts."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from claims.form_input import from_form, passage_in
from factcheck.desk.json_lines import line_of, lines_of
from factcheck.desk.marks import Passage, marked

TEXT = "One two three four."


def passage(statement, start, end, tag="unverified"):
    return Passage(statement, start, end, tag, number=statement, address=f"#statement-{statement}")


def opening(statement, tag="unverified", lane=0, first=True):
    lane = f' class="lane-{lane}"' if lane else ""
    if not first:
        return f'<mark data-statement="{statement}" data-tag="{tag}"{lane}>'
    return (
        f'<mark id="mark-{statement}" data-statement="{statement}" data-tag="{tag}"{lane}>'
        f'<a href="#statement-{statement}" data-number="{statement}" '
        f'aria-label="Passage {statement}, {tag}"></a>'
    )


def test_a_passage_is_marked_with_its_statement_and_its_tag():
    assert marked(TEXT, [passage(1, 4, 7, "denied")]) == f"One {opening(1, 'denied')}two</mark> three four."


def test_a_nested_passage_is_marked_within_the_outer_one():
    html = marked(TEXT, [passage(1, 0, 13), passage(2, 4, 7)])
    assert html == (
        f"{opening(1)}One </mark>"
        f"{opening(1, first=False)}{opening(2, lane=1)}two</mark></mark>"
        f"{opening(1, first=False)} three</mark> four."
    )


def test_overlapping_passages_share_the_piece_that_both_cover():
    html = marked(TEXT, [passage(1, 0, 7), passage(2, 4, 13, "asserted")])
    assert html == (
        f"{opening(1)}One </mark>"
        f"{opening(1, first=False)}{opening(2, 'asserted', lane=1)}two</mark></mark>"
        f"{opening(2, 'asserted', lane=1, first=False)} three</mark> four."
    )


def test_markup_in_the_text_stays_text():
    html = marked("<script>alert(1)</script> & </mark>", [passage(1, 0, 8)])
    assert html == f"{opening(1)}&lt;script&gt;</mark>alert(1)&lt;/script&gt; &amp; &lt;/mark&gt;"


def test_carriage_returns_are_written_so_that_a_parser_keeps_them():
    assert marked("a\r\nb\rc\n", []) == "a&#13;\nb&#13;c\n"


def test_an_empty_text_has_no_marks():
    assert marked("", []) == ""


@given(st.text(min_size=1, max_size=60), st.lists(st.tuples(st.integers(0, 59), st.integers(1, 60)), max_size=8))
def test_the_text_nodes_hold_the_text_whatever_is_marked_in_it(text, spans):
    passages = [passage(n, a, min(b, len(text))) for n, (a, b) in enumerate(spans, 1) if a < min(b, len(text))]
    html = marked(text, passages)
    assert unescape(re.sub(r"<[^>]*>", "", html)).replace("\0", "") == unescape(_as_html(text)).replace("\0", "")
    for one in passages:
        assert _text_of(html, one.statement) == unescape(_as_html(text[one.start : one.end]))


def _as_html(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "&#13;")


def _text_of(html, statement):
    """The text within the marks of one statement."""
    depth, found = [], ""
    for tag, text in re.findall(r"(<[^>]*>)|([^<]+)", html):
        if tag.startswith("<mark"):
            depth.append(int(re.search(r'data-statement="(\d+)"', tag)[1]))
        elif tag == "</mark>":
            depth.pop()
        elif text and statement in depth:
            found += unescape(text)
    return found


def test_a_form_changes_no_line_end_of_a_text_that_was_not_edited():
    before = "a\r\nb\nc\rd"
    assert from_form("a\r\nb\r\nc\r\nd", before) == before


def test_an_edited_text_keeps_the_line_ends_it_had():
    assert from_form("a\r\nb\r\nnew", "a\r\nb") == "a\r\nb\r\nnew"
    assert from_form("a\r\nb\r\nnew", "a\nb") == "a\nb\nnew"
    assert from_form("a\r\nb") == "a\nb"


def test_a_pasted_passage_is_found_whatever_its_line_ends():
    assert passage_in("x a\nb y", "a\r\nb") == "a\nb"
    assert passage_in("x a\r\nb y", "a\r\nb") == "a\r\nb"
    assert passage_in("nothing of it", "a\r\nb") == "a\r\nb"


def test_every_value_of_a_json_text_has_its_line():
    lines = lines_of('{\n "a": [1,\n  {"b/c": "x\\n\\"]"}],\n "d": {}, "e": []\n}')
    assert lines == {"#": 1, "#/a": 2, "#/a/0": 2, "#/a/1": 3, "#/a/1/b~1c": 3, "#/d": 4, "#/e": 4}


def test_what_is_missing_stands_at_the_line_of_what_it_is_missing_from():
    lines = lines_of("[\n{}]")
    assert line_of("#/0/name", lines) == 2
    assert line_of("#/7/name", lines) == 1
