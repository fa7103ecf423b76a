"""A passage that has grown at an end, such as "costs 12" in "costs 12 000", is another passage.

The script for other sites is held to the same table, in e2e/test_embed.py.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.anchoring.anchors import Reanchored, Selector, reanchor
from claims.anchoring.quotes import WITHIN_WORD, context, splits_word

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "grown_passages.json").read_text())
CLUSTERS = regex.compile(r"\X")
# A sample of each kind of character that the rules for clusters tell apart, as they stand in texts.
CHARACTERS = (
    "a", "é", "e\u0301", "1", " ", ".", "\r\n", "\n", "\u0628", "\u06a9\u200c",
    "\U0001f469\u200d\U0001f4bb", "\U0001f44d\U0001f3fd",
    "\U0001f469", "\U0001f1e9\U0001f1ea", "\U0001f1eb", "1\ufe0f\u20e3", "\u0915\u094d\u0937", "\u0915\u093f",
    "\u1112\u1161\u11ab", "\uac01",
    "\U0001f3f4\U000e0067\U000e0062\U000e007f", "\u0e01\u0e33", "\u06001", "\u2764\ufe0f",
)  # fmt: skip


def now(case: dict[str, Any]) -> Reanchored:
    article, passage = case["article"], case["passage"]
    start = article.index(passage)
    known = Selector(passage, *context(article, start, start + len(passage)), start)
    return reanchor(article, case["now"], [known])[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_what_has_grown_is_another_passage_and_no_half_of_it_is_offered(case: dict[str, Any]) -> None:
    found = now(case)
    assert (found.state in ("anchored", "moved")) is case["same"]
    assert (found.text == case["passage"]) is case["same"]


@given(st.lists(st.sampled_from(CHARACTERS), max_size=8))
@settings(derandomize=True, max_examples=400, deadline=None, database=None)
def test_no_border_is_within_an_extended_grapheme_cluster(pieces: list[str]) -> None:
    text = "".join(pieces)
    borders = {0, len(text), *(cluster.start() for cluster in CLUSTERS.finditer(text))}
    assert [at for at in range(1, len(text)) if at not in borders and not WITHIN_WORD.match(text, at)] == []


@pytest.mark.parametrize("invisible", ["\xad", "\u200b", "\u200e", "\u200f", "\u2060", "\ufeff", "\u202a", "\u2069"])
def test_what_no_reader_sees_ends_no_word(invisible: str) -> None:
    assert splits_word(f"costs 12{invisible}", f"{invisible}000")
    assert not splits_word(f"costs 12{invisible}", f"{invisible} and 300")


def test_the_script_for_other_sites_has_the_same_expression() -> None:
    assert f"/{WITHIN_WORD.pattern}/uy" in (ROOT / "factcheck/desk/embed/factcheck.js").read_text()
