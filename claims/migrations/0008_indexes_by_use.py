from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from factcheck.postgres.migration_operations import AddIndexAnew, drop_foreign_key_index


def replace_unique(columns: str, name: str, old: str) -> list[str]:
    """Can be done again from its beginning, wherever it was interrupted. Who waits for the locks keeps readers waiting."""
    table = "claims_statementvia"
    return [
        "SET lock_timeout = '10s'",
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}",
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns})",
        f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}",
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {old}",
        "RESET lock_timeout",
    ]


VIA_ONCE = replace_unique("source, statement", "via_source_once", "via_source_unique")
VIA_UNIQUE = replace_unique("statement, source", "via_source_unique", "via_source_once")


def key(to: str, column: str, related: str, **options: Any) -> "models.ForeignKey[Any, Any]":
    options.setdefault("on_delete", django.db.models.deletion.PROTECT)
    return models.ForeignKey(to=to, db_column=column, related_name=related, db_index=False, **options)


class Migration(migrations.Migration):
    """What no other index serves is added, and what another one serves as well is dropped: each costs every write."""

    atomic = False  # CONCURRENTLY: the tables stay writable

    dependencies = [
        ("claims", "0007_guards_see_no_temporary_tables"),
        ("sources", "0003_source_redirect"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexAnew("statement", models.Index(fields=["start", "id"], name="statement_start")),
        AddIndexAnew(
            "statement",
            models.Index(fields=["anchor", "id"], condition=~Q(anchor="anchored"), name="statement_anchor"),
        ),
        AddIndexAnew("article", models.Index(fields=["publisher", "id"], name="article_publisher")),
        AddIndexAnew("article", models.Index(fields=["status", "id"], name="article_status")),
        AddIndexAnew("dispute", models.Index(fields=["raised_by", "id"], name="dispute_raised_by")),
        migrations.SeparateDatabaseAndState(
            # One statement each: several at once would be one transaction, which CONCURRENTLY refuses.
            database_operations=[
                migrations.RunSQL(there, back)
                for there, back in zip(VIA_ONCE, reversed(VIA_UNIQUE), strict=True)
            ],
            state_operations=[
                migrations.RemoveConstraint("statementvia", "via_source_unique"),
                migrations.AddConstraint(
                    "statementvia", models.UniqueConstraint(fields=["source", "statement"], name="via_source_once")
                ),
            ],
        ),
        drop_foreign_key_index(
            "article", "claims_article", "publisher", "claims_article_publisher_bf7dd583",
            key("sources.source", "publisher", "+", null=True),
        ),
        drop_foreign_key_index(
            "articlerevision", "claims_articlerevision", "article", "claims_articlerevision_article_d1e14de4",
            key("claims.article", "article", "revisions", db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING),
        ),
        drop_foreign_key_index(
            "dispute", "claims_dispute", "opened_by", "claims_dispute_opened_by_0b5789ef",
            key(settings.AUTH_USER_MODEL, "opened_by", "+"),
        ),
        drop_foreign_key_index(
            "dispute", "claims_dispute", "resolved_by", "claims_dispute_resolved_by_5450bd6f",
            key(settings.AUTH_USER_MODEL, "resolved_by", "+", null=True),
        ),
        drop_foreign_key_index(
            "dispute", "claims_dispute", "raised_by", "claims_dispute_raised_by_d0676d78",
            key("sources.source", "raised_by", "disputes"),
        ),
        drop_foreign_key_index(
            "dispute", "claims_dispute", "statement", "claims_dispute_statement_c80888ed",
            key("claims.statement", "statement", "disputes"),
        ),
        drop_foreign_key_index(
            "evidence", "claims_evidence", "statement", "claims_evidence_statement_02c2e368",
            key("claims.statement", "statement", "evidence"),
        ),
        drop_foreign_key_index(
            "statement", "claims_statement", "article", "claims_statement_article_b058a54b",
            key("claims.article", "article", "statements"),
        ),
        drop_foreign_key_index(
            "statement", "claims_statement", "source", "claims_statement_source_e0139838",
            key("sources.source", "source", "statements", null=True),
        ),
        drop_foreign_key_index(
            "statement", "claims_statement", "tagged_by", "claims_statement_tagged_by_67420f3f",
            key(settings.AUTH_USER_MODEL, "tagged_by", "+", null=True),
        ),
        drop_foreign_key_index(
            "statementvia", "claims_statementvia", "source", "claims_statementvia_source_09293041",
            key("sources.source", "source", "relayed"),
        ),
        drop_foreign_key_index(
            "statementvia", "claims_statementvia", "statement", "claims_statementvia_statement_fad1b929",
            key("claims.statement", "statement", "via_rows", on_delete=django.db.models.deletion.CASCADE),
        ),
    ]  # fmt: skip
