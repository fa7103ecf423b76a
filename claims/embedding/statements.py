"""The vector of a statement: of what it says, and a little of the titles of its evidence."""

from typing import Any

TITLES = 0.25  # docs/performance.md has what other weights do


def embed_statement(model: Any, said: str, titles: str) -> Any:
    """`said`: passage and paraphrase."""
    vector = model.embed(said)
    if titles:
        vector = vector + TITLES * model.embed(titles)
    return vector / (vector @ vector) ** 0.5
