"""A server that many tests of one module share, once on each engine."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.conftest import ENGINES
from tests.support.world import Place


@pytest.fixture(scope="module", params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres").database())
        made = Place(tmp_path_factory.mktemp("place"), url)
        stack.enter_context(made.server)
        made.start()
        yield made
