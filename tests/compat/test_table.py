"""The table of the clients' methods is whole, and says what was called. It runs last."""

from collections import Counter

import pytest
from label_studio_sdk._legacy import Client, Project
from label_studio_sdk.client import LabelStudio

from tests.compat import recording, table
from tests.compat.conftest import Address

# What a project of the older client inherits from the client is its table's only once.
INHERITED = set(recording.public_methods(Client, "Project")) & set(
    recording.public_methods(Project, "Project")
)


def test_every_method_of_the_client_is_in_the_table_once(address: Address) -> None:
    listed = Counter(
        name for each in (table.CALLED, table.LATER, table.ENTERPRISE) for name in table.names(each)
    )
    assert {name for name, times in listed.items() if times > 1} == set()
    client = LabelStudio(base_url=address.url, api_key=address.token)
    assert set(listed) == set(recording.methods(client))


def test_every_method_of_the_older_client_is_in_the_table_once() -> None:
    tables = (table.OLD_CALLED, table.OLD_LATER, table.OLD_ENTERPRISE, table.OLD_APART)
    listed = Counter(name for each in tables for name in table.names(each))
    assert {name for name, times in listed.items() if times > 1} == set()
    there = {*recording.public_methods(Client, "Client"), *recording.public_methods(Project, "Project")}
    assert there - INHERITED - set(listed) == set()
    assert set(listed) - there == set()


@pytest.mark.parametrize("methods", [table.CALLED, table.OLD_CALLED], ids=["client", "older"])
def test_every_method_that_is_served_was_called(
    methods: dict[str, str], request: pytest.FixtureRequest
) -> None:
    files = {item.path.name for item in request.session.items}
    if (
        not {path.name for path in request.path.parent.glob("test_*.py")} <= files
        or request.config.option.keyword
    ):
        pytest.skip("only a part of the tests ran")
    assert set(table.names(methods)) - recording.CALLED == set()
