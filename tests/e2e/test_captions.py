"""Captions in a real browser: a file is imported, a passage marked, and its link leads into the recording."""

import os
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.claims.test_captions import VIDEO, VTT

LINK = re.compile(r"^Recording, 0:05 to 0:09$")


def picture(page, name):
    """For a look with one's own eyes: SCREENSHOTS=folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_passage_of_captions_leads_into_the_recording(open_desk, newsroom):
    desk = open_desk().log_in("alice")
    page = desk.page
    desk.open("/import/")
    form = page.get_by_role("region", name="Its text, or captions")
    form.get_by_label("Title").fill("A talk")
    form.get_by_label("Address of the recording (URL)").fill(VIDEO)
    form.get_by_label("Or choose a file").set_input_files(
        {"name": "talk.vtt", "mimeType": "text/vtt", "buffer": VTT.encode()}
    )
    picture(page, "import")
    form.get_by_role("button", name="Create the draft").click()
    page.get_by_role("heading", name="A talk").wait_for()
    assert page.locator("#text").text_content().startswith("Anna: \U0001f600 We will not pay.")
    desk.select("one cent.\n\nTom: The bridge is closed")
    page.get_by_label("How it is quoted").select_option("narration")
    page.get_by_role("button", name="Record the statement").click()
    link = page.get_by_role("link", name=LINK)
    assert link.get_attribute("href") == VIDEO + "#t=5,9.25"
    picture(page, "article")
    page.get_by_role("link", name=re.compile(r"^Statement \d+$")).click()
    assert page.get_by_role("link", name=LINK).get_attribute("href") == VIDEO + "#t=5,9.25"
    picture(page, "statement")
    address = page.url.removeprefix(desk.server)

    phone = open_desk(viewport={"width": 390, "height": 800}, has_touch=True).log_in("vera")
    for name, path in (("import-phone", "/import/"), ("statement-phone", address)):
        phone.open(path)
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
        picture(phone.page, name)
    expect(phone.page.get_by_role("link", name=LINK)).to_be_visible()
