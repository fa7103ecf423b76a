"""What of a text tells what it says: a post has links, handles, an author and a date besides."""

import re

MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
DATE = re.compile(
    rf"\b(?:{MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}|\d{{1,2}}\.?\s{MONTH},?\s\d{{4}}"
    r"|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4})\b",
    re.IGNORECASE,
)
LINK = re.compile(r"(?:https?://|www\.|pic\.twitter\.com/)\S+", re.IGNORECASE)
AUTHOR = re.compile(r"(?:—|–|--)[ \t]*([^—–()\n]{2,60}?)[ \t]*\(@\w+\)")  # noqa: RUF001  such as “— Ann Lee (@annlee)”
TAG = re.compile(r"[#@](\w+)")
# Inside #NoNewTaxes, #CNNDebate and #Brexit2016.
WORD_STARTS = re.compile(
    r"(?<=[^\W\d_a-z])(?=[^\W\d_a-z][a-z])|(?<=[a-z])(?=[^\W\d_a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])"
)
SAID = 1.0
BY_AUTHOR = 0.75
IN_DATE = 0.5  # the date of a post often tells when it was posted, and not what it says


def parts_of(text: str) -> list[tuple[str, float]]:
    """The parts of a text, and how much their words weigh."""
    linkless = LINK.sub(" ", text)
    authors, said = AUTHOR.findall(linkless), AUTHOR.sub(" ", linkless)
    dates, said = DATE.findall(said), DATE.sub(" ", said)
    return [(TAG.sub(_words_of_tag, said), SAID), (" ".join(authors), BY_AUTHOR), (" ".join(dates), IN_DATE)]


def without_dates(text: str) -> str:
    """What a vector is made of: without links too. All of the text if nothing else is in it."""
    return " ".join(part for part, weight in parts_of(text) if weight > IN_DATE).strip() or text


def _words_of_tag(tag: re.Match[str]) -> str:
    return f" {WORD_STARTS.sub(' ', tag[1]).replace('_', ' ')} "
