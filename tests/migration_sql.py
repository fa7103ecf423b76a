"""Lints the SQL of the migrations by squawk, as `make check` does: `python -m tests.migration_sql`.

.squawk.toml says which rules do not hold here, and which migrations are older than this.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factcheck.settings")
django.setup()

from django.apps import apps  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.loader import MigrationLoader  # noqa: E402
from django.db.migrations.state import ProjectState  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]


def sql_of_migrations() -> Iterator[tuple[str, str]]:
    """Of our own apps. As `sqlmigrate` writes it, which makes the state before a migration anew for each."""
    graph = MigrationLoader(None).graph
    plan = dict.fromkeys(key for leaf in sorted(graph.leaf_nodes()) for key in graph.forwards_plan(leaf))
    state = ProjectState()
    for app, name in plan:
        migration = graph.nodes[app, name]
        if apps.get_app_config(app).name.split(".")[0] not in ("claims", "sources", "factcheck"):
            state = migration.mutate_state(state, preserve=False)
            continue
        with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
            state = migration.apply(state, editor, collect_sql=True)
        statements = editor.collected_sql
        if migration.atomic:
            statements = ["BEGIN;", *statements, "COMMIT;"]
        yield f"{app}.{name}.sql", "\n".join(statements)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        for name, sql in sql_of_migrations():
            (Path(folder) / name).write_text(sql)
        squawk = Path(sys.executable).with_name("squawk")
        command = [str(squawk), "--config", str(ROOT / ".squawk.toml"), *sorted(os.listdir(folder))]
        return subprocess.run(command, cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(main())
