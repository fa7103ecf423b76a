"""Fills a newsroom of any size by set-based SQL. Every row has its journal entry and passes every guard.

    python -m benchmarks.corpus 1000000

uses every core, and fills the database of the settings: 20,000 sources, an article for each 50 statements, a chain for two statements in
five, a dispute for one in ten, evidence for one in ten.
"""

import argparse
import os
import subprocess
import sys
from itertools import pairwise
from time import monotonic
from typing import Any

from factcheck.startup import lift_time_limits

STATEMENTS_PER_ARTICLE = 50
ARTICLES_AT_ONCE = 1000
SOURCES = 20_000

SOURCE_ROWS = """
INSERT INTO sources_source (version, name, kind, anonymous, description, aliases, same_as, part_of)
SELECT 1, word(n) || ' ' || word(n * 7 + 1) || ' ' || n, (ARRAY['person', 'person', 'organization', 'outlet'])[n %% 4 + 1],
       n %% 20 = 0, '', ARRAY['alias ' || n], '{}', NULL
FROM generate_series(1, %(sources)s) n RETURNING id
"""
# A word that half of the sentences have (common), one in a thousand (seldom), and one in a million (rare).
WORDS = """
CREATE OR REPLACE FUNCTION pg_temp.word(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'w' || substr(md5(((n * n) % 30000)::text), 1, 6) $$;
CREATE TEMP TABLE IF NOT EXISTS sentence (article bigint, k integer, seed bigint, text text, start integer);
"""
SENTENCES = """
INSERT INTO sentence
SELECT article, k, seed, text, (sum(length(text) + 1) OVER (PARTITION BY article ORDER BY k))::integer - length(text) - 1
FROM (
    SELECT id AS article, k, id * 100 + k AS seed,
        initcap(pg_temp.word(id * 53 + k)) || ' said ' || pg_temp.word(id + k * 31)
        || CASE WHEN (id + k) % 2 = 0 THEN ' minister' ELSE ' mayor' END
        || CASE WHEN (id * 50 + k) % 1000 = 0 THEN ' seldomword' ELSE '' END
        || CASE WHEN (id * 50 + k) % 500000 = 7 THEN ' rareword' ELSE '' END
        || ' ' || pg_temp.word(id * k + 3) || ' ' || pg_temp.word(id * 11 + k * k) || '.' AS text
    FROM unnest(%(ids)s::bigint[]) id, generate_series(1, %(per)s) k
) drawn
"""
ARTICLES = """
INSERT INTO claims_article (id, version, title, url, publisher, byline, language, published_at, text, revision, sha256,
    status)
SELECT article, 1, 'Report ' || article, 'https://news.example/' || article, %(first)s + article %% %(sources)s, '', 'en',
    now(), string_agg(text, ' ' ORDER BY k), 1, encode(sha256(convert_to(string_agg(text, ' ' ORDER BY k), 'UTF8')), 'hex'),
    'draft'
FROM sentence GROUP BY article
"""
PUBLISHED = """
UPDATE claims_article SET status = 'published', version = 2, updated_at = now()
WHERE id = ANY(%(ids)s) AND hashint8(id) & 1023 < 820 RETURNING id
"""
REVISIONS = """
INSERT INTO claims_articlerevision (article, number, text, sha256, created_at)
SELECT id, 1, text, sha256, now() FROM claims_article WHERE id = ANY(%(ids)s)
"""
STATEMENTS = """
INSERT INTO claims_statement (version, article, key, text, start, "end", prefix, suffix, revision, anchor, paraphrase,
    quote_type, source, said_on, tag, tag_reason, updated_at)
SELECT 1, article, 's-' || k, text, start, start + length(text), '', '', 1, 'anchored', '', 'indirect',
    %(first)s + seed * 7919 %% %(sources)s, CASE WHEN seed %% 5 > 0 THEN date '2020-01-01' + (hashint8(seed) & 2047) END,
    'unverified', '', now()
FROM sentence ORDER BY article, k RETURNING id
"""
TAGGED = """
UPDATE claims_statement r SET tag = (ARRAY['asserted', 'denied'])[s.seed %% 3 + 1], tag_reason = 'So it is said.',
    tagged_by = %(actor)s, tagged_at = now(), updated_at = now(), version = 2
FROM sentence s WHERE r.id = ANY(%(statements)s) AND r.article = s.article AND r.key = 's-' || s.k AND s.seed %% 3 < 2
RETURNING r.id
"""
CHAINS = """
INSERT INTO claims_statementvia (statement, position, source)
SELECT id, place, %(first)s + (id * 31 + place) %% %(sources)s
FROM unnest(%(statements)s::bigint[]) id, generate_series(0, 1) place WHERE id %% 5 < 2 AND (place = 0 OR id %% 10 = 0)
"""
EVIDENCE = """
INSERT INTO claims_evidence (version, statement, key, stance, url, title, excerpt)
SELECT 1, id, 'e-' || id, CASE WHEN id %% 20 = 3 THEN 'refutes' ELSE 'supports' END, 'https://archive.example/' || id, '', ''
FROM unnest(%(statements)s::bigint[]) id WHERE id %% 10 = 3 RETURNING id
"""
DISPUTES = """
INSERT INTO claims_dispute (version, statement, key, raised_by, kind, scope, note, state, resolution, opened_by,
    opened_at)
SELECT 1, id, 'd-' || id, %(first)s + id * 13 %% %(sources)s, 'denial', 'whole', '', 'open', '', %(actor)s, now()
FROM unnest(%(statements)s::bigint[]) id WHERE hashint8(id) & 1023 < 102 RETURNING id
"""
RESOLVED = """
UPDATE claims_dispute SET state = (ARRAY['upheld', 'rejected'])[statement / 10 %% 4 - 1], resolution = 'So it was found.',
    resolved_by = %(actor)s, resolved_at = now(), updated_at = now(), version = 2
WHERE id = ANY(%(disputes)s) AND statement / 10 %% 4 > 1 RETURNING id
"""


def fill(statements: int) -> None:
    """In this process alone."""
    write_articles(write_sources(), statements // STATEMENTS_PER_ARTICLE)
    _tidy()


def fill_by_all_cores(statements: int) -> None:
    """One process for each core writes a share of the articles. All name the same sources."""
    first, cores = write_sources(), os.cpu_count() or 1
    borders = [statements // STATEMENTS_PER_ARTICLE * core // cores for core in range(cores + 1)]
    command = [sys.executable, "-m", "benchmarks.corpus", "--first-source", str(first), "--articles"]
    writers = [subprocess.Popen([*command, str(end - begin)]) for begin, end in pairwise(borders)]
    failed = [writer for writer in writers if writer.wait()]
    if failed:
        raise RuntimeError("A process that wrote articles failed.")
    _tidy()


def _tidy() -> None:
    """As autovacuum would have done."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def write_sources() -> int:
    """The id of the first; the others follow it."""
    from django.db import transaction

    from factcheck.journal.services import record_ids
    from sources.models import Source

    with transaction.atomic():
        _make_words()
        sources = _insert(SOURCE_ROWS.replace("word(", "pg_temp.word("), sources=SOURCES)
        record_ids(Source, sources, action="source.created", actor=_actor())
    return min(sources)


def write_articles(first_source: int, wanted: int) -> None:
    from django.db import transaction

    began, actor = monotonic(), _actor()
    named = {"first": first_source, "sources": SOURCES, "actor": actor.pk, "per": STATEMENTS_PER_ARTICLE}
    _make_words()
    for done in range(0, wanted, ARTICLES_AT_ONCE):
        count = min(ARTICLES_AT_ONCE, wanted - done)
        with transaction.atomic():
            _write_some_articles(actor, named, count)
        print(f"\r{done + count:,} of {wanted:,} articles, {monotonic() - began:.0f} s", end="", file=sys.stderr)
    print(file=sys.stderr)


def _write_some_articles(actor: Any, given: dict[str, Any], count: int) -> None:
    from django.db import connection

    from claims.models import Article, Dispute, Evidence, Statement
    from factcheck.journal.services import record_ids

    ids = _insert("SELECT nextval('claims_article_id_seq') FROM generate_series(1, %(n)s)", n=count)
    named = given | {"ids": ids}
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sentence")
        cursor.execute(SENTENCES.replace("% ", "%% "), named)
        cursor.execute(ARTICLES, named)
        cursor.execute(REVISIONS, named)
        record_ids(Article, ids, action="article.created", actor=actor)
        record_ids(Article, _insert(PUBLISHED, **named), action="article.published", actor=actor)
        named["statements"] = _insert(STATEMENTS, **named)
        cursor.execute(CHAINS, named)
    record_ids(Statement, named["statements"], action="statement.created", actor=actor)
    tagged = _insert(TAGGED, **named)
    record_ids(Statement, tagged, action="statement.tagged", actor=actor, reason="So it is said.")
    record_ids(Evidence, _insert(EVIDENCE, **named), action="evidence.created", actor=actor)
    named["disputes"] = _insert(DISPUTES, **named)
    record_ids(Dispute, named["disputes"], action="dispute.opened", actor=actor)
    resolved = _insert(RESOLVED, **named)
    record_ids(Dispute, resolved, action="dispute.resolved", actor=actor, reason="So it was found.")


def _actor() -> Any:
    from django.contrib.auth.models import User

    return User.objects.get_or_create(username="corpus")[0]


def _make_words() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(WORDS)


def _insert(sql: str, **named: Any) -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, named)
        return [row[0] for row in cursor.fetchall()]


def main() -> None:
    parser = argparse.ArgumentParser(description="Fills the database of the settings.")
    parser.add_argument("statements", type=int, nargs="?", default=0)
    parser.add_argument("--articles", type=int, help=argparse.SUPPRESS)  # the share of one process
    parser.add_argument("--first-source", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factcheck.settings")
    import django

    lift_time_limits()
    django.setup()
    if chosen.articles is None:
        fill_by_all_cores(chosen.statements)
    else:
        write_articles(chosen.first_source, chosen.articles)


if __name__ == "__main__":
    main()
