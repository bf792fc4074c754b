"""The table of rights: more role, more rights, and what a project's member list changes."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from labelyard.access import rights
from labelyard.actor import Actor, Role
from labelyard.kit.errors import Forbidden


def actor(role: Any) -> Actor:
    return Actor(1, 1, role, "ada@example.org", "token")


def member(role: str | None) -> Any:
    return SimpleNamespace(member_role=role)


def test_each_role_may_all_that_lesser_ones_may() -> None:
    assert set(rights.ROLES) == set(get_args(Role))
    allowed = [set(rights.permissions_of(role)) for role in rights.ROLES]
    for less, more in pairwise(allowed):
        assert less <= more
    every = {*get_args(rights.ProjectRight), *get_args(rights.OrganizationRight)}
    assert allowed[-1] == every == {*rights.IN_PROJECT, *rights.IN_ORGANIZATION}


@pytest.mark.parametrize(
    ("role", "member_role", "counts"),
    [
        ("manager", None, "manager"),
        ("annotator", None, "annotator"),
        ("annotator", "manager", "manager"),
        ("manager", "annotator", "annotator"),
        ("owner", "annotator", "owner"),
        ("administrator", "reviewer", "administrator"),
    ],
)
def test_the_member_list_counts_before_the_organization(
    role: Role, member_role: str | None, counts: str
) -> None:
    assert rights.role_in(actor(role), member(member_role)) == counts


def test_requiring_a_right() -> None:
    rights.require_in(actor("annotator"), member("manager"), "tasks.delete")
    with pytest.raises(Forbidden):
        rights.require_in(actor("manager"), member("reviewer"), "tasks.delete")
    rights.require(actor("administrator"), "organizations.invite")
    with pytest.raises(Forbidden):
        rights.require(actor("manager"), "organizations.invite")
    assert rights.outranks("owner", "administrator") and not rights.outranks("reviewer", "reviewer")
