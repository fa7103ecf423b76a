"""Which lines of functions each test reaches, and how much processor time it takes: a pytest plugin, and what it has
written."""

import ast
import hashlib
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.mutants.mutations import Mutant

KEPT = Path(".mutants")
AT_IMPORT = ""  # coverage's name for what runs before the first test; kept like a test of that name
PACKAGES = ["claims", "sources", "factcheck"]


class Reach:
    """Reads and keeps what was measured. A test file that changes is measured again; a changed function keeps its tests
    by its name, and its lines are counted from its own first one."""

    def __init__(self) -> None:
        self.tests: dict[str, dict[str, Any]] = {}
        self.at_import: set[str] = set()
        for part in sorted(KEPT.glob("lines-*.json"), key=lambda path: path.stat().st_mtime):
            read = json.loads(part.read_text())
            self.at_import |= read.pop(AT_IMPORT)["functions"].keys()
            self.tests |= read

    def measure_what_changed(self) -> None:
        files = {str(path): digest(path) for path in Path("tests").rglob("test_*.py") if "e2e" not in path.parts}
        self.leave_out_changed(files)
        known = {file_of(name) for name in self.tests}
        if changed := sorted(files.keys() - known):
            sys.stdout.write(f"Measuring what the tests in {len(changed)} files reach.\n")
            sys.stdout.flush()
            workers = ["--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
            command = ["-m", "pytest", *workers, "-m", "not server", "-p", "tests.mutants.reach", *changed]
            subprocess.run([sys.executable, *command], check=False, stdout=subprocess.DEVNULL)
            self.__init__()
            self.leave_out_changed(files)

    def leave_out_changed(self, files: dict[str, str]) -> None:
        self.tests = {name: test for name, test in self.tests.items() if files.get(file_of(name)) == test["file"]}

    def only_at_import(self, mutant: Mutant) -> bool:
        """What it made is there before a mutant is tried, so that no test could notice the mutant."""
        return not self.of(mutant) and self.place(mutant) in self.at_import

    def of(self, mutant: Mutant) -> list[tuple[str, float]]:
        """The tests that reach the function: first those that reach the line, and little else."""
        place = self.place(mutant)
        reaching = {name: test for name, test in self.tests.items() if place in test["functions"]}
        lines = {name: test["functions"][place] for name, test in reaching.items()}
        reached = max((line for each in lines.values() for line in each if line <= mutant.line), default=0)
        order = sorted(reaching, key=lambda name: (reached not in lines[name], reaching[name]["lines"], name))
        return [(name, reaching[name]["seconds"]) for name in order]

    def place(self, mutant: Mutant) -> str:
        return f"{mutant.module}:{mutant.function}"


def file_of(test: str) -> str:
    return test.partition("::")[0]


def digest(path: Path | str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


# The plugin. Each worker of pytest-xdist writes a file of its own.

measured: dict[str, dict[str, Any]] = {}
tracer = coverage.Coverage(data_file=None, source=PACKAGES, config_file=False)


def pytest_sessionstart(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        tracer.start()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Kept too, so that a file of nothing else is not measured again and again."""
    for item in items:
        measured[item.nodeid] = reaches_nothing(item)


def reaches_nothing(item: pytest.Item) -> dict[str, Any]:
    return {"file": digest(file_of(item.nodeid)), "seconds": 0, "lines": 0, "functions": {}}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    tracer.switch_context(item.nodeid)
    began = time.process_time()
    result = yield
    measured[item.nodeid] = reaches_nothing(item) | {"seconds": round(time.process_time() - began, 3)}
    return result


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        return
    tracer.stop()
    measured[AT_IMPORT] = {"file": None, "seconds": 0, "lines": 0, "functions": {}}
    data = tracer.get_data()
    for path in data.measured_files():
        spans = function_spans(path)
        reached: dict[str, set[int]] = defaultdict(set)
        for line, contexts in data.contexts_by_lineno(path).items():
            for context in contexts:
                reached[context].add(line)
        for test in reached.keys() & measured.keys():
            lines = reached[test]
            measured[test]["lines"] += len(lines)
            for name, first, body in spans:
                if within := sorted(line - first for line in lines.intersection(body)):
                    measured[test]["functions"][f"{Path(path).relative_to(Path.cwd())}:{name}"] = within
    KEPT.mkdir(exist_ok=True)
    name = f"lines-{time.time_ns()}-{session.config.workerinput['workerid']}.json"
    (KEPT / name).write_text(json.dumps(measured))


def function_spans(path: str) -> list[tuple[str, int, range]]:
    """The names of functions as Finder has them, the line of each `def`, and the lines of its body."""
    found = []

    def look(node: ast.AST, names: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            inner = names
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = (*names, child.name)
                if isinstance(child, ast.FunctionDef):
                    found.append(
                        (".".join(inner), child.lineno, range(child.body[0].lineno, (child.end_lineno or 0) + 1))
                    )
            look(child, inner)

    look(ast.parse(Path(path).read_text()), ())
    return found
