"""Asks as many clients at once would, and counts the answers."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.contenders import RIVAL_PYTHON, ROOT, Contender, Request

CONNECTIONS = 16
LONGEST = 60.0  # seconds
WITHOUT_WRK = ROOT / "benchmarks" / "rivals" / "load_without_wrk.py"
PACED = ROOT / "benchmarks" / "rivals" / "paced_load.py"

# One thread of wrk: it needs little, and two would take the requests in another order.
LUA = """
local given = {{
{requests}
}}
local ready, at = {{}}, 0
function init(args)
    for i, r in ipairs(given) do ready[i] = wrk.format(r.method, r.path, r.headers, r.body) end
end
function request()
    at = at % #ready + 1
    return ready[at]
end
function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("answers %d microseconds %d refused %d broken %d\\n", summary.requests, summary.duration,
        e.status, e.connect + e.read + e.write + e.timeout))
end
"""


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "aiohttp"


def requests_per_second(contender: Contender, requests: Sequence[Request], seconds: float) -> float:
    """16 connections, each sending its next request when it has the answer to the one before.

    So slow an answer that none comes in that time is waited for.
    """
    while seconds < LONGEST:
        if answers := _answers_per_second(contender, requests, seconds):
            return answers
        seconds *= 4
    raise RuntimeError(f"{contender.name} does not answer {requests[0].path} within {seconds / 4:.0f} s.")


def _answers_per_second(contender: Contender, requests: Sequence[Request], seconds: float) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        wrk = shutil.which("wrk")
        script.write(_lua(requests) if wrk else _json(requests))
        script.flush()
        address = f"http://127.0.0.1:{contender.port}"
        if wrk:
            # wrk counts in whole seconds
            options = ["-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "30s"]
            command = [wrk, *options, "-s", script.name, address]
        else:
            command = [str(RIVAL_PYTHON), str(WITHOUT_WRK), script.name, address, str(CONNECTIONS), str(seconds)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = re.search(r"answers (\d+) microseconds (\d+) refused (\d+) broken (\d+)", done.stdout)
    if found is None:
        raise RuntimeError(f"The load generator failed:\n{done.stdout}")
    answers, microseconds, refused, broken = map(int, found.groups())
    if refused or broken:
        raise RuntimeError(
            f"{contender.name} answered {answers} requests such as {requests[0].method} {requests[0].path}: "
            f"{refused} with an error status, {broken} not at all."
        )
    return answers * 1_000_000 / microseconds


@dataclass
class Paced:
    """What became of requests that were sent at a given rate."""

    answers: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)  # milliseconds

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


@contextmanager
def paced(contender: Contender, requests: Sequence[Request], rate: float, seconds: float = LONGEST) -> Iterator[Paced]:
    """Meanwhile so many requests a second are sent, until the block ends. Then what is yielded is complete."""
    report = Paced()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(_json(requests))
        file.flush()
        address = f"http://127.0.0.1:{contender.port}"
        command = [str(RIVAL_PYTHON), str(PACED), file.name, address, str(rate), str(seconds), str(CONNECTIONS)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        try:
            process.stdout.readline()  # it is ready
            yield report
        finally:
            process.terminate()
            output, _ = process.communicate()
    found = json.loads(output)
    if found["refused"] or found["broken"]:
        raise RuntimeError(
            f"{contender.name}, paced, such as {requests[0].method} {requests[0].path}: "
            f"answers with an error status: {found['refused']}; requests without an answer: {found['broken']}."
        )
    report.answers, report.seconds, report.latencies = found["answers"], found["seconds"], found["latencies"]


def _json(requests: Sequence[Request]) -> str:
    return json.dumps([vars(request) for request in requests])


def _lua(requests: Sequence[Request]) -> str:
    return LUA.format(requests=",\n".join(_lua_table(request) for request in requests))


def _lua_table(request: Request) -> str:
    # JSON's escapes are Lua's, as long as everything is ASCII and nothing is a control character.
    headers = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in request.headers.items())
    body = f", body = {json.dumps(request.body)}" if request.body else ""
    return (
        f"{{method = {json.dumps(request.method)}, path = {json.dumps(request.path)}, headers = {{{headers}}}{body}}}"
    )


def rows_per_second(work: Callable[[], tuple[int, float]], seconds: float) -> float:
    """One caller after the other, for what takes long: `work` says how many rows, and in how many seconds."""
    rows, spent = 0, 0.0
    while spent < seconds:
        more, took = work()
        rows, spent = rows + more, spent + took
    return rows / spent


def peak_memory(contender: Contender) -> int:
    """The most that any process of the server ever held, in bytes (Linux; else 0)."""
    peaks = [0]
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
            group = int((status.parent / "stat").read_text().rsplit(")", 1)[1].split()[2])
        except (OSError, ValueError):
            continue
        found = re.search(r"VmHWM:\s+(\d+) kB", text)
        if group == contender.process.pid and found:
            peaks.append(int(found[1]) * 1024)
    return max(peaks)
