"""Migrates the database of the settings, fills it, and prints a token: what the newsroom is prepared by."""

import argparse
import sys
import time
from typing import Any

from benchmarks.newsroom import EDITOR, LARGE_ARTICLE, LARGE_ARTICLE_STATEMENTS
from factcheck.startup import lift_time_limits


def _fill(size: int, *, with_vectors: bool) -> None:
    from django.contrib.auth.models import Group, User

    from benchmarks.corpus import fill_by_all_cores
    from benchmarks.vectors import draw

    user, _ = User.objects.get_or_create(username=EDITOR)
    user.groups.add(Group.objects.get(name="editor"))
    began = time.monotonic()
    write_large_article(user)  # first, so that the newest page is one of ordinary articles
    fill_by_all_cores(size)
    if with_vectors:
        draw()
    print(f"filled in {time.monotonic() - began:.0f} s", file=sys.stderr)


def write_large_article(actor: Any, title: str = LARGE_ARTICLE, statements: int = LARGE_ARTICLE_STATEMENTS) -> None:
    from claims import services
    from sources.services import create_source

    sentences = [f"The witness said sentence number {number} of this report." for number in range(statements)]
    sentences[7] += " rareword"  # which a corpus of 10,000 does not have, and a million twice
    article = services.create_article(actor=actor, title=title, text=" ".join(sentences))
    people = [create_source(actor=actor, name=f"Witness {number}", kind="person") for number in range(30)]
    rows = [
        {
            "article": article,
            "text": sentence,
            "source": people[number % 30],
            "via": [people[(number + 1) % 30], people[(number + 2) % 30]][: number % 3],
        }
        for number, sentence in enumerate(sentences)
    ]
    for statement in services.create_statements(rows=rows, actor=actor)[::5]:
        services.open_dispute(actor=actor, statement=statement, raised_by=people[0], kind="denial")
    services.set_article_status(
        article_id=article.pk, versions=None, actor=actor, status="published", reason="For the benchmark"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Migrates the database of the settings and prints an editor's token.")
    parser.add_argument("--fill", type=int, help="how many statements to fill it with")
    parser.add_argument("--vectors", action="store_true", help="make vectors of the statements, too")
    chosen = parser.parse_args()
    import django

    lift_time_limits()
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    if chosen.fill is not None:
        _fill(chosen.fill, with_vectors=chosen.vectors)
    else:
        call_command("create_token", EDITOR)


if __name__ == "__main__":
    main()
