"""The day on which something was said. The article is of Friday, 6 March 2026."""

from datetime import date

import pytest

from claims.suggesting.suggestions import suggest
from tests.claims.suggesting.cards import FRIDAY


@pytest.mark.parametrize(
    ("text", "said_on"),
    [
        ("Smith said on Monday that the bridge was closed.", "2026-03-02"),
        ("Smith said Friday that the bridge was closed.", "2026-03-06"),
        ("On Saturday Smith said the bridge was closed.", "2026-02-28"),
        ("Speaking on Tuesday, Smith said the bridge was closed.", "2026-03-03"),
        ("“The bridge is closed,” Smith said yesterday.", "2026-03-05"),
        ("“The bridge is closed,” Smith said on 27 January 2022 in Ely.", "2022-01-27"),
        ("“The bridge is closed,” Smith said on January 27, 2022.", "2022-01-27"),
        ("“The bridge is closed,” Smith said on Jan. 27.", "2026-01-27"),
        ("“The bridge is closed,” Smith said on December 27.", "2025-12-27"),
        ("“The bridge is closed,” Smith said in March 2021.", "2021-03"),
        ("Smith said on 2026-02-01 that the bridge was closed.", "2026-02-01"),
        ("Smith said the bridge was closed on Monday.", None),
        ("By Friday the bridge was old, and Smith said it was closed.", None),
        ("Smith said in a letter published Monday that the bridge was closed.", None),
        ("Smith said on February 31, 2022 that the bridge was closed.", None),
        ("Smith said in March 0000 that the bridge was closed.", None),
        ("Smith said in March ２０２１ that the bridge was closed.", "2021-03"),
        ("Smith said on 27 auguſt 2021 that the bridge was closed.", None),  # a long s, which a pattern takes for an s
        ("Smith said on Frıday that the bridge was closed.", None),  # a dotless i
    ],
)
def test_the_day_is_read_near_the_cue_alone(text: str, said_on: str | None) -> None:
    assert [card.said_on for card in suggest(text, "en", FRIDAY)] == [said_on]


def test_without_the_day_of_publication_only_a_full_date_is_read() -> None:
    assert [card.said_on for card in suggest("Smith said on Monday that it was so.")] == [None]
    assert [card.said_on for card in suggest("Smith said on 3 May 2021 that it was so.")] == [str(date(2021, 5, 3))]
