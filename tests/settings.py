"""The settings for the tests, whatever the shell has set.

Every variable in docs/settings.md is cleared, also for the processes that tests start. Only DATA_DIR is kept: it says
where the embedded PostgreSQL is, and changes nothing else.
"""

import os
import re
from pathlib import Path

DOCUMENTED = re.findall(
    r"^\| `([A-Z_]+)` \|", (Path(__file__).parents[1] / "docs" / "settings.md").read_text(), re.MULTILINE
)
for name in set(DOCUMENTED) - {"DATA_DIR"}:
    os.environ.pop(name, None)
os.environ["DEBUG"] = "1"
os.environ["DJANGO_SETTINGS_MODULE"] = "factcheck.settings"  # for processes that tests start

from factcheck.settings import *  # noqa: E402, F403
