"""No text of a template is written past the translations. tests/desk/test_german_pages.py reads the pages; this reads
the branches that no page of a test shows."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import Lexer, TokenType

TEMPLATES = settings.BASE_DIR / "factcheck/desk/templates"
FILES = [path for path in sorted(TEMPLATES.rglob("*")) if path.suffix in (".html", ".txt")]
SHOWN = re.compile(r'\b(?:title|placeholder|aria-label|alt|label)="([^"]*)"')
UNTRANSLATED = re.compile(r"<(code|kbd|pre|script|style)\b.*?</\1>|<!--.*?-->", re.DOTALL)
# The same in every language: names, formats, an address, the code of a language.
SAME = re.compile(r"&\w+;|https://|Factcheck|UTC|JSON|Atom|CSV|ClaimReview|Web Annotation|://.*print=1|quiet.>|\ben\b")


def bare_texts(source: str) -> list[str]:
    html, is_translated = "", False
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK and re.match(r"(end)?(blocktranslate|comment)\b", token.contents):
            is_translated = not token.contents.startswith("end")
        elif token.token_type == TokenType.TEXT and not is_translated:
            html += token.contents
    html = UNTRANSLATED.sub("", html)
    texts = [*SHOWN.findall(html), *re.split(r"<[^<>]*>", html)]
    return [text.strip() for text in texts if re.search(r"[^\W\d_]{2}", SAME.sub("", text))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(Path(path).relative_to(TEMPLATES)))
def test_every_text_of_a_template_is_translated(path):
    assert bare_texts(path.read_text()) == []


def test_a_bare_text_is_found_wherever_a_reader_meets_it():
    source = (
        '<p title="Old {{ x }}">{% if x %}Save{% endif %} <b>{% translate "fine" %}</b> <code>code</code> {{ y }}</p>'
    )
    assert bare_texts(source) == ["Old", "Save"]
    assert bare_texts("{% blocktranslate %}fine <b>too</b>{% plural %}as well{% endblocktranslate %} UTC") == []


CALLS = re.compile(r"\bn?gettext\((?:[^()]|\([^()]*\))*\)")
SENTENCE = re.compile(r"""(["'`])([A-Z][a-z]+ [a-z][^"'`]*)\1""")


def bare_sentences(script: str) -> list[str]:
    code = CALLS.sub("", re.sub(r"^\s*//.*|\s// .*", "", script, flags=re.MULTILINE))
    return [found[1] for found in SENTENCE.findall(code)]


@pytest.mark.parametrize(
    "path", sorted((settings.BASE_DIR / "factcheck/desk/static/desk").glob("*.js")), ids=lambda path: path.name
)
def test_every_sentence_of_a_script_is_translated(path):
    assert path.name == "docs.js" or bare_sentences(path.read_text()) == []  # Swagger UI has no other language


def test_a_bare_sentence_of_a_script_is_found():
    assert bare_sentences(
        'say("Not sent yet."); say(gettext("Sent (as typed) now.")); // Told to "Somebody else".'
    ) == ["Not sent yet."]
