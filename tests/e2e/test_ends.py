"""The ends of a passage are moved: by a pointer, by a finger, and by the keyboard alone."""

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import Article, Statement
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source
from tests.claims.test_captions import VIDEO, VTT
from tests.newsroom import client_of

WINDOWS = pytest.mark.parametrize("width", [1280, 375])
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ARABIC = "وقال الوزير إن هذا صحيح تماما"
TEXT = (
    "\U0001f600 Smile. The minister said that it is right, and nobody denied it.\r\n\r\n"
    f"The {FAMILY} family said “no.”\n"
    f"{ARABIC}.\n" + "".join(f"Paragraph {n} says that {n} is right.\n\n" for n in range(40))
)
PHONE = {"viewport": {"width": 375, "height": 700}, "has_touch": True, "is_mobile": True}
# Where on the screen a passage of the text begins or ends, and where a handle has its line.
PLACE = """([passage, isEnd]) => {
  const at = document.getElementById("text").textContent.indexOf(passage);
  const boxes = desk.text.range(at, at + passage.length).getClientRects();
  const box = boxes[isEnd ? boxes.length - 1 : 0];
  return [isEnd ? box.right : box.left, (box.top + box.bottom) / 2];
}"""
LINE = """(handle) => {
  const { left, top, bottom } = handle.getBoundingClientRect();
  const [at, line] = ["--at", "--line"].map((name) => parseFloat(handle.style.getPropertyValue(name)));
  return [left + at, handle.matches(".first") ? bottom + line / 2 : top - line / 2];
}"""
CHOSEN = "() => [...(CSS.highlights.get('chosen') ?? [])].join()"


class Ends:
    """The handles of a passage."""

    def __init__(self, desk):
        self.desk, self.page = desk, desk.page

    def __getitem__(self, name):
        return self.page.get_by_role("slider", name=f"{name} of passage")

    def place(self, passage, is_end):
        return tuple(self.page.evaluate(PLACE, [passage, is_end]))

    def line(self, name):
        return tuple(self[name].evaluate(LINE))

    def way(self, name, passage, is_end):
        """From the middle of the handle to where it is when it has moved there."""
        box = self[name].bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        (x_now, y_now), (x_then, y_then) = self.line(name), self.place(passage, is_end)
        return (x, y), (x + x_then - x_now, y + y_then - y_now)

    def drag(self, name, passage, is_end):
        """By mouse, which still holds it."""
        here, there = self.way(name, passage, is_end)
        self.page.mouse.move(*here)
        self.page.mouse.down()
        self.page.mouse.move(*there, steps=5)

    @property
    def chosen(self):
        """The words that are shown in the text as chosen."""
        return self.page.evaluate(CHOSEN)

    def form(self, statement):
        return self.page.locator(f"#place-{statement.pk} form")

    def choose(self, statement):
        self.page.locator(f"#mark-{statement.pk} > a").click()
        self["End"].wait_for()

    def said(self, words):
        self.page.get_by_role("status").filter(has_text=words).wait_for()


def passage_of(statement):
    statement.refresh_from_db()
    assert statement.text == TEXT[statement.start : statement.end]
    return statement.text


@pytest.fixture
def article(newsroom):
    create_source(actor=newsroom["alice"], name="The minister", kind="person")
    return services.create_article(actor=newsroom["alice"], title="Ends", text=TEXT, language="en")


@pytest.fixture
def mark(newsroom, article):
    def marked(text):
        start = TEXT.index(text)
        place = {"start": start, "end": start + len(text)}
        return services.create_statement(article=article, actor=newsroom["alice"], quote_type="narration", **place)

    return marked


@pytest.fixture
def opened(open_desk, article):
    def at(name="alice", **options):
        desk = open_desk(**options).log_in(name)
        desk.open(f"/api/v1/articles/{article.pk}/")
        return Ends(desk)

    return at


def test_a_mouse_drags_an_end_to_another_word_and_one_act_saves_it(opened, mark, newsroom):
    statement = mark("it is right")
    ends = opened()
    before = ends.place("nobody", False)
    ends.choose(statement)
    ends.drag("End", "nobody den", True)
    assert ends.chosen == "it is right, and nobody denied"  # also before it is let go
    assert ends.place("nobody", False) == before
    ends.page.mouse.up()
    ends.drag("Beginning", "The minister said", False)
    ends.page.mouse.up()
    assert ends.form(statement).get_by_label("The passage").input_value() == ends.chosen
    assert passage_of(statement) == "it is right"
    ends.form(statement).get_by_label("Reason").fill("Denied in the same breath.")
    ends.form(statement).get_by_role("button", name="Save the passage").click()
    ends.said("Passage 1 is changed.")
    assert passage_of(statement) == "The minister said that it is right, and nobody denied"
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.version, entry.reason) == ("statement.updated", 2, "Denied in the same breath.")
    assert ends.page.locator(f"#mark-{statement.pk}").inner_text() == statement.text
    expect(ends.form(statement)).to_have_count(0)
    assert ends.chosen == ""
    assert ends.line("End") == pytest.approx(ends.place("nobody denied", True), abs=1)
    assert ends.page.evaluate("document.activeElement.id") == f"statement-{statement.pk}"


def test_with_a_key_held_the_mouse_stops_at_each_character(opened, mark):
    statement = mark("it is right")
    ends = opened()
    ends.choose(statement)
    ends.page.keyboard.down("Shift")
    ends.drag("End", "it is ri", True)
    ends.page.mouse.up()
    ends.page.keyboard.up("Shift")
    assert ends.chosen == "it is ri"


def test_an_end_stops_one_word_before_the_other(opened, mark):
    statement = mark("it is right")
    ends = opened()
    ends.choose(statement)
    ends.drag("End", "The minister", True)
    assert ends.chosen == "it"
    ends.page.mouse.up()
    ends.drag("Beginning", "Paragraph 4", False)
    ends.page.mouse.up()
    assert ends.chosen == "it"
    ends["Beginning"].press("Escape")
    assert (ends.chosen, ends.form(statement).count()) == ("", 0)
    assert ends.line("End") == pytest.approx(ends.place("it is right", True), abs=1)
    assert passage_of(statement) == "it is right"


def touch(page, kind, *place):
    points = [{"x": place[0], "y": place[1]}] if place else []
    page.context.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def swipe(page, here, there):
    page.context.cdp = page.context.new_cdp_session(page)
    touch(page, "touchStart", *here)
    for step in range(1, 6):
        touch(page, "touchMove", *(a + (b - a) * step / 5 for a, b in zip(here, there, strict=True)))


def test_a_finger_drags_an_end_on_a_phone_and_the_page_scrolls_by_its_text_as_before(opened, mark):
    statement = mark("it is right")
    ends = opened(**PHONE)
    page = ends.page
    ends.choose(statement)
    box = ends["End"].bounding_box()
    assert min(box["width"], box["height"]) >= 24
    page.locator(f"#statement-{statement.pk}").get_by_role("link", name="Back to the text").click()
    scrolled = page.evaluate("window.scrollY")
    swipe(page, *ends.way("End", "nobody denied", True))
    page.wait_for_function(CHOSEN + " === 'it is right, and nobody denied'")
    touch(page, "touchEnd")
    assert page.evaluate("window.scrollY") == scrolled
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    save = ends.form(statement).get_by_role("button", name="Save the passage")
    expect(save).to_be_in_viewport()
    swipe(page, (150, 350), (150, 250))
    touch(page, "touchEnd")
    page.wait_for_function("(before) => window.scrollY > before + 30", arg=scrolled)
    save.click()  # a tap would only stop the scrolling, if it still goes on
    ends.said("Passage 1 is changed.")
    assert passage_of(statement) == "it is right, and nobody denied"


@WINDOWS
def test_the_page_scrolls_along_when_an_end_is_dragged_to_the_edge_of_the_window(opened, mark, width):
    statement = mark("it is right")
    ends = opened(viewport={"width": width, "height": 700})
    ends.choose(statement)
    ends.drag("End", "it is right", True)
    for _ in range(2):  # what lies over the text changes when the form comes
        limit = min(700, ends.page.locator(f"#statement-{statement.pk}").bounding_box()["y"]) if width < 900 else 700
        ends.page.mouse.move(60, limit - 10, steps=3)
    ends.page.wait_for_function("() => [...CSS.highlights.get('chosen') ?? []].join().includes('Paragraph 20')")
    ends.page.mouse.up()
    assert ends["End"].bounding_box()["y"] < limit


def test_keys_alone_move_both_ends_save_them_and_put_them_back(opened, mark):
    statement = mark("it is right")
    ends = opened()
    press = ends.page.keyboard.press
    press("j")
    press("e")
    expect(ends["Beginning"]).to_be_focused()
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight"):
        press(key)
    assert ends.chosen == "that it is right"
    press("Tab")
    expect(ends["End"]).to_be_focused()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight", "Alt+ArrowRight"):
        press(key)
    assert ends.chosen == "that it is right, and no"
    assert ends["End"].get_attribute("aria-valuetext") == "right, and no"
    assert ends["End"].get_attribute("aria-valuenow") == str(TEXT.index("nobody") + 2)
    press("Escape")
    expect(ends["End"]).to_be_focused()
    assert (ends.chosen, ends.form(statement).count()) == ("", 0)
    press("ArrowRight")
    press("ArrowLeft")
    press("ArrowLeft")
    assert ends.chosen == "it is"
    press("Enter")
    ends.said("Passage 1 is changed.")
    assert passage_of(statement) == "it is"
    press("e")
    press("e")
    press("ArrowRight")
    press("Enter")
    ends.page.locator(f"#mark-{statement.pk}").filter(has_text="it is right").wait_for()
    assert passage_of(statement) == "it is right"


def test_a_character_that_one_sees_is_never_cut(opened, mark):
    statement = mark(f"The {FAMILY} family")
    ends = opened()
    ends.choose(statement)
    for _ in "family":
        ends["End"].press("Shift+ArrowLeft")
    assert ends.chosen == f"The {FAMILY}"
    ends["End"].press("Shift+ArrowLeft")
    assert ends.chosen == "The"
    ends["End"].press("Shift+ArrowRight")
    ends["End"].press("Enter")
    ends.said("Passage 1 is changed.")
    assert passage_of(statement) == f"The {FAMILY}"


def test_a_text_whose_code_is_of_no_language_has_ends_too(opened, mark, article, newsroom):
    statement = mark("it is right")
    services.update_article(article_id=article.pk, versions=None, actor=newsroom["alice"], language="abcd")
    ends = opened()
    ends.choose(statement)
    ends["End"].press("ArrowDown")
    assert ends.chosen == "it is right,"


def test_behind_the_last_word_of_a_paragraph_comes_the_first_of_the_next(opened, mark):
    statement = mark("denied it")
    ends = opened()
    ends.choose(statement)
    for chosen in ("denied it.", "denied it.\r\n\r\nThe"):
        ends["End"].press("ArrowRight")
        assert ends.chosen == chosen
    assert ends.line("End") == pytest.approx(ends.place("\r\n\r\nThe", True), abs=1)
    ends["End"].press("Enter")
    ends.said("Passage 1 is changed.")
    assert passage_of(statement) == "denied it.\r\n\r\nThe"
    for _ in range(2):
        ends["Beginning"].press("ArrowRight")
        ends["Beginning"].press("ArrowRight")
    assert ends.chosen == "The"


def test_in_a_text_from_right_to_left_the_left_arrow_goes_on(opened, mark):
    words = ARABIC.split()
    statement = mark(" ".join(words[1:3]))
    ends = opened()
    ends.choose(statement)
    assert ends.line("Beginning")[0] > ends.line("End")[0]
    ends["End"].press("ArrowLeft")
    assert ends.chosen == " ".join(words[1:4])
    ends["Beginning"].press("ArrowRight")
    assert ends.chosen == " ".join(words[:4])
    here, there = ends.way("End", words[4], False)
    ends.page.mouse.move(*here)
    ends.page.mouse.down()
    ends.page.mouse.move(there[0] + 2, there[1], steps=4)
    ends.page.mouse.up()
    assert ends.chosen == " ".join(words[:5])
    ends["End"].press("Enter")
    ends.said("Passage 1 is changed.")
    assert passage_of(statement) == " ".join(words[:5])


def test_of_marks_that_nest_or_overlap_only_the_chosen_one_is_moved(opened, mark):
    outer, inner = mark("The minister said that it is right"), mark("it is")
    ends = opened()
    ends.choose(inner)
    assert ends["End"].get_attribute("aria-label") == "End of passage 2"
    ends.drag("End", "nobody", True)
    ends.page.mouse.up()
    assert ends.chosen == "it is right, and nobody"
    ends["End"].press("Enter")
    ends.said("Passage 2 is changed.")
    assert (passage_of(outer), passage_of(inner)) == ("The minister said that it is right", "it is right, and nobody")
    ends.choose(outer)
    assert ends.line("End") == pytest.approx(ends.place("it is right", True), abs=1)
    ends["Beginning"].press("ArrowRight")
    ends["Beginning"].press("Enter")
    ends.said("Passage 1 is changed.")
    assert passage_of(outer) == "minister said that it is right"


def test_a_mark_reaches_from_one_part_of_the_cards_into_the_other(opened, newsroom, article):
    starts = [TEXT.index(f"Paragraph {n} says") for n in range(40)]
    rows = [{"article": article, "quote_type": "narration", "start": at, "end": at + 9} for at in starts]
    made = services.create_statements(rows=rows, actor=newsroom["alice"])
    ends = opened()
    ends.page.locator(f"#mark-{made[30].pk}").evaluate("mark => mark.scrollIntoView({ block: 'center' })")
    ends.choose(made[30])  # the first of the second part
    for _ in range(6):
        ends["Beginning"].press("ArrowLeft")
    ends["Beginning"].press("Enter")
    ends.said("Passage 31 is changed.")
    assert passage_of(made[30]) == "says that 29 is right.\n\nParagraph"
    assert passage_of(made[29]) == "Paragraph"


def test_what_somebody_else_has_changed_meanwhile_is_shown_and_kept(opened, newsroom, mark):
    statement = mark("is right")
    minister = Source.objects.get()
    ends = opened()
    ends.choose(statement)
    ends["End"].press("ArrowRight")
    ends.form(statement).get_by_label("Reason").fill("One word more.")
    services.update_statement(
        statement_id=statement.pk, versions=None, actor=newsroom["erin"], source=minister, quote_type="indirect"
    )
    ends["End"].press("Enter")
    form = ends.form(statement)
    form.get_by_role("button", name="Apply my change").wait_for()
    expect(ends.page.get_by_text("Since you opened the page, this happened:")).to_be_visible()
    assert form.get_by_label("The passage, word for word").input_value() == "is right,"
    assert form.get_by_label("Reason").input_value() == "One word more."
    expect(form.get_by_role("button", name="Remove The minister")).to_be_visible()
    assert ends.chosen == "is right,"
    ends["End"].press("ArrowRight")  # in the form that has the passage now
    form.get_by_role("button", name="Apply my change").click()
    ends.said("Passage 1 is changed.")
    assert passage_of(statement) == "is right, and"
    assert (statement.source, statement.quote_type, statement.version) == (minister, "indirect", 3)
    expect(ends.form(statement)).to_have_count(0)
    assert ends.page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('draft'))") == []


def test_a_text_that_was_corrected_meanwhile_loses_nothing_that_was_moved(opened, newsroom, article, mark):
    statement = mark("is right")
    ends = opened()
    ends.choose(statement)
    ends["End"].press("ArrowRight")
    services.update_article(article_id=article.pk, versions=None, actor=newsroom["erin"], text=f"Corrected. {TEXT}")
    ends["End"].press("Enter")
    form = ends.form(statement)
    form.get_by_role("button", name="Apply my change").click()
    form.get_by_text("the article says").first.wait_for()
    assert form.get_by_label("The passage, word for word").input_value() == "is right,"
    form.get_by_role("button", name="Save").click()
    ends.said("Passage 1 is changed.")
    statement.refresh_from_db()
    assert (statement.text, statement.start) == ("is right,", len("Corrected. ") + TEXT.index("is right,"))


@pytest.mark.parametrize("width", [1280, 375])
def test_the_ends_move_in_the_form_that_is_open_and_what_it_has_besides_stays(opened, mark, width):
    statement = mark("it is right")
    ends = opened(viewport={"width": width, "height": 800})
    card = ends.page.locator(f"#statement-{statement.pk}")
    card.get_by_role("link", name="Correct it").click()
    form = ends.form(statement)
    form.get_by_label("In plain words").fill("Right, he says.")
    ends["End"].press("ArrowRight")
    ends["End"].press("ArrowRight")
    assert form.get_by_label("The passage, word for word").input_value() == "it is right, and"
    ends["End"].press("Escape")
    assert form.get_by_label("The passage, word for word").input_value() == "it is right"
    form.get_by_label("The passage, word for word").fill("nobody")  # by hand: it has no place, so no ends
    expect(ends["End"]).to_have_count(0)
    form.get_by_label("The passage, word for word").fill("it is right")
    ends["Beginning"].press("ArrowLeft")
    ends["Beginning"].press("Enter")
    ends.said("Passage 1 is changed.")
    assert (passage_of(statement), statement.paraphrase) == ("that it is right", "Right, he says.")


def test_while_another_form_is_open_in_the_card_there_are_no_ends(opened, mark):
    statement = mark("it is right")
    ends = opened()
    ends.choose(statement)
    ends.page.locator(f"#statement-{statement.pk}").get_by_role("link", name="Dispute it").click()
    ends.form(statement).wait_for()
    expect(ends["End"]).to_have_count(0)
    ends.form(statement).get_by_role("button", name="Cancel").click()
    expect(ends["End"]).to_be_visible()


@WINDOWS
def test_what_was_moved_is_back_after_a_reload_and_is_discarded(opened, mark, width):
    first, second = mark("it is right"), mark("family")
    ends = opened(viewport={"width": width, "height": 800})
    ends.choose(second)
    ends["End"].press("ArrowRight")
    ends.page.goto(ends.page.url.split("#")[0])
    assert ends.form(second).get_by_label("The passage").input_value() == "family said"
    expect(ends.form(second).get_by_text("What you typed is back.")).to_be_visible()
    expect(ends.form(first)).to_have_count(0)
    ends.choose(second)
    assert ends.line("End") == pytest.approx(ends.place("family said", True), abs=1)
    ends.form(second).get_by_role("button", name="Discard it").click()
    assert ends.line("End") == pytest.approx(ends.place("family", True), abs=1)
    ends.page.reload()
    expect(ends.form(second)).to_have_count(0)
    assert passage_of(second) == "family"


def test_the_place_of_a_passage_that_is_being_marked_is_kept_too(opened, newsroom, article):
    ends = opened()
    form = ends.page.locator("#mark-form")
    where = TEXT.index("is right", TEXT.index("Paragraph 3"))
    ends.page.evaluate(
        """(at) => {
          const text = document.getElementById("text");
          const start = desk.text.unit(text.textContent, at);
          document.getSelection().addRange(desk.text.range(start, start + 8));
          text.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
        }""",
        where,
    )
    expect(form.get_by_label("The passage, word for word")).to_have_value("is right")
    form.get_by_label("How it is quoted").select_option("narration")
    ends.page.reload()
    assert ends.chosen == "is right"
    assert form.locator("[name=start]").input_value() == str(where)
    form.get_by_role("button", name="Record the statement").click()
    ends.said("is recorded.")
    assert Statement.objects.get().start == where
    assert ends.page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('draft'))") == []


def test_a_place_is_not_kept_for_words_that_stand_elsewhere_now_or_were_typed(opened, newsroom, article):
    ends = opened()
    form = ends.page.locator("#mark-form")
    ends.desk.select("it is right")
    services.update_article(article_id=article.pk, versions=None, actor=newsroom["erin"], text=f"Corrected. {TEXT}")
    ends.page.reload()
    assert form.get_by_label("The passage, word for word").input_value() == "it is right"
    assert form.locator("[name=start]").input_value() == ""
    ends.desk.select("nobody")
    form.get_by_label("The passage, word for word").fill("nobody denied")
    ends.page.reload()
    assert (form.locator("[name=start]").input_value(), ends.chosen) == ("", "")


def test_the_times_of_captions_follow_the_ends(open_desk, newsroom):
    body = {"title": "A talk", "media_url": VIDEO, "captions": VTT}
    talk = client_of(newsroom["alice"]).post("/api/v1/articles/", body, format="json").json()
    start = talk["text"].index("Not one")
    services.create_statement(
        article=Article.objects.get(), actor=newsroom["alice"], quote_type="narration",
        start=start, end=start + len("Not one cent"),
    )  # fmt: skip
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{talk['id']}/")
    ends = Ends(desk)
    ends.choose(Statement.objects.get())
    desk.page.get_by_role("link", name="Recording, 0:05 to 0:07").wait_for()
    for _ in range(4):
        ends["End"].press("ArrowRight")  # “.”, “Tom”, “:”, “The”
    ends["End"].press("Enter")
    desk.page.get_by_role("link", name="Recording, 0:05 to 0:09").wait_for()
    statement = Statement.objects.get()
    assert (statement.media_start, statement.media_end) == (5, 9.25)
    assert statement.text == "Not one cent.\n\nTom: The"


def test_who_may_not_change_a_statement_and_a_page_of_the_past_have_no_ends(opened, mark):
    statement = mark("it is right")
    ends = opened("vera")
    ends.page.locator(f"#mark-{statement.pk} > a").click()
    expect(ends.page.locator(".end")).to_have_count(0)
    ends.page.keyboard.press("e")
    past = opened("bob")
    past.choose(statement)
    past.desk.open(f"/api/v1/articles/{statement.article_id}/?as_of=2100-01-01T00:00:00Z")
    expect(past.page.locator(".end")).to_have_count(0)


@pytest.mark.parametrize(
    "options",
    [{}, PHONE, {"color_scheme": "dark"}, {**PHONE, "color_scheme": "dark"}, {"forced_colors": "active"}],
    ids=["wide", "phone", "dark", "dark phone", "forced colours"],
)
def test_axe_finds_nothing_while_an_end_is_moved(opened, mark, axe, options):
    statement = mark("it is right")
    ends = opened(**options)
    ends.choose(statement)
    ends["End"].press("ArrowRight")
    ends.page.evaluate(axe)
    found = ends.page.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))")
    assert found == []
    knob = "(handle) => getComputedStyle(handle, '::before').borderTopStyle"
    assert ends["End"].evaluate(knob) == "solid"  # a border is seen in forced colours too
