"""python -m factcheck.postgres.embedded status|stop"""

import argparse
import os
import sys
from pathlib import Path

from factcheck.postgres.embedded.place import CHECKOUT
from factcheck.postgres.embedded.server import status, stop


def main() -> int:
    parser = argparse.ArgumentParser(description="Shows whether the embedded PostgreSQL runs, or stops it.")
    parser.add_argument("command", choices=["status", "stop"])
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("DATA_DIR") or CHECKOUT / ".data")
    chosen = parser.parse_args()
    if chosen.command == "stop":
        sys.stdout.write("stopped\n" if stop(chosen.data_dir) else "was not running\n")
        return 0
    found = status(chosen.data_dir)
    sys.stdout.write(f"{found or 'not running'}\n")
    return 0 if found else 3


if __name__ == "__main__":
    sys.exit(main())
