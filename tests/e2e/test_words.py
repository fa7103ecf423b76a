"""Where work begins, what is said, and how lines end."""

import pytest

from claims import services
from sources.services import create_source

SENTENCE = "“We will not pay,” the minister is said to have told the council on Monday evening."


@pytest.fixture
def statements(newsroom):
    alice = newsroom["alice"]
    article = services.create_article(actor=alice, title="“Not one cent”: what was said", text=f"{SENTENCE} " * 9)
    source = create_source(actor=alice, name="The spokeswoman of the minister", kind="person")
    found = [
        services.create_statement(article=article, actor=alice, source=source, start=start, end=start + len(SENTENCE))
        for start in range(0, 9 * (len(SENTENCE) + 1), len(SENTENCE) + 1)
    ]
    for statement, tag in zip(found, ["asserted", "denied"] * 3, strict=False):
        services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag=tag, reason="So it is said.")
    services.open_dispute(actor=alice, statement=found[0], raised_by=source, counter_statement=found[1], kind="denial")
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    return found


def test_work_begins_at_the_first_field_or_at_what_is_to_be_corrected(open_desk, statements):
    desk = open_desk().log_in("alice")
    page, focused = desk.page, "document.activeElement.name || document.activeElement.getAttribute('aria-label')"
    statement = statements[0].pk
    for address, name in (
        ("/import/", "title"),
        ("/search/", "q"),
        ("/api/v1/articles/?form=new", "title"),
        ("/api/v1/sources/?form=new", "name"),
        (f"/api/v1/statements/{statement}/?form=delete", "reason"),
        (f"/api/v1/disputes/?form=new&statement={statement}", "Raised by"),
    ):
        desk.open(address)
        assert page.evaluate(focused) == name, address
    for address in ("/", f"/api/v1/articles/{statements[0].article_id}/", f"/api/v1/statements/{statement}/"):
        desk.open(address)
        assert page.evaluate("document.activeElement.tagName") == "BODY", address
    desk.open("/api/v1/articles/?form=new")
    page.get_by_label("Title").fill("A talk")
    page.get_by_label("Language").fill("a language")
    page.get_by_role("button", name="Create").click()
    page.get_by_text("Give the code of a language, such as en or pt-BR.").wait_for()
    assert page.evaluate(focused) == "language"


# Of each sign that belongs to what follows it: is that on the next line?
LONELY = """() => {
  const at = (node, index) => {
    const range = document.createRange();
    range.setStart(node, index);
    range.setEnd(node, index + 1);
    return range.getClientRects()[0];
  };
  const isShown = ({ parentElement: part }) => part.checkVisibility() && !part.closest(".unseen, textarea, option");
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const characters = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let index = 0; index < node.length && isShown(node); index += 1) {
      const rect = /\\s/.test(node.data[index]) ? null : at(node, index);
      if (rect?.width) characters.push([node, node.data[index], rect]);
    }
  }
  const found = [];
  characters.forEach(([node, sign, rect], place) => {
    const [next, , following] = characters[place + 1] ?? [];
    const isSign = node.parentElement.ariaHidden ? "+−?→" : "“‘«·";
    const blockOf = (text) => text.parentElement.closest("li, p, h1, h2, blockquote, div");
    const isBelow = following && following.top > rect.top + rect.height / 2;
    if (isSign.includes(sign) && isBelow && blockOf(node) === blockOf(next)) {
      found.push(node.parentElement.outerHTML.slice(0, 120));
    }
  });
  return found;
}"""


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_no_sign_stands_alone_at_the_end_of_a_line(open_desk, statements, width):
    desk = open_desk(viewport={"width": width, "height": 800}).log_in("erin")
    for address in (
        "/",
        "/search/?q=minister",
        *(f"/api/v1/{name}/" for name in ("articles", "statements", "disputes", "journal", "checks")),
        f"/api/v1/articles/{statements[0].article_id}/",
        f"/api/v1/statements/{statements[0].pk}/",
        f"/api/v1/disputes/{statements[0].disputes.get().pk}/",
    ):
        desk.open(address)
        assert desk.page.evaluate(LONELY) == [], address
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= width, address
