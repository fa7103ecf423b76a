from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.fleet.fleet import Fleet, Template, ending, folder


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    with folder() as home, ExitStack() as parts:
        made = Template(home)
        parts.enter_context(ending(made.server))
        yield made


@pytest.fixture
def fleet(template) -> Iterator[Fleet]:
    with folder() as home, ExitStack() as parts:
        yield Fleet(home, template, parts)
