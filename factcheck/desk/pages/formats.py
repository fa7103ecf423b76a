"""The formats for other software, for a person to look at: what it is, what it belongs to, and the JSON."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from factcheck.api.renderers import pretty
from factcheck.desk.addresses import address_of
from factcheck.desk.page import Page
from factcheck.desk.words import row_name

MAX_CHARACTERS = 100_000  # nobody reads more of it on a page
# By action, a list by its rows: the heading and the description.
FORMAT_TEXTS = {
    "webannotation": (
        _("Web Annotation"),
        _("The statement in the W3C format for annotations: the passage is the target, and the tag assesses it."),
    ),
    "webannotations": (
        _("Web Annotations"),
        _("The statements of the article in the W3C format for annotations, as a collection in pages."),
    ),
    "claimreview": (
        _("ClaimReview"),
        _(
            "The statement in the schema.org format that search engines read. The rating is the name of the tag, "
            "without a number: it says who stands behind the statement, not whether it is true."
        ),
    ),
    "claimreviews": (
        _("Feed of ClaimReviews"),
        _("Every statement of a published article in the schema.org format that search engines read, newest first."),
    ),
    "changes": (
        _("Feed of changes"),
        _("What changed in published articles, oldest first, for programs that ask again from where they were."),
    ),
    "annotations": (
        _("Annotation document"),
        _("The whole annotated article as one document, which can be imported again."),
    ),
}


class FormatPage(Page):
    def context(self) -> dict[str, Any]:
        action, row_id = self.view.action, self.view.kwargs.get("pk")
        action = f"{self.view.basename}s" if action == "list" else action
        heading, description = FORMAT_TEXTS[action]
        first_page = self.data["first"] if isinstance(self.data.get("first"), dict) else {}
        links = {**self.data, **first_page}
        content = pretty(self.data)
        return {
            "heading": heading,
            "description": description,
            "row_name": row_name(self.view.basename, row_id) if row_id else "",
            "address": address_of(self.view.basename, row_id) if row_id else "",
            "file_name": "-".join([self.view.basename, str(row_id), action] if row_id else [action]) + ".json",
            "content": content[:MAX_CHARACTERS],
            "is_cut": len(content) > MAX_CHARACTERS,
            "pager": {"next_url": links.get("next"), "previous_url": links.get("prev") or links.get("previous")},
        }
