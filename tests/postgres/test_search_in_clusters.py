"""The same words are found in a cluster of any locale, and in one that was there before the words were kept."""

import pytest
from django.core.management import call_command
from django.db import connection

from sources.search_functions import FUNCTIONS
from tests.claims.test_search import CASES, found
from tests.clusters import INITDB, servers
from tests.newsroom import lift_truncate_guards

LOCALES = [
    INITDB,
    ["--encoding=UTF8", "--locale-provider=libc", "--locale=C"],
    ["--encoding=UTF8", "--locale-provider=libc", "--locale=C.UTF-8"],
]
# What the SQL functions take: quotation marks, possessives and `or` are read before them.
EXAMPLES = [(language, text, typed) for language, text, typed in CASES if " " not in typed and typed != "Biden`s"]
TOLD = """
    SELECT bool_and(words @@ query), md5(string_agg(words::text || query::text, ' ' ORDER BY place))
    FROM (VALUES {}) AS one(words, query, place)
"""


def told_by(server) -> str:
    """Whether all examples match, and a digest of what they are cut into."""
    rows = (
        f"(search_words('{language}', $q${text}$q$), search_query($q${typed}$q$, ARRAY['{language}']), {place})"
        for place, (language, text, typed) in enumerate(EXAMPLES)
    )
    return server.sql(TOLD.format(", ".join(rows)))


@pytest.mark.server
def test_words_are_cut_alike_whatever_the_locale_of_the_cluster():
    with servers() as made:
        told = []
        for server, options in zip(made, LOCALES, strict=True):
            server.run("initdb", "--username=factcheck", "--auth=trust", "--no-sync", *options)
            server.start(database="postgres").sql("CREATE DATABASE factcheck", "postgres")
            server.sql("".join(FUNCTIONS))
            told.append(told_by(server))
    assert told[0].startswith("t|")
    assert len(set(told)) == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_there_before_is_found_after_the_migration_and_can_be_undone(api, statement, article):
    try:
        call_command("migrate", "claims", "0002", verbosity=0)
        call_command("migrate", "sources", "0001", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM sources_source WHERE source_words(name, aliases) @@ 'doe'::tsquery")
            assert cursor.rowcount == 1
    finally:
        call_command("migrate", verbosity=0)
        lift_truncate_guards()
    assert found(api, "statements", "jane minister") == [statement.pk]
    assert found(api, "articles", "minister") == [article.pk]
    assert len(found(api, "sources", "doe")) == 1
