import pytest

from claims import services


@pytest.fixture
def record(alice, minister):
    """Records a text as the only statement of an article of its own."""

    def record(text, *, publish=False, language="en", **fields):
        article = services.create_article(actor=alice, title="A report", text=text, language=language)
        source = fields.pop("source", minister)
        made = services.create_statement(article=article, actor=alice, source=source, text=text, **fields)
        if publish:
            services.set_article_status(
                article_id=article.pk, versions=None, actor=alice, status="published", reason="It is ready."
            )
        return made

    return record
