"""Pages on a phone and on paper, the documentation of the API, and what each role is offered."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from claims.annotations import import_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.models import Article, Dispute, Evidence, Statement
from factcheck.journal.models import Entry
from factcheck.journal.seal.notes import make_key
from sources.models import Source

SEED = Path(__file__).parents[2] / "seeds" / "biden-zelensky-call-2022.json"
SWAGGER = 60_000  # milliseconds: it draws every operation before it shows one, which takes six seconds by itself
EDITORS = ["asserted", "denied", "unverified", "Publish", "Withdraw", "upheld", "Reopen"]


@pytest.fixture
def seed(newsroom, settings):
    settings.JOURNAL_SIGNING_KEY = str(make_key("factcheck.example/journal"))
    serializer = AnnotationDocumentSerializer(data=json.loads(SEED.read_text()))
    serializer.is_valid(raise_exception=True)
    article = import_document(document=serializer.validated_data, actor=newsroom["alice"])
    call_command("follow", "seal", once=True)
    return article


STRANGERS = {"articles": Article, "statements": Statement, "disputes": Dispute, "evidence": Evidence, "sources": Source}
WINDOWS = pytest.mark.parametrize("options", [
    {}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 800}, "has_touch": True},
], ids=["wide", "dark", "phone"])  # fmt: skip


def addresses() -> list[str]:
    article, statement, source = Article.objects.get().pk, Statement.objects.first().pk, Source.objects.first().pk
    dispute, evidence = Dispute.objects.first().pk, Evidence.objects.first().pk
    resolved = Dispute.objects.exclude(state="open").first().pk
    api = "/api/v1/"
    return [
        "/", "/search/?q=biden", "/search/", "/import/", f"{api}",
        f"{api}articles/", f"{api}articles/?form=new", f"{api}articles/{article}/",
        f"{api}articles/{article}/?form=edit", f"{api}articles/{article}/history/",
        f"{api}articles/{article}/revisions/", f"{api}articles/{article}/revisions/1/",
        f"{api}articles/{article}/annotations/", f"{api}articles/{article}/checks/",
        f"{api}articles/{article}/?cards=1", f"{api}articles/{article}/?print=1", f"{api}articles/{article}/?picture=1",
        f"{api}statements/?source=Bidn", f"{api}sources/?form=new&name=Ann",
        f"{api}statements/", f"{api}statements/?tag=denied&ordering=-said_on", f"{api}statements/?tag=nonsense",
        f"{api}statements/{statement}/", f"{api}statements/{statement}/?form=edit",
        f"{api}statements/{statement}/?form=delete", f"{api}statements/{statement}/positions/",
        f"{api}disputes/", f"{api}disputes/?form=new", f"{api}disputes/{dispute}/", f"{api}disputes/{resolved}/",
        f"{api}disputes/{dispute}/?form=edit", f"{api}evidence/", f"{api}evidence/{evidence}/",
        *(f"{api}{kind}/{row}/history/" for kind, row in (
            ("statements", statement), ("disputes", dispute), ("evidence", evidence), ("sources", source))),
        f"{api}statements/{statement}/webannotation/", f"{api}statements/{statement}/claimreview/",
        f"{api}articles/{article}/webannotations/", f"{api}feeds/claimreviews/",
        f"{api}evidence/{evidence}/?form=edit", f"{api}sources/", f"{api}sources/?form=new",
        f"{api}sources/{source}/", f"{api}sources/{source}/?form=edit", f"{api}journal/", f"{api}checks/",
        *seal_addresses(),
        f"{api}tokens/", f"{api}statements/999999/", "/nowhere/", f"{api}statements/{statement}/tag/",
    ]  # fmt: skip


def seal_addresses() -> list[str]:
    journal = "/api/v1/journal/"
    return [f"{journal}checkpoints/", f"{journal}checkpoints/latest/", f"{journal}{Entry.objects.first().pk}/proof/"]


def test_a_refused_form_has_what_was_typed(open_desk, seed):
    desk = open_desk().log_in("alice")
    page = desk.page
    desk.open(f"/api/v1/articles/{seed.pk}/")
    page.get_by_text("Mark a passage").click()
    page.get_by_label("The passage, word for word").fill("Nobody said this")
    page.get_by_role("combobox", name="Who is said to have said it").fill("Joe Bidne")
    page.get_by_role("button", name="Record the statement").click()
    page.get_by_text("The statement was not recorded.").wait_for()
    expect(page.get_by_role("radio", name="Joe Biden")).to_be_visible()
    assert page.locator("#text mark").count() > 10
    desk.open(f"/api/v1/statements/{Statement.objects.first().pk}/#open-dispute")
    page.get_by_role("combobox", name="Raised by").fill("Joe Bidne")
    page.get_by_label("What is contradicted, and how").fill("All of it.")
    page.get_by_role("button", name="Open the dispute").click()
    page.get_by_text("Nothing was saved.").wait_for()
    assert page.get_by_label("What is contradicted, and how").input_value() == "All of it."
    page.get_by_role("combobox", name="Raised in the statement").click()
    page.locator(".options li").nth(10).wait_for()
    desk.open("/import/")
    page.get_by_label("Annotation document (JSON)").fill('{"title": “A”}')
    page.get_by_role("button", name="Import").click()
    page.get_by_text("not valid JSON at line 1, column 11:").wait_for()


def test_on_a_phone_a_mark_shows_its_card_over_the_text_and_the_card_leads_back(open_desk, seed):
    for options in ({}, {"java_script_enabled": False}):
        desk = open_desk(viewport={"width": 390, "height": 800}, has_touch=True, **options).log_in("vera")
        page = desk.page
        desk.open(f"/api/v1/articles/{seed.pk}/")
        mark = page.locator("#text mark[id]").nth(3)
        card = page.locator(f"#statement-{mark.get_attribute('data-statement')}")
        mark.locator("a").tap()
        card.get_by_role("link", name="Back to the text").wait_for()
        box = card.bounding_box()
        assert box["y"] >= 800 * 0.35
        assert box["y"] + box["height"] <= 800
        card.get_by_role("link", name="Back to the text").click()
        card.get_by_role("link", name="Back to the text").wait_for(state="hidden")
        assert card.bounding_box()["y"] > 800
        assert 0 <= mark.bounding_box()["y"] < 400


def _faults_of(desk, axe, address):
    faults = []
    desk.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    desk.page.evaluate(axe)
    found = desk.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    for violation in found["violations"]:
        nodes = [node["html"][:160] for node in violation["nodes"][:3]]
        faults.append((address, violation["id"], nodes))
    beyond = desk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if beyond > 0:
        faults.append((address, f"{beyond} px wider than the window", []))
    return faults


@WINDOWS
def test_axe_finds_nothing_in_the_api_documentation_which_fits_its_window_and_leads_back(
    open_desk, newsroom, axe, options
):
    desk = open_desk(**options)
    page = desk.page

    def judge(state):
        """Axe takes ten seconds for a hundred operations: in the other windows it sees them once, tried out."""
        if not options or state == "tried out":
            assert _faults_of(desk, axe, state) == []

    desk.open("/api/v1/docs/")
    page.get_by_role("link", name="The API", exact=True).click()
    page.wait_for_url("**/login/?next=%2Fapi%2Fv1%2F")
    desk.log_in("bob").open("/api/v1/docs/")
    page.set_default_timeout(SWAGGER)
    operations = page.locator(".opblock-summary-control")
    operations.first.wait_for()
    judge("closed")
    for n in range(0, operations.count(), 20):
        operations.nth(n).click()
    creating = page.locator("#operations-sources-sources_create .opblock-summary-control")
    if creating.get_attribute("aria-expanded") == "true":  # it was one of them
        creating.click()
    creating.click()
    page.locator(".responses-table").nth(3).wait_for()
    judge("opened")
    assert page.url.endswith("#/sources/sources_create")
    while (button := page.get_by_role("button", name="Try it out").first).is_visible():
        button.click()
    page.get_by_label("Request body").first.wait_for()
    page.locator("#operations-sources-sources_create").get_by_role("tab", name="Schema").first.click()
    page.locator(".opblock-get .execute").first.click()
    page.locator(".live-responses-table").wait_for()
    judge("tried out")
    page.get_by_role("button", name="Authorize").click()
    page.get_by_role("button", name="Close").first.wait_for()
    judge("authorizing")
    page.get_by_role("button", name="Close").first.click()
    page.get_by_role("link", name="The API", exact=True).click()
    page.wait_for_url("**/api/v1/")


def test_an_operation_is_tried_out_in_the_documentation_by_the_session(open_desk, newsroom):
    desk = open_desk().log_in("bob")
    page = desk.page
    desk.open("/api/v1/docs/")
    page.set_default_timeout(SWAGGER)
    page.locator("#operations-sources-sources_create .opblock-summary-control").click()
    operation = page.locator("#operations-sources-sources_create")
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("textarea.body-param__text").fill('{"name": "Jane Doe", "kind": "person"}')
    operation.get_by_role("button", name="Execute").click()
    operation.locator(".live-responses-table .response-col_status", has_text="201").wait_for()
    assert Source.objects.get().name == "Jane Doe"


def test_a_reporter_is_not_offered_what_the_role_forbids(open_desk, seed):
    desk = open_desk().log_in("bob")
    for address in addresses():
        desk.open(address)
        for name in EDITORS:
            expect(desk.page.get_by_role("button", name=name, exact=True)).to_have_count(0)
        expect(desk.page.get_by_role("link", name="Delete")).to_have_count(0)
        expect(desk.page.get_by_role("link", name="Import", exact=True)).to_have_count(0)
    desk.open(f"/api/v1/articles/{seed.pk}/")
    expect(desk.page.get_by_text("Mark a passage")).to_be_visible()


def test_a_viewer_is_offered_nothing_that_writes(open_desk, seed):
    desk = open_desk().log_in("vera")
    for address in addresses():
        if "tokens" in address:
            continue
        desk.open(address)
        forms = desk.page.eval_on_selector_all(
            "form[method=post]", "forms => forms.map((f) => f.getAttribute('action'))"
        )
        assert set(forms) <= {"/logout/"}, address


def test_a_stranger_is_offered_nothing_that_writes(open_desk, seed, settings):
    settings.PUBLIC_READ = True
    desk = open_desk()
    rows = [f"/api/v1/{kind}/{row.objects.first().pk}/" for kind, row in STRANGERS.items()]
    for address in ["/", "/search/?q=biden", *(f"/api/v1/{kind}/" for kind in STRANGERS), *rows]:
        desk.open(address)
        expect(desk.page.locator("form[method=post]:not([action='/language/'])")).to_have_count(0)


def test_an_annotated_article_prints_clean(open_desk, seed):
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{seed.pk}/")
    desk.page.emulate_media(media="print")
    expect(desk.page.locator(".bar")).to_be_hidden()
    expect(desk.page.locator("form:visible")).to_have_count(0)
    expect(desk.page.locator(".paper-only")).to_be_visible()
    desk.open(f"/api/v1/articles/{seed.pk}/?print=1")
    expect(desk.page.locator(".bar")).to_be_hidden()
    expect(desk.page.locator(".notes ol > li:visible")).to_have_count(23)
