#!/usr/bin/env python
import os
import sys

if __name__ == "__main__":
    # A command takes the time it needs; only what the web server asks of the database is cut short.
    for limit in ("DATABASE_STATEMENT_TIMEOUT", "DATABASE_LOCK_TIMEOUT", "DATABASE_IDLE_TIMEOUT"):
        os.environ[limit] = "0"
    from factcheck.startup import run_command

    run_command(sys.argv)
