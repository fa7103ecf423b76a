"""The README's requests, typed as they stand there. Its TypeScript and Python are run by `make clients`."""

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
SECTION = "## Logging in, and a first request"
MATCH = '  -H "If-Match: $ETAG" \\\n'


def blocks() -> list[str]:
    section = (ROOT / "README.md").read_text().partition(SECTION)[2].partition("\n## ")[0]
    return re.findall(r"^```\n(.*?)^```", section, re.S | re.M)


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


def test_the_first_requests_in_the_readme_do_what_it_says(service):
    read, tag = blocks()
    said = typed(service, read, 'echo; echo "$ETAG"')
    assert said.startswith("HTTP/1.1 200 OK")
    head, body, etag = said.replace("\r", "").split("\n\n")[0], said.splitlines()[-2], said.splitlines()[-1]
    assert json.loads(body)["text"] == "A Russian invasion is now virtually certain once the ground freezes"
    assert f"ETag: {etag}" in head
    assert re.fullmatch(r'"2-[0-9a-f]{24}"', etag)

    beginning = read.replace("curl -si", "curl -so /dev/null", 1)
    tagged = json.loads(typed(service, beginning, tag))
    assert (tagged["tag"], tagged["version"]) == ("denied", 3)
    assert tagged["tag_reason"] == "Horne denies it by name, for the National Security Council."

    assert MATCH in tag
    assert json.loads(typed(service, beginning, tag.replace(MATCH, "")))["status"] == 428
    stale = tag.replace("$ETAG", etag.replace('"', '\\"'))
    assert json.loads(typed(service, beginning, stale))["status"] == 412
