"""What fields are called on the pages, if not by their own names."""

LABELS = {
    "aliases": "Other names",
    "anonymous": "Anonymous (the name is the article’s own words for the source)",  # noqa: RUF001
    "archived_url": "Archived at (URL)",
    "days": "Valid for (days)",
    "desk": "Who has it",
    "description": "Who or what it is",
    "excerpt": "Excerpt",
    "into": "The record that stays",
    "language": "Language (a code, such as en or ar)",
    "media_url": "Address of the recording (URL)",
    "note": "What is contradicted, and how",
    "obtained_how": "How you got it (only the newsroom sees this)",
    "obtained_on": "Obtained on (only the newsroom sees this)",
    "paraphrase": "In plain words",
    "part_of": "Belongs to or speaks for",
    "published_at": "Published on (UTC)",
    "quote_type": "How it is quoted",
    "read_only": "Read-only",
    "said_on_precision": "Said on, known to the",
    "root": "Root (the fingerprint of all its entries)",
    "same_as": "The same on other sites, such as its Wikidata page (URLs)",
    "scope": "How much is disputed",
    "stance": "Supports, refutes or context",
    "url": "Address (URL)",
}


def field_label(name: str, default: str = "") -> str:
    return LABELS.get(name) or default or name.replace("_", " ").capitalize()


def short_field_label(name: str) -> str:
    """Within a sentence."""
    label = field_label(name).partition(" (")[0]
    return label[0].lower() + label[1:]
