"""A pytest session that tries mutants: each in a forked process, with a copy of the test database."""

import gc
import importlib
import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

import psycopg
import pytest
from _pytest.runner import runtestprotocol
from django.db import connection

from tests.mutants.mutations import FUNCTIONS, TRIGGERS, Mutant

Test = tuple[str, float]  # its id, and the seconds of processor time that it takes without a mutant
LONGEST = 120  # seconds: for a mutant that waits for ever
KILLED, SURVIVED, TIMEOUT, INVALID = "killed", "survived", "timeout", "invalid"


class Runner:
    """Takes (mutant, tests) from `tasks` until it gets None. Puts (mutant, outcome, the number of tests)."""

    def __init__(self, modules: list[str], tasks: Any, results: Any) -> None:
        self.modules, self.tasks, self.results = modules, tasks, results
        self.fails_anyway: dict[str, bool] = {}
        self.killers: dict[str, set[str]] = defaultdict(set)  # by function: the tests that killed others of it

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.last = session.items[-1]  # what it shares with every test is all that stays set up
        first = next(item for item in session.items if "db" in item.fixturenames)
        runtestprotocol(first, log=False, nextitem=self.last)
        self.close_connections()
        self.database = connection.settings_dict["NAME"]
        self.results.put(self.guards())
        self.living = living_functions(self.modules)
        gc.freeze()
        while task := self.tasks.get():
            mutant, tests = task
            self.results.put((mutant, self.try_mutant(mutant, tests), len(tests)))
        return True

    def guards(self) -> tuple[list[Any], list[Any]]:
        with self.connect(self.database) as database:
            return database.execute(FUNCTIONS).fetchall(), database.execute(TRIGGERS).fetchall()

    def close_connections(self) -> None:
        connection.close()
        connection.close_pool()  # its threads would not survive a fork

    def connect(self, name: str) -> psycopg.Connection[Any]:
        settings = connection.settings_dict
        return psycopg.connect(
            host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname=name, autocommit=True
        )

    def try_mutant(self, mutant: Mutant, tests: list[Test]) -> str:
        """A test that fails without the mutant too, because of the copy or the fork, proves nothing."""
        killers = self.killers[f"{mutant.module}:{mutant.function}"]
        tests = [test for test in tests if not self.fails_anyway.get(test[0])]
        tests.sort(key=lambda test: test[0] not in killers)
        while True:
            outcome, killer = self.run_in_child(mutant, tests)
            if not killer:
                return outcome
            if killer not in self.fails_anyway:
                alone = [test for test in tests if test[0] == killer]
                self.fails_anyway[killer] = self.run_in_child(None, alone)[0] != SURVIVED
            if not self.fails_anyway[killer]:
                killers.add(killer)
                return outcome
            tests = [test for test in tests if test[0] != killer]

    def run_in_child(self, mutant: Mutant | None, tests: list[Test]) -> tuple[str, str]:
        copy = f"{self.database}_mutant"
        with self.connect("postgres") as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")
            admin.execute(f"CREATE DATABASE {copy} TEMPLATE {self.database}")
        if mutant and not mutant.module.endswith(".py"):
            with self.connect(copy) as database:
                try:
                    database.execute(mutant.change)
                except psycopg.Error:
                    return INVALID, ""
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            connection.settings_dict["NAME"] = copy
            self.be_child(mutant, tests, writing)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            begun = pipe.read().splitlines()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        outcome = {0: SURVIVED, 3: INVALID, -signal.SIGPROF: TIMEOUT, -signal.SIGALRM: TIMEOUT}.get(code, KILLED)
        return outcome, "" if outcome in (SURVIVED, INVALID) else begun[-1]

    def be_child(self, mutant: Mutant | None, tests: list[Test], writing: int) -> None:
        """Names each test before it runs, so that the parent knows the one that did not end."""
        code = 1
        try:
            quiet = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(quiet, stream)
            if mutant and mutant.module.endswith(".py"):
                replace_functions(mutant, self.living[mutant.module])
            for name, seconds in tests:
                os.write(writing, f"{name}\n".encode())
                signal.setitimer(signal.ITIMER_PROF, 5 + 10 * seconds)  # these signals end the process
                signal.alarm(LONGEST)
                if any(report.failed for report in runtestprotocol(self.items[name], log=False, nextitem=self.last)):
                    break
            else:
                code = 0
        except ValueError:
            code = 3
        finally:
            os._exit(code)


def living_functions(modules: list[str]) -> dict[str, list[FunctionType]]:
    """Of each file those that live in this process, decorated or not. A test may be the first to import a file, such as
    a management command's."""
    for module in modules:
        importlib.import_module(module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    found: dict[str, list[FunctionType]] = {os.path.abspath(module): [] for module in modules}
    for living in gc.get_objects():
        if type(living) is FunctionType and living.__code__.co_filename in found:
            found[living.__code__.co_filename].append(living)
    return {module: found[os.path.abspath(module)] for module in modules}


def replace_functions(mutant: Mutant, living: list[FunctionType]) -> None:
    """Gives every function of the file the code of the mutant.

    Raises ValueError if the mutant uses other variables of an enclosing function.
    """
    path = os.path.abspath(mutant.module)
    with open(path) as file:
        before = functions_in(compile(file.read(), path, "exec", dont_inherit=True))
    after = functions_in(compile(mutant.change, path, "exec", dont_inherit=True))
    codes = dict(zip(before, after, strict=True))
    for function in living:
        if function.__code__ in codes:
            function.__code__ = codes[function.__code__]


def functions_in(code: CodeType) -> Iterator[CodeType]:
    for part in code.co_consts:
        if isinstance(part, CodeType):
            is_function = part.co_flags & 1  # CO_OPTIMIZED; the body of a class is code too
            yield from [part] if is_function else functions_in(part)
