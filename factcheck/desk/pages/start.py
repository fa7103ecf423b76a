"""The start page: for the newsroom what is new and what waits, for anonymous readers what is published."""

from typing import Any

from claims.models import Article
from claims.roles import permissions
from claims.totals import MAX_COUNTED, totals
from factcheck.desk.models import Look
from factcheck.desk.news import ENTRIES, entries_of_others, news_of
from factcheck.desk.page_view import DeskView
from factcheck.desk.waiting import MAX_ROWS, waiting_for
from factcheck.desk.words import ENDPOINTS
from factcheck.webhooks.models import Webhook

MAX_ARTICLES = 6  # in each section; the list has all
MAX_ENTRIES = 300  # of the journal, among which the news are
MAX_NEWS = 12
MAX_PUBLIC_ARTICLES = 20


class StartPage(DeskView):
    is_public = True

    def get_template_names(self) -> list[str]:
        return ["desk/pages/start_public.html" if self.viewer.is_anonymous else "desk/pages/start.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = self._public_context() if self.viewer.is_anonymous else self._editor_context()
        return super().get_context_data(**context, **kwargs)

    def _public_context(self) -> dict[str, Any]:
        articles = Article.objects.for_reading().defer("text").order_by("-id")
        return {"articles": self.viewer.fetch(articles, MAX_PUBLIC_ARTICLES), "max_rows": MAX_PUBLIC_ARTICLES}

    def _editor_context(self) -> dict[str, Any]:
        user: Any = self.request.user
        may = permissions(user)
        articles = Article.objects.for_reading().defer("text").order_by("-id")
        return {
            **_news_since(Look.take(user.pk)),
            "waiting": waiting_for(may),
            "disabled_webhooks": Webhook.objects.disabled() if may.get("publish") else [],
            "max_waiting": MAX_ROWS,
            "mine": articles.filter(desk=user)[:MAX_ARTICLES],
            "articles": articles[:MAX_ARTICLES],
            "max_rows": MAX_ARTICLES,
            "totals": totals(),
            "max_counted": MAX_COUNTED,
            "endpoints": [
                (words, f"/api/v1/{name}/")
                for name, words in ENDPOINTS.items()
                if name != "webhooks" or may.get("publish")  # others may not even read them
            ],
        }


def _news_since(look: Look) -> dict[str, Any]:
    others = entries_of_others(look.user_id, ENTRIES, look.mark, MAX_ENTRIES)
    news = news_of(others.entries, MAX_NEWS + 1)
    return {
        "look": look,
        "news": news[:MAX_NEWS],
        "has_more_news": others.is_cut or len(news) > MAX_NEWS,
        "max_entries": MAX_ENTRIES if others.is_cut and look.mark else 0,
    }
