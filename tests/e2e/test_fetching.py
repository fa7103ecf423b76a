"""An address becomes the filled form of a new article: by keyboard, on a phone, without JavaScript."""

import pytest

from claims.models import Article
from tests.other_servers import report_on_another_server


@pytest.mark.parametrize(
    "options", [{}, {"java_script_enabled": False}, {"viewport": {"width": 375, "height": 800}, "has_touch": True}]
)
def test_an_address_is_pasted_what_was_found_is_corrected_and_saved(open_desk, settings, options):
    settings.FETCH_ARTICLES = True
    desk = open_desk(**options).log_in("alice")
    page = desk.page
    desk.open("/api/v1/articles/?form=new")
    page.get_by_label("Address of a page").fill("http://127.0.0.1/admin")
    page.keyboard.press("Enter")
    page.get_by_text("127.0.0.1 is in a network that is not public").wait_for()
    with report_on_another_server() as address:
        page.get_by_label("Address of a page").fill(address)
        page.keyboard.press("Enter")
        page.get_by_text("The form has what was found on the page.").wait_for()
    assert not Article.objects.exists()
    page.get_by_label("Title").fill("The minister denies it")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="The minister denies it").wait_for()
    article = Article.objects.get()
    assert (article.url, article.byline, article.language) == (address, "Jane Doe", "uk-UA")
    assert "\n\n“It is false,” she told reporters in Kyiv" in article.text
