"""A form's errors are in the newsroom's words, and each act is followed by a sentence."""

import re

import pytest

from claims import services
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, page_of

LONG = "x" * 6000
# By address: what is sent. Each is refused for all that a field can be refused for.
REFUSED = [
    ("articles/", {}),
    ("articles/", {"title": "", "language": "a language", "published_at": "yesterday", "byline": LONG}),
    ("articles/{article}/", {"_method": "PATCH", "version": "1", "title": "", "reason": LONG}),
    ("articles/{article}/", {"_method": "PATCH", "title": "Without a version"}),
    ("articles/{article}/publish/", {"version": "1", "reason": ""}),
    ("statements/", {}),
    ("statements/", {"article": "{article}", "quote_type": ""}),
    ("statements/{statement}/", {"_method": "PATCH", "version": "1", "paraphrase": LONG, "quote_type": ""}),
    ("statements/{statement}/", {"_method": "DELETE", "version": "1", "reason": LONG}),
    ("statements/{statement}/tag/", {"version": "1", "tag": "", "reason": ""}),
    ("statements/bulk-tag/", {}),
    ("disputes/", {"statement": "{statement}", "kind": ""}),
    ("evidence/", {"statement": "{statement}", "obtained_on": "then"}),
    ("notes/", {"article": "{article}", "text": ""}),
    ("sources/", {"name": "", "kind": "", "part_of": "0"}),
    ("tokens/", {"name": "", "days": "x", "read_only": "maybe"}),
    ("tokens/", {"name": "cms", "days": "0"}),
    ("/import/text/", {"title": "", "text": "One."}),
    ("/import/", {"document": "{}"}),
    ("/login/", {}),
]
PROGRAMS = re.compile(r"This field|may not be|Ensure this|wrong format|is required|If-Match|required pattern|“” is not")


@pytest.mark.parametrize(("address", "sent"), REFUSED)
def test_no_form_answers_in_the_words_for_programs(alice, client, article, statement, address, sent):
    ids = {"article": article.pk, "statement": statement.pk}
    place = address if address.startswith("/") else "/api/v1/" + address.format(**ids)
    fill = {"{article}": article.pk, "{statement}": statement.pk}
    data = {name: fill.get(value, value) for name, value in sent.items()}
    desk = client if address == "/login/" else browser_of(alice)
    answer = desk.post(place, data, headers={"Accept": "text/html"})
    page = answer.content.decode()
    assert answer.status_code in (200 if address == "/login/" else 400, 428)
    main = page[page.index("<main") : page.index("</main>")]
    assert 'role="alert"' in main
    assert PROGRAMS.search(main) is None, PROGRAMS.search(main)


def said(page):
    return re.findall(r'<div class="said" role="status">(.*?)</div>', page, re.S)


def test_the_page_after_an_act_says_what_was_done_and_the_one_after_that_does_not(alice, article, statement):
    desk = browser_of(alice)
    sent = {"version": "1", "tag": "denied", "reason": "She denies it.", "next": f"/api/v1/articles/{article.pk}/"}
    following = desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent)
    tagged = Entry.objects.get(action="statement.tagged").pk
    back = f"/undo/{tagged}/?next=%2Fapi%2Fv1%2Farticles%2F{article.pk}%2F"
    assert said(page_of(desk, following["Location"])) == [
        f'<p>Statement {statement.pk} was tagged denied. <a class="undo" href="{back}">Undo</a></p>'
    ]
    assert said(page_of(desk, following["Location"])) == []
    assert "messages" not in following.cookies
    desk.post(f"/api/v1/statements/{statement.pk}/", {"_method": "DELETE", "version": "2", "reason": "Marked twice."})
    assert said(page_of(desk, "/")) == ["<p>The statement was deleted.</p>"]
    desk.post("/import/text/", {"title": "Another", "text": "One."})
    assert said(page_of(desk, "/")) == ["<p>The article was brought in, as a draft.</p>"]


def test_what_was_refused_or_sent_by_a_program_is_followed_by_nothing(alice, api, statement):
    desk = browser_of(alice)
    desk.post(f"/api/v1/statements/{statement.pk}/tag/", {"version": "7", "tag": "denied", "reason": "No."})
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="Yes.")
    assert said(page_of(desk, "/")) == []
