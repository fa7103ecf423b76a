"""Quotation marks of all kinds."""

import pytest

from claims.suggesting.quotations import paragraphs, quotations


def quoted(text: str) -> list[str]:
    spans = (span for start, end in paragraphs(text) for span in quotations(text, start, end))
    return [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He said “no way” and “never.”", ["“no way”", "“never.”"]),
        ('He said "no way" and "never."', ['"no way"', '"never."']),
        ('He said “no way" and left.', ['“no way"']),
        ("Er sagte „nein“ und „nie”.", ["„nein“", "„nie”"]),
        ("Il dit « non » et «jamais».", ["« non »", "«jamais»"]),
        ("Er sagte »nein« und ging.", ["»nein«"]),
        ("彼は「いいえ」と『本』を言った。", ["「いいえ」", "『本』"]),
        ("He said ''no way'' and left.", ["''no way''"]),
        ("He said ‘no way out,’ and left.", ["‘no way out,’"]),
        ("He wrote: 'There is no way out.'", ["'There is no way out.'"]),
        ("“He told me ‘no way’ twice,” she said.", ["“He told me ‘no way’ twice,”"]),
        ("It’s the voters’ choice, isn’t it? The ’90s and rock 'n' roll.", []),
        ("A 6' man and a 5\" nail", []),
        ("“One that nobody closes runs to the end\n\nof its paragraph.", ["“One that nobody closes runs to the end"]),
        ("“One. “Two.”", ["“One. ", "“Two.”"]),
        ('A 5" nail holds for as long as anybody here can tell', []),
        ("“a", []),
    ],
)
def test_quotations_are_found_by_their_marks(text: str, found: list[str]) -> None:
    assert quoted(text) == found


def test_a_line_that_goes_on_in_lower_case_is_of_the_same_paragraph() -> None:
    assert quoted("He said “no\nway” twice.\n“Never.”") == ["“no\nway”", "“Never.”"]
