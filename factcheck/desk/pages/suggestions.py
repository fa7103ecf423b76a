"""What is suggested of an article. On the article's page a script puts the same cards into the panel “Suggested”."""

from typing import Any

from claims.models import Article
from claims.serializers import MarkSerializer
from claims.suggestion_serializers import suggestions_data
from claims.suggestions import ArticleSuggestions
from factcheck.api.conditional import is_form
from factcheck.desk.form_fields import filled
from factcheck.desk.form_pages import FormPage
from factcheck.desk.page import Page
from factcheck.desk.suggestion_cards import SuggestionCard, suggestion_cards


class SuggestionsPage(Page):
    def context(self) -> dict[str, Any]:
        article = Article.objects.defer("text").get(pk=self.view.kwargs["pk"])
        return {
            "article": article,
            "cards": suggestion_cards(self.data["results"], article.pk),
            "are_dismissed": self.request.query_params.get("dismissed") == "true",
            "next_url": self.data["next"],
        }


class RefusedSuggestionPage(FormPage):
    """The card whose form was refused, as it was filled in, with what is wrong."""

    def context(self) -> dict[str, Any]:
        article = Article.objects.get(pk=self.view.kwargs["pk"])
        form = self.request.data if is_form(self.request) else {}
        errors = [error["detail"] for error in self.data.get("errors", ())] or [self.data["detail"]]
        cards = cards_with_key(article, str(form.get("key", "")))
        for card in cards:
            card.errors, card.chosen = errors, form
        return {"article": article, "cards": cards, "problem": self.data, "errors": [] if cards else errors}


def cards_with_key(article: Any, key: str) -> list[SuggestionCard]:
    """One; none if it is no suggestion any more."""
    suggestions = ArticleSuggestions(article)
    cards = [suggestions.by_key[key]] if key in suggestions.by_key and key not in suggestions.statements else []
    return suggestion_cards(suggestions_data(suggestions, cards), article.pk)


def suggested_form(article: Any, key: str, context: dict[str, Any]) -> Any:
    """The form to record a statement, filled with what is suggested."""
    form = MarkSerializer(context=context)
    for card in cards_with_key(article, key):
        filled(form, card.typed)
    return form
