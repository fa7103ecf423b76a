"""Speaker labels, and SRT and WebVTT files with the times of their cues."""

from contextlib import suppress

import pytest

from claims.anchoring.cues import Cue
from claims.suggesting.suggestions import suggest
from claims.suggesting.transcripts import is_transcript, read_transcript
from claims.suggesting.turns import voices
from tests.claims.suggesting.cards import chains, said

VTT = """\ufeffWEBVTT - Interview

NOTE made by hand

STYLE
::cue { color: red }

1
00:01.000 --> 00:04.500 align:start
<v Anna Reyes>We will <i>not</i> pay &amp; we
will not move.

00:05.000 --> 00:07.000
<v Anna Reyes>That is all.

01:00:08.250 --> 01:00:12.000
<v Tom Hill>The bridge is closed.
"""
SRT = """1\r
00:00:01,000 --> 00:00:04,000\r
>> ANNA REYES: We will not pay.\r
\r
2\r
00:00:04,500 --> 00:00:06,000\r
It was never agreed.\r
3\r
00:00:10,000 --> 00:00:12,000\r
>> TOM HILL: The bridge is closed.\r
"""


def test_webvtt_becomes_text_with_a_paragraph_and_a_label_for_each_voice() -> None:
    transcript = read_transcript(VTT)
    assert transcript.text == (
        "Anna Reyes: We will not pay & we will not move. That is all.\n\nTom Hill: The bridge is closed."
    )
    assert transcript.cues == [Cue(12, 47, 1000, 4500), Cue(48, 60, 5000, 7000), Cue(72, 93, 3608250, 3612000)]


def test_srt_keeps_its_labels_and_needs_no_blank_line() -> None:
    transcript = read_transcript(SRT)
    assert transcript.text == (
        ">> ANNA REYES: We will not pay. It was never agreed.\n\n>> TOM HILL: The bridge is closed."
    )
    assert said(transcript.text) == [
        ("ANNA REYES", None, "We will not pay. It was never agreed."),
        ("TOM HILL", None, "The bridge is closed."),
    ]


def test_captions_that_roll_up_are_read_once() -> None:
    content = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\nwe will<00:01.500> not pay\n\n"
        "00:02.000 --> 00:03.000\nwe will not pay\nand we<00:02.500> will not move\n"
    )
    assert read_transcript(content).text == "we will not pay and we will not move"


def test_a_pause_after_a_sentence_begins_a_paragraph() -> None:
    content = "1\n00:00:01,000 --> 00:00:02,000\nOne.\n\n2\n00:00:09,000 --> 00:00:10,000\nTwo.\n"
    assert read_transcript(content).text == "One.\n\nTwo."


@pytest.mark.parametrize("content", ["", "Just a text.", "WEBVTT\n\n", "1\n00:00:01,000 --> 00:00:02,000\n\n"])
def test_a_file_without_a_cue_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match="There is no cue"):
        read_transcript(content)


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (VTT, True),
        (SRT, True),
        ("WEBVTT\n\nNOTE nothing", True),
        ("1\n00:00:0x,000 --> 00:00:02,000\nWe stay.\n", True),
        ("He said so.\n\n00:01 --> 00:02\n", False),
        ("See below\n00:00:01,000 --> 00:00:02,000\nWe stay.\n", False),
        ("WEBVTT is a format for captions.\n\nIt has cues.\n", False),
        ("WEBVTTS\n\n00:01.000 --> 00:02.000\nWe stay.\n", False),
        ("", False),
    ],
)
def test_a_transcript_is_told_by_its_first_lines(content: str, answer: bool) -> None:
    assert is_transcript(content) is answer


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("1\n00:00:01,000 --> 00:00:0x,000\nWe stay.\n", "Line 2 is no time as in"),
        ("1\n00:00:01,000 --> 00:00:02,000\nWe go.\n\n2\n00:00:02 --> 00:00:03\nNo.\n", "Line 6 is no time as in"),
        ("See below\n00:00:01,000 --> 00:00:02,000\nWe stay.\n", "Line 1 stands before the first cue: “See below”"),
    ],
)
def test_a_line_that_is_of_no_cue_is_named(content: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_transcript(content)


CUE = "WEBVTT\n\n00:01.000 --> 00:02.000\n"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        # two voices of a cue
        (
            f"{CUE}<v Bob Lee>We will pay.\n<v Ann Roe>We will never pay.",
            "Bob Lee: We will pay.\n\nAnn Roe: We will never pay.",
        ),
        (f"{CUE}<v Bob>Yes. <v Ann>No.", "Bob: Yes.\n\nAnn: No."),
        (f"{CUE}<v Bob &amp; Ann>Yes.", "Bob & Ann: Yes."),
        ("1\n00:00:01,000 --> 00:00:02,000\n- We go.\n- We\nstay.\n", "- We go.\n\n- We stay."),
        ("1\n00:00:01,000 --> 00:00:02,000\n-Žádný.\n-Да.\n", "-Žádný.\n\n-Да."),
        ("1\n00:00:01,000 --> 00:00:02,000\nŁUKASZ ŠIK: Tak.\nАННА: Да.\n", "ŁUKASZ ŠIK: Tak.\n\nАННА: Да."),
        # what only looks like a tag is spoken
        (f"{CUE}If 3 < 5 and 7 > 2 we win.", "If 3 < 5 and 7 > 2 we win."),
        (f"{CUE}<c.loud>If</c> <i>x<y</i> <font color=red>we</font> win<br>.", "If x<y we win<br>."),
        (f"{CUE}We go.\nNOTE that we go.", "We go. NOTE that we go."),
        # behind a blank line
        (
            "1\n00:00:01,000 --> 00:00:02,000\nWe go.\n\nWe stay.\n\n2\n\n00:00:02,000 --> 00:00:03,000\n3\n",
            "We go. We stay. 3",
        ),
        (
            f"{CUE}We go.\n\nNOTE not spoken\nnor this\n\nthe second\n00:02.000 --> 00:03.000\nWe stay.",
            "We go. We stay.",
        ),
    ],
)
def test_what_is_spoken_is_kept_with_its_speaker(content: str, text: str) -> None:
    assert read_transcript(content).text == text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"{CUE}<v Bob>We pay.", [("Bob", "We pay.")]),
        (f"{CUE}<v Bob>We pay.\n<v Ann>We will never pay.", [("Bob", "We pay."), ("Ann", "We will never pay.")]),
        (
            f"{CUE}<v Łukasz Šik>Tak.\n<v Đorđe>Ne.\n<v Анна>Да.",
            [("Łukasz Šik", "Tak."), ("Đorđe", "Ne."), ("Анна", "Да.")],
        ),
        (f"{CUE}<v de la Cruz>We pay.", [("de la Cruz", "We pay.")]),
        (f"{CUE}<v Note>We pay.", [("Note", "We pay.")]),
        # a pause begins a paragraph, and the voice goes on
        (
            CUE + "".join(f"<v Bob>Yes.\n\n00:{each}.000 --> 00:{each}.100\n" for each in (10, 20, 30)) + "<v Bob>No.",
            [("Bob", "Yes."), ("Bob", "Yes."), ("Bob", "Yes."), ("Bob", "No.")],
        ),
        # nobody knows who speaks behind it
        (f"{CUE}<v Bob>We pay.\n\n00:02.000 --> 00:03.000\nNobody asked us.", [("Bob", "We pay.")]),
    ],
)
def test_a_voice_is_known_and_not_guessed(content: str, expected: list[tuple[str, str]]) -> None:
    transcript = read_transcript(content)
    known = voices(transcript.text, [(cue.start, cue.end) for cue in transcript.cues])
    found = suggest(transcript.text, voices=known)
    assert [(card.speaker and card.speaker.text, card.text) for card in found] == expected


def test_what_stands_between_two_cues_of_a_line_is_no_voice() -> None:
    assert voices("We pay. Bob: No.", [(0, 7), (13, 16)]) == ()


def test_without_its_cues_a_label_alone_is_none() -> None:
    assert said("Note: We pay.") == []


def test_a_label_speaks_until_the_next_one() -> None:
    text = (
        "THE PRESIDENT: Thank you all. We have won.\n\nSenator Smith told me that tariffs work.\n\n(APPLAUSE)\n\n"
        "MR. HILL: It is not so."
    )
    assert chains(text) == [
        ("THE PRESIDENT", [], "Thank you all. We have won."),
        ("Senator Smith", ["THE PRESIDENT"], "that tariffs work"),
        ("MR. HILL", [], "It is not so."),
    ]


def test_question_and_answer() -> None:
    assert said("Q. Where were you?\nA. At home.\nQ: Alone?\nA: Yes, all day.") == [
        ("Q", None, "Where were you?"),
        ("A", None, "At home."),
        ("Q", None, "Alone?"),
        ("A", None, "Yes, all day."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE: The talks go on.\n\nNOTE: It rained.\n\nThat is all.",
        "WASHINGTON: The talks go on.\n\nIt rained.\n\nThat is all.",
        "TAGS: roads, bridges\n\nTAGS: talks\n\nEDITOR’S NOTE: It rained.\n\nTOPICS: more talks",
        "A. The first point.\nB. The second point.",
        "Ingredients: flour, sugar\nTime: one hour",
    ],
)
def test_a_line_with_a_colon_is_not_always_a_label(text: str) -> None:
    assert said(text) == []


def test_captions_that_roll_up_without_times_within_them_are_read_once() -> None:
    content = (
        "1\n00:00:01,000 --> 00:00:02,000\nwe will\n\n2\n00:00:02,000 --> 00:00:03,000\nwe will\nnot pay\n\n"
        "3\n00:00:03,000 --> 00:00:03,010\nnot pay\n\n4\n00:00:03,010 --> 00:00:05,000\nnot pay\nfor it\n"
    )
    transcript = read_transcript(content)
    assert transcript.text == "we will not pay for it"
    assert transcript.cues == [Cue(0, 7, 1000, 2000), Cue(8, 15, 2000, 3000), Cue(16, 22, 3010, 5000)]


def test_who_says_the_same_twice_is_read_twice() -> None:
    content = (
        "1\n00:00:01,000 --> 00:00:02,000\nNo.\n\n2\n00:00:02,000 --> 00:00:03,000\nNo.\n\n"
        "3\n00:00:03,000 --> 00:00:04,000\nNo.\nI said no.\n\n4\n00:00:04,000 --> 00:00:05,000\nAnd\nno.\n"
    )
    assert read_transcript(content).text == "No. No. No. I said no. And no."


def test_times_may_overlap_or_go_back_and_an_end_before_the_start_is_the_start() -> None:
    content = (
        "WEBVTT\n\n00:05.000 --> 00:09.000\nOne\n\n00:07.500 --> 00:08.000\ntwo\n\n00:01.000 --> 00:00.200\nthree\n"
    )
    assert read_transcript(content).cues == [Cue(0, 3, 5000, 9000), Cue(4, 7, 7500, 8000), Cue(8, 13, 1000, 1000)]


def test_offsets_count_code_points_and_line_ends_may_be_those_of_windows() -> None:
    content = "\ufeffWEBVTT\r\n\r\n00:01.5 --> 00:02.25 line:0 position:20%\r\n\U0001f600 \U0001f600\r\nYes\r\n"
    transcript = read_transcript(content)
    assert transcript.text == "\U0001f600 \U0001f600 Yes"
    assert transcript.cues == [Cue(0, 7, 1500, 2250)]


@pytest.mark.parametrize(
    "content",
    [
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v " + " " * 500_000,
        "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<v a" * 200_000,
        "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<" * 500_000,
        "WEBVTT\n\n" + "1" * 500_000 + ":00:01.000 --> 00:02.000\nWords\n\n00:01.000 --> 00:02.000\nx",
        "WEBVTT\n\n" + "00:01.000 --> 00:02.000\nx\n\n" * 50_000,
        "WEBVTT\n\n" + "00:01.000 --> " * 50_000 + "00:02.000\nx\n\n00:01.000 --> 00:02.000\nx",
    ],
    ids=["spaces", "voices", "tags", "digits", "cues", "arrows"],
)
def test_no_captions_take_long(content: str) -> None:
    with suppress(ValueError):  # some have a line that is of no cue
        read_transcript(content)
