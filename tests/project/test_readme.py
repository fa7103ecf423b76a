"""The README's requests, run as they stand there. `make clients` runs the programs in docs/clients.md."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.service import ROOT, Service, service_of_its_own

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="the README's lines need curl"),
]
README = (ROOT / "README.md").read_text()
MATCH = '  -H "If-Match: $ETAG" \\\n'


def blocks(language: str = "") -> list[str]:
    return [text for kind, text in re.findall(r"^```(\w*)\n(.*?)^```", README, re.S | re.M) if kind == language]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """With the demo as `make run` loads it."""
    with service_of_its_own(None, 1, DEBUG="1") as running:
        running.prepare("")
        running.start()
        deadline = time.monotonic() + 60
        while not running.serves():
            assert time.monotonic() < deadline, running.log.read_text()
            time.sleep(0.1)
        yield running


def typed(service: Service, *lines: str) -> str:
    text = "\n".join(lines).replace(":8000/", f":{service.port}/").replace(".venv/bin/python", sys.executable)
    command = ["bash", "-euo", "pipefail", "-c", text]
    done = subprocess.run(command, cwd=ROOT, env=service.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_two_commands_in_the_readme_run_in_ci():
    commands = [line.partition("#")[0].strip() for line in blocks()[0].splitlines()]
    assert commands == ["make run", "make test"]
    ci = (ROOT / ".ci" / "run").read_text()
    assert [command for command in commands if command not in ci] == []


def test_the_first_requests_in_the_readme_do_what_it_says(service):
    _, read, tag = blocks()
    answer = json.loads(typed(service, read))
    (shown,) = map(json.loads, blocks("json"))
    assert {name: answer[name] for name in shown} == shown

    token = read.splitlines()[0]
    said = typed(service, token, tag, 'echo; echo "$ETAG"').splitlines()
    tagged, etag = json.loads(said[0]), said[-1]
    assert re.fullmatch(r'"2-[0-9a-f]{24}"', etag)
    assert (tagged["tag"], tagged["version"]) == ("denied", 3)
    assert tagged["tag_reason"] == "Horne denies it by name, for the National Security Council."

    assert MATCH in tag
    assert json.loads(typed(service, token, tag.replace(MATCH, "")))["status"] == 428
    stale = tag.replace('"If-Match: $ETAG"', f"'If-Match: {etag}'")
    assert stale != tag
    assert json.loads(typed(service, token, stale))["status"] == 412
