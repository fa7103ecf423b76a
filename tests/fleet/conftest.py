import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.clusters import PostgresServer
from tests.fleet.fleet import Fleet, Template, ending, folder

signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that all parts end with a run that is cut off


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    with folder() as home, ending(PostgresServer(home / "template")) as server:
        yield Template(home, server)


@pytest.fixture
def fleet(template) -> Iterator[Fleet]:
    with folder() as home, ExitStack() as parts:
        yield Fleet(home, template, parts)
