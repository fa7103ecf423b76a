"""An editor's day, in a browser."""

import json
from pathlib import Path

from playwright.sync_api import expect

from claims.models import Article, Dispute, Statement
from factcheck.journal.models import Entry

SEED = json.loads((Path(__file__).parents[2] / "seeds" / "biden-zelensky-call-2022.json").read_text())
TEXT = SEED["article"]["text"]
INVASION = "A Russian invasion is now virtually certain once the ground freezes"
POSSIBILITY = "there is a distinct possibility that the Russians could invade Ukraine in February"
HEATED = "called the exchange heated"


def test_an_editor_takes_an_article_from_its_text_to_publication(open_desk):
    desk = open_desk().log_in("alice")
    page = desk.page

    page.get_by_role("link", name="Bring in an article").click()
    page.get_by_role("link", name="form with all fields").click()
    page.get_by_label("Title").fill("One telephone call")
    page.get_by_role("textbox", name="Text", exact=True).fill(TEXT)
    page.get_by_role("button", name="Create").click()
    page.get_by_role("heading", name="One telephone call").wait_for()
    article = Article.objects.get()
    assert article.text == TEXT
    assert page.url.endswith(f"/api/v1/articles/{article.pk}/")

    for passage, source in ((HEATED, "Ukrainian official"), (INVASION, "Joe Biden"), (POSSIBILITY, "Emily Horne")):
        desk.select(passage)
        desk.choose("Who is said to have said it", source, "New source")
        page.get_by_label("Kind").select_option("person")
        page.get_by_role("button", name="Create the source").click()
        page.get_by_role("button", name=f"Remove {source}").wait_for()
        page.get_by_role("button", name="Record the statement").click()
        page.locator("mark", has_text=passage).first.wait_for()
    marked = {s.text: s for s in Statement.objects.select_related("source")}
    assert {text: s.source.name for text, s in marked.items()} == {
        HEATED: "Ukrainian official", INVASION: "Joe Biden", POSSIBILITY: "Emily Horne",
    }  # fmt: skip
    assert all(TEXT[s.start : s.end] == text for text, s in marked.items())
    disputed, counter = marked[INVASION], marked[POSSIBILITY]

    # a conflict with a second browser
    other = open_desk().log_in("erin")
    other.open(f"/api/v1/articles/{article.pk}/")
    card = other.page.locator(f"#statement-{disputed.pk}")
    card.get_by_label("Reason").fill("Chance’s source is known to us.")

    card = page.locator(f"#statement-{disputed.pk}")
    card.get_by_label("Reason").fill("Horne denies it on the record.")
    card.get_by_role("button", name="denied").click()
    page.locator(f'mark[data-statement="{disputed.pk}"][data-tag="denied"]').first.wait_for()

    card = other.page.locator(f"#statement-{disputed.pk}")
    card.get_by_role("button", name="asserted").click()
    other.page.get_by_role("heading", name="This has changed since you opened it").wait_for()
    expect(other.page.get_by_text("Horne denies it on the record.")).to_be_visible()
    assert card.get_by_label("Reason").input_value() == "Chance’s source is known to us."
    disputed.refresh_from_db()
    assert (disputed.tag, disputed.version) == ("denied", 2)
    card.get_by_label("Reason").fill("On reflection: nobody on the record stands behind it.")
    card.get_by_role("button", name="unverified").click()
    other.page.locator(f'mark[data-statement="{disputed.pk}"][data-tag="unverified"]').first.wait_for()

    # a dispute, opened and resolved
    page.goto(f"{desk.server}/api/v1/statements/{disputed.pk}/")
    page.get_by_text("Open a dispute").click()
    desk.choose("Raised by", "emil", "Emily Horne")
    page.get_by_role("combobox", name="Raised in the statement", exact=True).click()
    page.get_by_role("option", name=POSSIBILITY[:40]).click()
    page.get_by_role("button", name="Open the dispute").click()
    page.get_by_role("link", name="Denial").click()
    page.get_by_role("heading", name="Denial by Emily Horne").wait_for()
    assert page.locator(".in-context mark").all_text_contents() == [INVASION, POSSIBILITY]
    page.get_by_label("Reason").fill("She speaks for the National Security Council, by name.")
    page.get_by_label("Tag of the statement").select_option("denied")
    page.get_by_role("button", name="upheld").click()
    page.get_by_role("button", name="upheld").wait_for(state="detached")
    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.counter_statement_id) == ("upheld", counter.pk)
    disputed.refresh_from_db()
    assert disputed.tag == "denied"

    page.goto(f"{desk.server}/api/v1/articles/{article.pk}/")
    page.get_by_label("Reason to publish").fill("Read by two editors.")
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Withdraw").wait_for()
    article.refresh_from_db()
    assert article.status == "published"
    assert Entry.objects.get(action="article.published").reason == "Read by two editors."

    page.get_by_role("button", name="Log out").click()
    page.get_by_role("heading", name="Log in").wait_for()
