"""An article in Arabic on an English desk, and a desk that reads from right to left."""

from types import SimpleNamespace
from typing import Any

import pytest

from claims import services
from sources.services import create_source

TITLE = "الوزير والبلدية يختلفان حول سلامة الجسر!"
SAFE, UNTRUE, CLOSED = "الجسر آمن تماما ولا داعي للقلق", "هذا غير صحيح على الإطلاق", "The bridge is closed."
TEXT = (
    f"قال وزير النقل إن {SAFE}. ورفضت رئيسة البلدية التعليق على ذلك.\n\n"
    f"ونفت المتحدثة باسم البلدية، ليلى حداد، ذلك قائلة: «{UNTRUE}».\n\nThe New York Times wrote: “{CLOSED}”"
)
# What a reader cannot see: beyond the window's edges, or text cut off in a box that does not scroll.
BEYOND = """() => {
  const { clientWidth: width, scrollWidth: whole } = document.documentElement, lost = [];
  if (whole > width) lost.push(`the page is ${whole} wide`);
  for (const one of document.querySelectorAll("body *")) {
    if (one.closest(".unseen, .skip, .picture, .scrolls, pre, dialog:not([open])") || !one.checkVisibility()) continue;
    const { left, right, width: own } = one.getBoundingClientRect();
    if (own && (left < -1 || right > width + 1)) lost.push(`${one.localName}.${one.className}: ${left} to ${right}`);
  }
  return lost;
}"""
DIRECTION = "(one) => getComputedStyle(one).direction"


@pytest.fixture
def story(newsroom: Any) -> SimpleNamespace:
    by = {"actor": newsroom["alice"]}
    article = services.create_article(title=TITLE, text=TEXT, language="ar", byline="سامي خوري", **by)
    minister = create_source(name="وزير النقل", kind="person", aliases=["The minister"], **by)
    speaker = create_source(name="ليلى حداد", kind="person", **by)
    relay = create_source(name="مسؤول لم يكشف عن اسمه", kind="person", anonymous=True, **by)

    def mark(passage: str, source: Any, via: Any = ()) -> Any:
        start = TEXT.index(passage)
        return services.create_statement(
            article=article, start=start, end=start + len(passage), source=source, via=list(via), **by
        )

    safe, untrue, _ = mark(SAFE, minister, [relay]), mark(UNTRUE, speaker), mark(CLOSED, minister)
    services.tag_statement(
        statement_id=safe.pk, versions=None, tag="denied", reason="نفت البلدية ذلك (في 5 مارس).", **by
    )
    dispute = services.open_dispute(
        statement=safe, raised_by=speaker, counter_statement=untrue, kind="denial", scope="part", note="غير صحيح.", **by
    )
    services.create_note(article=article, text="اسأل الوزارة غدا.", **by)
    services.create_article(title="A draft in English", text="Nothing.", desk=newsroom["alice"], **by)
    return SimpleNamespace(article=article, statement=safe, dispute=dispute, source=minister)


@pytest.fixture
def from_right_to_left(settings: Any) -> None:
    """Nobody translated the desk into Arabic, but pages are laid out as they would be."""
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]


def pages_of(story: SimpleNamespace) -> list[str]:
    article, statement, dispute, source = (
        f"/api/v1/{rows}/{row.pk}/"
        for rows, row in zip(("articles", "statements", "disputes", "sources"), vars(story).values(), strict=True)
    )
    lists = [f"/api/v1/{rows}/" for rows in ("articles", "statements", "disputes", "sources", "notes", "journal")]
    forms = [f"{dispute}?form=edit", f"{source}?form=delete", f"{article}?form=delete", f"{source}?form=edit"]
    pictures = [f"{article}?picture=1", f"{article}?print=1", f"{statement}history/"]
    more = ["/search/?q=%D8%A7%D9%84%D8%AC%D8%B3%D8%B1", "/import/", "/account/", "/api/v1/tokens/", "/api/v1/nowhere/"]
    return ["/", article, statement, dispute, source, *lists, *forms, *pictures, *more]


@pytest.mark.parametrize("width", [1280, 375])
def test_every_page_fits_the_window_from_right_to_left(
    open_desk: Any, story: SimpleNamespace, from_right_to_left: None, width: int
) -> None:
    desk = open_desk(viewport={"width": width, "height": 900}).log_in("alice")
    desk.context.set_extra_http_headers({"Accept-Language": "ar"})
    for address in pages_of(story):
        desk.open(address)
        assert desk.page.locator("html").get_attribute("dir") == "rtl", address
        assert desk.page.evaluate(BEYOND) == [], address


@pytest.mark.parametrize("width", [1280, 375])
def test_an_article_from_right_to_left_fits_a_page_from_left_to_right(
    open_desk: Any, story: SimpleNamespace, width: int
) -> None:
    desk = open_desk(viewport={"width": width, "height": 900}).log_in("alice")
    for address in pages_of(story):
        desk.open(address)
        assert desk.page.locator("html").get_attribute("dir") == "ltr", address
        assert desk.page.evaluate(BEYOND) == [], address


def test_the_frame_is_turned_and_codes_and_pictures_are_not(
    open_desk: Any, story: SimpleNamespace, from_right_to_left: None
) -> None:
    desk = open_desk().log_in("alice")
    desk.context.set_extra_http_headers({"Accept-Language": "ar"})
    desk.open(f"/api/v1/articles/{story.article.pk}/")
    page = desk.page
    brand, own = (page.locator(f".bar {part}").bounding_box() for part in (".brand", ".who"))
    assert brand["x"] > own["x"]
    text, cards = (page.locator(part).bounding_box() for part in ("#text", "#statements"))
    assert text["x"] > cards["x"]
    card = page.locator(".card").first
    edges = "(one) => [getComputedStyle(one).borderRightStyle, getComputedStyle(one).borderLeftStyle]"
    assert card.evaluate(edges) == ["double", "solid"]  # the tag's line, where the card begins
    desk.open(f"/api/v1/disputes/{story.dispute.pk}/")
    assert page.locator(".picture").first.evaluate(DIRECTION) == "ltr"
    assert page.locator(".foot pre").evaluate(DIRECTION) == "ltr"


def test_names_and_passages_have_their_own_direction_and_titles_begin_where_the_page_does(
    open_desk: Any, story: SimpleNamespace
) -> None:
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{story.article.pk}/")
    page = desk.page
    heading = page.locator("h1")
    assert (heading.evaluate(DIRECTION), heading.evaluate("(one) => getComputedStyle(one).textAlign")) == (
        "rtl",
        "left",
    )
    assert page.locator("#text").get_attribute("lang") == "ar"
    assert page.locator(".card blockquote").evaluate_all(f"(all) => all.map({DIRECTION})") == ["rtl", "rtl", "ltr"]
    assert page.locator(".card blockquote").first.get_attribute("lang") == "ar"
    desk.open(f"/api/v1/disputes/{story.dispute.pk}/")
    assert page.locator(".in-context").evaluate_all("(all) => all.map((one) => one.lang)") == ["ar", "ar"]
    assert page.locator("h1 bdi").inner_text() == "ليلى حداد"
