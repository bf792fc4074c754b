"""Every operation of the API, tried by every kind of person: what the table of rights says is what happens.

Operations, fields and tables are taken from the API description and the schema, so what is new is tried without a
change here; it fails until somebody says who may use it and which kind of object its ids name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from starlette.testclient import TestClient
from tests.support.answers import check_answer
from tests.support.operations import DOCUMENT, JSON, OPERATIONS, Operation, good_body
from tests.support.references import NUMBERS, foreign_value, is_identifier, number_fields
from tests.support.world import PNG, Place, World, add_stranger, belonging_to, build_world, fingerprint

from labelyard.access import operations as table
from labelyard.access.rights import IN_PROJECT, least_role, role_may
from labelyard.db import schema

FREE = {table.PUBLIC, table.SIGNED_IN}


@dataclass(frozen=True, slots=True)
class Person:
    """A role in the organization, and one in the project's member list."""

    name: str
    role: Any
    member_role: str | None = None

    def may(self, right: str) -> bool:
        """Whether the table of rights says so, of the organization's objects that others made."""
        if right in FREE:
            return True
        if right == table.NOBODY:
            return False
        role = self.member_role or self.role if right in IN_PROJECT else self.role
        return role_may(role, right)  # type: ignore[arg-type]


PEOPLE = [
    Person("annotator", "annotator"),
    Person("reviewer", "reviewer"),
    Person("manager", "manager"),
    Person("administrator", "administrator"),
    Person("annotator here", "manager", "annotator"),
    Person("manager here", "annotator", "manager"),
]
OUTSIDER = Person("outsider", "manager")


@pytest.fixture(scope="module")
def clients(place: Place) -> dict[str, TestClient]:
    return {
        each.name: place.server.add_user(f"{each.name.replace(' ', '-')}@example.org", role=each.role)
        for each in [*PEOPLE, OUTSIDER]
    }


@pytest.fixture(scope="module")
def stranger(place: Place) -> Iterator[TestClient]:
    with add_stranger(place.server) as client:
        yield client


@pytest.fixture(scope="module")
def elsewhere(stranger: TestClient) -> World:
    return build_world(stranger)


def put_member(place: Place, client: TestClient, role: str | None) -> None:
    """Give (or take) a person's role in the project of the world."""
    user_id = client.get("/api/current-user/whoami").json()["id"]
    member = schema.project_member

    def write(conn: Connection) -> None:
        conn.execute(sa.delete(member).where(member.c.user_id == user_id))
        if role is not None:
            values = {"project_id": place.world.project, "user_id": user_id, "role": role, "created_at": 1}
            conn.execute(sa.insert(member).values(values))

    place.server.context.db.write_sync(write)


def close_project(place: Place, closed: bool) -> None:
    """Open the project of the world to its members only, or to the whole organization."""
    update = sa.update(schema.project).where(schema.project.c.id == place.world.project)
    place.server.context.db.write_sync(lambda conn: conn.execute(update.values(members_only=closed)) and None)


def send(client: TestClient, operation: Operation, world: World) -> Any:
    sent: dict[str, Any] = {}
    if JSON in operation.media:
        sent = {"json": good_body(operation, world)}
    elif list(operation.media) == ["multipart/form-data"]:
        sent = {"files": {"file": _file(operation)}}
    return client.request(operation.method, operation.url(world), **sent)


def _file(operation: Operation) -> tuple[str, bytes]:
    return ("other.png", PNG) if operation.path.endswith("/avatar") else ("other.csv", b"text\nother\n")


def test_every_operation_is_classified() -> None:
    known, found = set(table.OPERATIONS), {str(each) for each in OPERATIONS}
    assert found - known == set(), "say in labelyard/access/operations.py which right these ask for"
    assert known - found == set(), "these are no operations any more"
    assert set(table.OWN) <= known
    for right in [*table.OPERATIONS.values(), *table.OWN.values()]:
        assert right in {*FREE, table.NOBODY} or least_role(right)


def test_the_description_says_who_may() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            assert operation["x-who-may"] == table.words(f"{method.upper()} {path}")
            public = table.OPERATIONS[f"{method.upper()} {path}"] == table.PUBLIC
            assert operation.get("security") != [] or public, f"{method} {path} needs no credentials"


def test_without_credentials_only_public_operations_answer(place: Place) -> None:
    place.refresh()
    nobody = place.server.client()
    before = fingerprint(place.server)
    for operation in OPERATIONS:
        if table.OPERATIONS[str(operation)] != table.PUBLIC:
            answer = send(nobody, operation, place.world)
            assert answer.status_code == 401, f"{operation} → {answer.status_code} {answer.text[:200]}"
    assert fingerprint(place.server) == before


@pytest.mark.parametrize("person", PEOPLE, ids=lambda each: each.name)
def test_who_may_not_changes_nothing(place: Place, clients: dict[str, TestClient], person: Person) -> None:
    place.refresh()
    client = clients[person.name]
    put_member(place, client, person.member_role)
    denied = [each for each in OPERATIONS if not person.may(table.OPERATIONS[str(each)])]
    assert denied
    before = fingerprint(place.server)
    for operation in denied:
        answer = send(client, operation, place.world)
        check_answer(answer, place.directory)
        assert answer.status_code in {403, 404}, f"{operation} → {answer.status_code} {answer.text[:200]}"
        assert fingerprint(place.server) == before, f"{operation} as {person.name} changed something"


@pytest.mark.parametrize("person", PEOPLE, ids=lambda each: each.name)
def test_who_may_is_not_refused(place: Place, clients: dict[str, TestClient], person: Person) -> None:
    client, stale = clients[person.name], True
    for operation in OPERATIONS:
        right = table.OPERATIONS[str(operation)]
        if right in FREE or not person.may(right):
            continue
        if stale:
            place.refresh()
            put_member(place, client, person.member_role)
        stale = operation.writes
        answer = send(client, operation, place.world)
        if answer.status_code == 403:  # something that is switched off is so for the owner too
            owner = send(place.client, operation, place.world)
            assert owner.status_code == 403, f"{operation} as {person.name} → 403 {answer.text[:200]}"
        assert answer.status_code < 500


def test_a_project_of_its_members_does_not_exist_for_others(
    place: Place, clients: dict[str, TestClient]
) -> None:
    place.refresh()
    client = clients[OUTSIDER.name]
    close_project(place, True)
    before = fingerprint(place.server)
    try:
        for operation in OPERATIONS:
            right = table.OPERATIONS[str(operation)]
            if right not in IN_PROJECT and right != table.NOBODY:
                continue
            answer = send(client, operation, place.world)
            check_answer(answer, place.directory)
            told = (
                place.world.upload_name,
                f'"id":{place.world.project},"title"',
                f'"project":{place.world.project},',
            )
            assert not any(each in answer.text for each in told), f"{operation} → {answer.text[:300]}"
            if ("{" in operation.path and "{action_id}" not in operation.path) or operation.writes:
                assert answer.status_code in {403, 404} or (
                    answer.status_code == 400 and ("No task" in answer.text or "No project" in answer.text)
                ), f"{operation} → {answer.status_code} {answer.text[:200]}"
                missing = send(client, operation, _missing(place.world))
                assert missing.status_code == answer.status_code, f"{operation} tells that the project exists"
        assert fingerprint(place.server) == before
        put_member(place, client, "annotator")
        assert client.get(f"/api/projects/{place.world.project}").status_code == 200
        put_member(place, client, None)
        everywhere = clients["administrator"].get(f"/api/projects/{place.world.project}")
        assert everywhere.status_code == 200
    finally:
        close_project(place, False)


def _missing(world: World) -> World:
    return World(
        dict.fromkeys(world.ids, 2**40), world.upload_name, world.avatar_name, world.organization, world.owner
    )


# --- ids in queries and bodies ------------------------------------------------------------------------------------


def test_every_number_is_known_to_be_an_id_or_not() -> None:
    """A new field that takes a number is either an id, then its kind is said, or listed as a plain number."""
    unknown = [
        f"{operation}: {name}"
        for operation in OPERATIONS
        for name in number_fields(operation)
        if not is_identifier(name) and name not in NUMBERS
    ]
    assert unknown == [], "add these to tests/support/references.py"


def test_a_foreign_id_in_any_field_reaches_nothing(
    place: Place, stranger: TestClient, elsewhere: World
) -> None:
    place.refresh()
    organization = place.world.organization
    before = belonging_to(place.server, organization)
    for operation in OPERATIONS:
        for where, name in _identifiers(operation):
            value = foreign_value(name, place.world)
            body = good_body(operation, elsewhere) if JSON in operation.media else None
            if where == "body" and isinstance(body, list):
                continue
            sent: dict[str, Any] = {"params": {name: str(value)}} if where == "query" else {}
            if body is not None:
                sent["json"] = {**body, name: value} if where == "body" else body
            url = operation.url(elsewhere)
            if where == "query":
                url = url.partition("?")[0]
            answer = stranger.request(operation.method, url, **sent)
            check_answer(answer, place.directory)
            what = f"{operation} with {name}={value} → {answer.status_code} {answer.text[:300]}"
            assert "ada@example.org" not in answer.text, what
            assert place.world.upload_name not in answer.text.replace(str(value), ""), what
            assert belonging_to(place.server, organization) == before, what


def _identifiers(operation: Operation) -> Iterator[tuple[str, str]]:
    for parameter in operation.description.get("parameters", []):
        if parameter["in"] == "query" and is_identifier(parameter["name"]):
            yield "query", parameter["name"]
    for name in operation.fields:
        if is_identifier(name):
            yield "body", name
