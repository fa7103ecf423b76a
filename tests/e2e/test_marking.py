"""Marking a passage, by selection and without a script."""

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import Statement
from sources.services import create_source

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
TEXT = f"\U0001f600 Smile\r\n\r\nThe {FAMILY} family said no.\rمرحبا بالعالم <script>alert(1)</script>\nThe end."


@pytest.fixture
def article(newsroom):
    create_source(actor=newsroom["alice"], name="The minister", kind="person")
    return services.create_article(actor=newsroom["alice"], title="Ünïcode & <b>", text=TEXT)


def test_the_page_holds_the_text_code_point_for_code_point(open_desk, newsroom, article):
    services.create_statement(article=article, actor=newsroom["alice"], quote_type="narration", start=2, end=30)
    services.create_statement(article=article, actor=newsroom["alice"], quote_type="narration", start=10, end=40)
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    assert desk.page.evaluate("document.getElementById('text').textContent") == TEXT


@pytest.mark.parametrize("passage", ["family said no.", "مرحبا", "<script>alert(1)</script>", "Smile\r\n\r\nThe"])
def test_a_selection_is_recorded_in_code_points(open_desk, article, passage):
    desk = open_desk().log_in("bob")
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select(passage)
    desk.choose("Who is said to have said it", "mini", "The minister")
    desk.page.get_by_role("button", name="Record the statement").click()
    desk.page.locator("article.card").wait_for()
    statement = Statement.objects.get()
    assert (statement.start, statement.end) == (TEXT.index(passage), TEXT.index(passage) + len(passage))
    assert statement.text == passage
    assert "".join(desk.page.locator("#text mark").all_text_contents()) == passage


def test_everything_is_done_without_a_script_too(open_desk, article):
    desk = open_desk(java_script_enabled=False).log_in("alice")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    page.get_by_text("Mark a passage").click()
    page.get_by_label("The passage, word for word").fill("Smile\n\nThe")
    page.get_by_label("Who is said to have said it").fill("1000000")
    page.get_by_role("button", name="Record the statement").click()
    expect(page.get_by_text("There is no source with the id 1000000.")).to_be_visible()
    assert page.get_by_label("The passage, word for word").input_value() == "Smile\n\nThe"
    page.get_by_label("Who is said to have said it").fill(str(Statement.source.field.related_model.objects.get().pk))
    page.get_by_role("button", name="Record the statement").click()
    assert Statement.objects.get().text == "Smile\r\n\r\nThe"

    page.get_by_label("Reason", exact=True).nth(1).fill("Nobody denies it.")
    page.get_by_role("form", name="Tag statement").get_by_role("button", name="asserted").click()
    assert page.locator("mark").first.get_attribute("data-tag") == "asserted"
    assert Statement.objects.get().tag_reason == "Nobody denies it."


def test_keys_go_through_the_statements_and_tag_them(open_desk, newsroom, article):
    for start, end in ((0, 7), (11, 14)):
        services.create_statement(
            article=article, actor=newsroom["alice"], quote_type="narration", start=start, end=end
        )
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    page = desk.page
    for key in ("j", "j", "k", "j", "d"):
        page.keyboard.press(key)
    page.keyboard.type("The ministry denies it.")
    page.keyboard.press("Enter")
    page.locator('mark[data-tag="denied"]').wait_for()
    first, second = Statement.objects.order_by("start")
    assert (first.tag, second.tag) == ("unverified", "denied")
    assert second.tag_reason == "The ministry denies it."

    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("smile")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Search: smile").wait_for()


def test_the_keys_go_on_from_one_part_of_the_statements_to_the_next(open_desk, newsroom):
    text = "word " * 35
    article = services.create_article(actor=newsroom["alice"], title="Long", text=text)
    rows = [{"article": article, "quote_type": "narration", "start": 5 * n, "end": 5 * n + 4} for n in range(35)]
    services.create_statements(rows=rows, actor=newsroom["alice"])
    desk = open_desk().log_in("vera")
    desk.open(f"/api/v1/articles/{article.pk}/#statement-{Statement.objects.order_by('start')[29].pk}")
    page = desk.page
    expect(page.get_by_text("Passages 1 to 30 of 35").first).to_be_visible()
    page.keyboard.press("j")
    page.wait_for_url("**/?cards=2")
    page.keyboard.press("j")
    assert page.locator(".card.current").locator(".number").inner_text() == "Passage 31"
    page.keyboard.press("k")
    page.wait_for_url("**/?cards=1")
    page.keyboard.press("k")
    assert page.locator(".card.current").locator(".number").inner_text() == "Passage 30"


@pytest.mark.parametrize("line", [3, 22, 39])
def test_on_a_phone_the_form_never_lies_over_what_is_selected_and_is_closed_where_one_sees_it(
    open_desk, newsroom, line
):
    text = "".join(f"Paragraph {n}: the minister said that number {n} is right.\n\n" for n in range(40))
    article = services.create_article(actor=newsroom["alice"], title="Long", text=text)
    desk = open_desk(viewport={"width": 375, "height": 700}, has_touch=True).log_in("alice")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    page.evaluate("top => scrollTo(0, top)", 60 + 73 * line)
    desk.select(f"number {line} is right.")
    page.wait_for_timeout(500)  # a selection on a phone is heard of a moment later
    form, selected = page.evaluate("""[document.getElementById("mark-form").getBoundingClientRect().top,
      document.getSelection().getRangeAt(0).getBoundingClientRect().toJSON()]""")
    assert selected["bottom"] < form
    assert selected["top"] >= 0
    assert page.get_by_label("The passage, word for word").input_value() == f"number {line} is right."
    page.locator("#mark-form").evaluate("form => form.scrollTo(0, form.scrollHeight)")
    page.mouse.click(345, form + 24)  # the sign at the corner of the form
    page.get_by_role("button", name="Record the statement").wait_for(state="hidden")
    expect(page.locator("#text")).to_be_visible()
