"""The settings for the tests, whatever the shell has set.

Every variable in docs/settings.md is cleared, also for the processes that tests start. Only DATA_DIR is kept: it says
where the embedded PostgreSQL is, and changes nothing else. Each worker of pytest-xdist has a server of its own below
it: two databases of one server share roles, transaction ids and snapshots, so tests in them would disturb each other.
"""

import os
import re
from pathlib import Path

DOCUMENTED = re.findall(
    r"^\| `([A-Z_]+)` \|", (Path(__file__).parents[1] / "docs" / "settings.md").read_text(), re.MULTILINE
)
for name in set(DOCUMENTED) - {"DATA_DIR"}:
    os.environ.pop(name, None)
data_dir = Path(os.environ.get("DATA_DIR") or Path(__file__).parents[1] / ".data")
worker = os.environ.get("PYTEST_XDIST_WORKER")
if worker and data_dir.name != worker:  # a process that a test starts has the worker's folder already
    os.environ["DATA_DIR"] = str(data_dir / worker)
if pooled := os.environ.get("POOLED_URL"):  # tests/fleet/pooled.py
    os.environ["DATABASE_URL"] = pooled
os.environ["DEBUG"] = "1"
os.environ["DJANGO_SETTINGS_MODULE"] = "factcheck.settings"  # for processes that tests start

from factcheck.settings import *  # noqa: E402, F403

# Each test has a client of its own, and each client a handler: with the finders it would look at every static file.
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes a quarter of a second
MATCHING_MODEL = "none"  # but where a test is about it
