"""Libraries by which others mark a page find our passages, on a page as a newsroom publishes the article."""

import subprocess
from html import escape
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from claims.models import Article

HERE = Path(__file__).parent
SEED = HERE.parents[1] / "seeds" / "biden-zelensky-call-2022.json"
ESBUILD = HERE / "node_modules" / ".bin" / "esbuild"
FOUND = "([annotations, name]) => consumers[name](annotations, document.querySelector('article'))"


@pytest.fixture(scope="session")
def script() -> str:
    if not ESBUILD.exists():
        pytest.exit("esbuild is not there: run npm ci in tests/e2e, or make e2e, which does.", returncode=2)
    options = ["--bundle", "--format=iife", "--global-name=consumers", "--log-level=warning"]
    return subprocess.check_output([ESBUILD, HERE / "consumers.js", *options], text=True, timeout=60)


@pytest.fixture
def annotations(newsroom: Any, settings: Any) -> list[dict[str, Any]]:
    call_command("import_annotations", str(SEED))
    settings.PUBLIC_READ = True
    answer = APIClient().get(f"/api/v1/articles/{Article.objects.get().pk}/webannotations/?page_size=200").json()
    return answer["first"]["items"]


def test_what_each_library_finds_of_the_23_passages(browser: Any, script: str, annotations: Any) -> None:
    text = Article.objects.get().text
    paragraphs = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.split("\n\n"))
    passages = [annotation["target"]["selector"][0]["exact"] for annotation in annotations]

    def found_by(name: str, html: str) -> int:
        page = browser.new_page()
        page.set_content(f"<!doctype html><title>News</title><article>{html}</article>")
        page.add_script_tag(content=script)
        words = page.evaluate(FOUND, [annotations, name])
        page.close()
        return sum(found == passage for found, passage in zip(words, passages, strict=True))

    assert {name: found_by(name, paragraphs) for name in ("apacheAnnotator", "domAnchorTextQuote")} == {
        "apacheAnnotator": 23,
        "domAnchorTextQuote": 23,
    }
    # It goes by the positions alone, which count in our text. That is whole only where nothing is between paragraphs.
    assert (found_by("recogito", paragraphs), found_by("recogito", escape(text))) == (2, 23)
    assert found_by("recogitoWithPlaces", paragraphs) == 23
