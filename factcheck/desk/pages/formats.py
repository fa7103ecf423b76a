"""What programs read, as a person reads it: what it is, where it belongs, and the JSON."""

from typing import Any

from factcheck.api.renderers import pretty
from factcheck.desk.addresses import address_of
from factcheck.desk.page import Page

SHOWN = 100_000  # characters; nobody reads more of it in a page
# By action: the heading, and what it is.
FORMAT_TEXTS = {
    "webannotation": (
        "Web Annotation",
        "The statement in the W3C format for annotations: the passage is the target, and the tag assesses it.",
    ),
    "webannotations": (
        "Web Annotations",
        "The statements of the article in the W3C format for annotations, as a collection in pages.",
    ),
    "claimreview": (
        "ClaimReview",
        "The statement in the schema.org format that search engines read. The rating is the tag by name, without a "
        "number: it says who stands behind the statement, not whether it is true.",
    ),
    "claimreviews": (
        "Feed of ClaimReviews",
        "Every statement of a published article in the schema.org format that search engines read, newest first.",
    ),
    "annotations": (
        "Annotation document",
        "The whole annotated article as one document, as the import takes it.",
    ),
}


class FormatPage(Page):
    template = "desk/pages/format.html"
    is_public_page = True

    def context(self) -> dict[str, Any]:
        action, row_id = self.view.action, self.view.kwargs.get("pk")
        heading, words = FORMAT_TEXTS[action]
        of = f"{self.view.basename} {row_id}" if row_id else ""
        shown = {**self.data, **(self.data["first"] if isinstance(self.data.get("first"), dict) else {})}
        content = pretty(self.data)
        return {
            "heading": heading,
            "words": words,
            "of": of,
            "address": address_of(self.view.basename, row_id) if row_id else "",
            "file": "-".join(filter(None, [*of.split(), action])) + ".json",
            "content": content[:SHOWN],
            "is_cut": len(content) > SHOWN,
            "pager": {"next_url": shown.get("next"), "previous_url": shown.get("prev") or shown.get("previous")},
        }
