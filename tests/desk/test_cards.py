import re

from claims import services
from tests.newsroom import article_page, browser_of


def test_each_card_has_its_own_number_statement_and_version(alice):
    article = services.create_article(actor=alice, title="A report", text="One. Two. Three.")
    rows = [
        services.create_statement(article=article, actor=alice, start=at, end=at + 4, quote_type="narration")
        for at in (0, 5)
    ]
    services.tag_statement(statement_id=rows[1].pk, versions=None, actor=alice, tag="denied", reason="Because.")
    page = article_page(browser_of(alice), article)
    cards = re.findall(r'<article class="card".*?</article>', page, re.DOTALL)
    assert len(cards) == 2
    for number, (card, row, version) in enumerate(zip(cards, rows, (1, 2), strict=True), 1):
        pk = row.pk
        assert f'href="#mark-{pk}">Passage {number}</a>' in card
        assert f'data-version="{pk}-{version}"' in card
        assert f'action="/api/v1/statements/{pk}/tag/"' in card
        assert f'name="version" value="{version}"' in card
        assert f'name="next" value="/api/v1/articles/{article.pk}/?at={pk}#statement-{pk}"' in card
        assert {*re.findall(r"/statements/(\d+)/", card), *re.findall(r"statement=(\d+)", card)} == {str(pk)}
