"""Sends schemathesis against the running service as each role: no 500, and no answer that the schema does not know.

    python -m tests.fuzz --max-examples 100 --seed 7 --roles editor,viewer

Of each operation it sends what the schema allows, what it forbids, and chains of requests along the schema's links.
A seed repeats a run.
"""

import argparse
import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.schema_truth import committed
from tests.service import ROOT, Service, service_of_its_own

WORKERS = 1
START_LIMIT = 30.0  # seconds
PREPARE = """
from tests.newsroom import user_with_role
user_with_role("ada", "admin")
for user in ("vera", "bob", "alice", "ada"):
    call_command("create_token", user)
call_command("create_token", "alice", "--read-only")
"""
ROLES = ("anonymous", "viewer", "reporter", "editor", "admin", "read-only")
SETTINGS = {"PUBLIC_READ": "1", "THROTTLE_ANONYMOUS": "1000000/sec"}


@dataclass
class Run:
    """One role's run of schemathesis, and its output."""

    role: str
    code: int
    output: str
    operations: int = 0
    cases: int = 0
    seconds: float = 0

    @property
    def is_clean(self) -> bool:
        return self.code == 0 and self.cases > 0

    def __str__(self) -> str:
        line = f"{self.role:<10}{self.operations:>4} operations{self.cases:>8} cases{self.seconds:>8.1f} s"
        return line if self.is_clean else f"{self.output}\n{line}, and faults: see above"


def fuzz(service: Service, role: str, token: str, options: list[str]) -> Run:
    report = service.log.with_name(f"{role}.json")
    headers = ["X-Forwarded-Proto:https", *([f"Authorization:Token {token}"] if token else [])]
    command = [sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", "tests/fuzz.toml"]
    command += ["run", "openapi.yaml", "--url", f"http://127.0.0.1:{service.port}"]
    command += [part for header in headers for part in ("--header", header)]
    command += ["--report-json-path", str(report), "--continue-on-failure", *options]
    environment = {**service.environment, "SCHEMATHESIS_HOOKS": "tests.fuzz_hooks", "FUZZ_TOKEN": token}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    run = Run(role, done.returncode, done.stdout + done.stderr)
    if report.exists():
        said = json.loads(report.read_text())
        run.operations, run.cases = said["operations"]["tested"], said["test_cases"]["generated"]
        run.seconds = said["running_time"]
    return run


def fuzz_as(roles: list[str], options: dict[str, list[str]], log_copy: Path | None = None) -> Iterator[Run]:
    """One role after another, since each role finds what the one before has made."""
    with service_of_its_own(log_copy, WORKERS, **SETTINGS) as service:
        tokens = dict(zip(ROLES, ["", *service.prepare(PREPARE)], strict=True))
        service.start()
        wait_until_served(service)
        for role in roles:
            yield fuzz(service, role, tokens[role], options[role])


def operations_in_schema() -> int:
    """Without streams, which have no end (see fuzz_hooks.py)."""
    paths = committed()["paths"]
    return sum(len(operations) for path, operations in paths.items() if not path.endswith("/stream/"))


def wait_until_served(service: Service) -> None:
    deadline = time.monotonic() + START_LIMIT
    while not service.serves():
        if time.monotonic() > deadline:
            raise RuntimeError(f"The service did not start:\n{service.log.read_text()}")
        time.sleep(0.05)


def main() -> int:
    parser = argparse.ArgumentParser(description="No request may be answered with what the schema does not know.")
    parser.add_argument("--max-examples", type=int, default=50, help="for each operation and role")
    parser.add_argument("--seconds", type=int, help="for each role; more cases until they are over")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--roles", default=",".join(ROLES))
    parser.add_argument("--phases", default="coverage,fuzzing,stateful", help="what schemathesis calls so")
    parser.add_argument("--log", type=Path, help="keep a copy of the server's log here")
    chosen = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if chosen.seed is None else chosen.seed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is cleaned up
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    options = ["--seed", str(seed), "--max-examples", str(chosen.max_examples), "--phases", chosen.phases]
    options += ["--max-time", str(chosen.seconds)] if chosen.seconds else []
    roles = chosen.roles.split(",")
    is_clean = True
    for run in fuzz_as(roles, dict.fromkeys(roles, options), chosen.log):
        sys.stdout.write(f"{run}\n")
        sys.stdout.flush()
        is_clean &= run.is_clean
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
