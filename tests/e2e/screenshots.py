"""The pictures in docs/: `make screenshots` takes them of the demo newsroom."""

import json
from pathlib import Path

import pytest

from claims import services
from claims.annotations import import_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.models import Dispute, Statement

ROOT = Path(__file__).parents[2]
SEED = ROOT / "seeds" / "biden-zelensky-call-2022.json"
PICTURES = ROOT / "docs" / "pictures"
WINDOW = {"width": 1280, "height": 800}
INVASION = "A Russian invasion is now virtually certain"


@pytest.fixture
def article(newsroom):
    serializer = AnnotationDocumentSerializer(data=json.loads(SEED.read_text()))
    serializer.is_valid(raise_exception=True)
    return import_document(document=serializer.validated_data, actor=newsroom["alice"])


def take(desk, name):
    PICTURES.mkdir(exist_ok=True)
    desk.page.wait_for_load_state("networkidle")
    desk.page.screenshot(path=PICTURES / f"{name}.png")


def test_take_the_pictures(open_desk, newsroom, article):
    statement = Statement.objects.filter(text__startswith=INVASION).latest("start")
    desk = open_desk(viewport=WINDOW).log_in("alice")
    take(desk, "start")

    desk.open(f"/api/v1/articles/{article.pk}/")
    for _ in range(6):
        desk.page.keyboard.press("j")
    desk.page.evaluate("document.querySelector('.spread').scrollIntoView()")
    take(desk, "article")

    desk.open(f"/api/v1/articles/{article.pk}/?picture=1")
    take(desk, "picture")

    dispute = Dispute.objects.filter(statement=statement).first()
    desk.open(f"/api/v1/disputes/{dispute.pk}/")
    take(desk, "dispute")

    dark = open_desk(viewport=WINDOW, color_scheme="dark").log_in("erin")
    dark.open(f"/api/v1/statements/{statement.pk}/")
    form = dark.page.locator("form.tagging")
    form.get_by_label("Reason").fill("Horne corrects the degree; nobody on the record stands behind the rest.")
    services.tag_statement(
        statement_id=statement.pk, versions=None, actor=newsroom["alice"], tag="denied",
        reason="Horne’s denial stands, and the readout speaks of the same call.",
    )  # fmt: skip
    form.get_by_role("button", name="unverified").click()
    dark.page.get_by_role("heading", name="This has changed since you opened it").wait_for()
    take(dark, "conflict")
