"""What is wrong with a text that is no JSON, in plain words: editors edit documents by hand."""

import json
import re

CURLY = "“”„‟‘’«»"  # noqa: RUF001  those that word processors make of straight ones
WORD = re.compile(r"[^\s,:\[\]{}\"]+")
CLOSED = {"}": "brace", "]": "bracket"}


def in_words(error: json.JSONDecodeError) -> str:
    """Python's message and the place, as something to do."""
    text, at = error.doc, error.pos
    if not text.strip():
        return "There is nothing here. Paste a document, or choose a file."
    if at >= len(text.rstrip()) and error.msg.startswith(("Expecting", "Unterminated")):
        return "The document ends here before it is complete: something after this is missing."
    if error.msg.startswith("Expecting value"):
        return _no_value(text, at)
    if error.msg.startswith(("Expecting property name", "Illegal trailing comma")):
        return _no_name(text, at)
    for beginning, words in WORDS.items():
        if error.msg.startswith(beginning):
            return words
    return f"{error.msg}."


WORDS = {
    "Expecting ',' delimiter": "A comma is missing before this, or a quotation mark inside the text before it has no "
    "backslash before it.",
    "Expecting ':' delimiter": "A colon is missing between the name of the field and its value.",
    "Extra data": "The document is complete before this; something follows that does not belong to it.",
    "Unterminated string": "This text has no closing quotation mark.",
    "Invalid control character": "A line break or a tab stands within a text. Write \\n or \\t for it.",
    "Invalid \\": 'A backslash within a text must be written twice, unless it begins one of \\n \\t \\" \\\\ \\u.',
    "Unexpected UTF-8 BOM": "An invisible mark stands at the beginning. Save the file as UTF-8 without it.",
}


def _no_value(text: str, at: int) -> str:
    found = text[at]
    if found in CURLY + "'":
        return _quotation_marks(found)
    if found in CLOSED:
        return f"A value is missing before this closing {CLOSED[found]}; or the comma before it is one too many."
    if found == ",":
        return "A value is missing before this comma."
    word = WORD.match(text, at)
    if word and word[0].lower() in ("true", "false", "null", "none"):
        wanted = "null" if word[0].lower() == "none" else word[0].lower()
        return f"Write {wanted}, in small letters, for {word[0]}."
    return "This is no value: a text stands between double quotation marks."


def _no_name(text: str, at: int) -> str:
    found = text[at]
    if found in CURLY + "'":
        return _quotation_marks(found)
    if found == "}" or (found == "," and "}" in text[at : at + 200]):
        return "The comma before this closing brace is one too many."
    return "The name of a field is wanted here, between double quotation marks."


def _quotation_marks(found: str) -> str:
    return f"Use the straight double quotation mark, not {found}, around names and texts."
