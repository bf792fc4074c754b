"""Roles and rights: the one table of who may do what.

A role is held in the organization and, for one project, in the project's member list. What counts in a project
(`role_in`): owners and administrators of the organization are that everywhere; otherwise the role in the project's
member list; otherwise the role in the organization, unless the project is open to its members only: then it does not
exist for the caller at all (`access.scope`).
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from labelyard.actor import Actor, Role
from labelyard.kit.errors import Forbidden

# From the least to the most.
ROLES: Final[tuple[Role, ...]] = ("annotator", "reviewer", "manager", "administrator", "owner")
# Roles that a project's member list can give.
PROJECT_ROLES: Final[tuple[Role, ...]] = ("annotator", "reviewer", "manager")
# Roles that reach every project of the organization.
EVERYWHERE: Final = frozenset({"administrator", "owner"})

ProjectRight = Literal[
    "projects.view", "projects.change", "projects.delete", "members.view", "members.change",
    "tasks.view", "tasks.create", "tasks.change", "tasks.delete",
    "annotations.view", "annotations.create", "annotations.change", "annotations.delete", "annotations.review",
    "annotations.restore",
    "predictions.view", "predictions.any", "exports.any", "leases.any",
    "labels.create", "labels.view", "labels.change", "labels.delete",
    "views.any", "webhooks.view", "webhooks.change", "storages.view", "storages.change", "storages.sync",
    "models.view", "models.change", "models.use",
]  # fmt: skip
OrganizationRight = Literal[
    "projects.create", "organizations.view", "organizations.change", "organizations.invite",
    "organizations.webhooks", "users.view", "users.create", "users.change", "users.delete", "avatar.any",
]  # fmt: skip
Right = ProjectRight | OrganizationRight

# Right in a project → the least role that has it there.
IN_PROJECT: Final[Mapping[ProjectRight, Role]] = {
    # Who labels: sees the project and its tasks, and answers. Of annotations these rights reach only the own.
    "projects.view": "annotator",
    "members.view": "annotator",
    "tasks.view": "annotator",
    "predictions.view": "annotator",
    "models.use": "annotator",
    "annotations.view": "annotator",
    "annotations.create": "annotator",
    "annotations.change": "annotator",
    "annotations.delete": "annotator",
    "labels.view": "annotator",
    # Who reviews: changes and deletes the annotations of others too, and says which is the ground truth.
    "annotations.review": "reviewer",
    # Who manages: everything else in the project.
    "projects.change": "manager",
    "projects.delete": "manager",
    "members.change": "manager",
    "tasks.create": "manager",
    "tasks.change": "manager",
    "tasks.delete": "manager",
    "predictions.any": "manager",
    "exports.any": "manager",
    "leases.any": "manager",
    "annotations.restore": "manager",  # deleted ones
    "labels.create": "manager",
    "labels.change": "manager",
    "labels.delete": "manager",
    "views.any": "annotator",
    "webhooks.view": "manager",
    "webhooks.change": "manager",
    "storages.view": "manager",
    "storages.change": "manager",
    "storages.sync": "manager",
    "models.view": "manager",
    "models.change": "manager",
}

# Right in the organization → the least role that has it.
IN_ORGANIZATION: Final[Mapping[OrganizationRight, Role]] = {
    "organizations.view": "annotator",
    "users.view": "annotator",
    "avatar.any": "annotator",
    "projects.create": "manager",
    "organizations.change": "administrator",
    "organizations.invite": "administrator",
    "organizations.webhooks": "administrator",
    "users.create": "administrator",
    "users.change": "administrator",
    "users.delete": "administrator",
}

_RANK: Final[Mapping[str, int]] = {role: rank for rank, role in enumerate(ROLES)}
_LEAST: Final[Mapping[str, Role]] = dict((*IN_PROJECT.items(), *IN_ORGANIZATION.items()))
# Right → roles that have it.
_HOLDERS: Final[Mapping[str, frozenset[str]]] = {
    right: frozenset(role for role in ROLES if _RANK[role] >= _RANK[least]) for right, least in _LEAST.items()
}


def least_role(right: str) -> Role:
    """The least role that has a right. KeyError for what is no right."""
    return _LEAST[right]


def role_may(role: str, right: Right) -> bool:
    """Whether a role has a right where it is held."""
    return role in _HOLDERS[right]


def outranks(role: str, other: str) -> bool:
    return _RANK[role] > _RANK[other]


def permissions_of(role: str) -> list[str]:
    """Names of all that a role may, as `permissions` of the own user object shows them."""
    return sorted(right for right, holders in _HOLDERS.items() if role in holders)


def require(actor: Actor, right: OrganizationRight) -> None:
    """Forbidden unless the caller's role in the organization has the right."""
    if not role_may(actor.role, right):
        raise Forbidden


def role_in(actor: Actor, row: Any) -> str:
    """The caller's role in a project. `row` was read with `access.scope.MEMBER_ROLE` as `member_role`."""
    if actor.role in EVERYWHERE or row.member_role is None:
        return actor.role
    role: str = row.member_role
    return role


def may_in(actor: Actor, row: Any, right: ProjectRight) -> bool:
    """Whether the caller has a right in the project of `row` (see `role_in`)."""
    return role_may(role_in(actor, row), right)


def require_in(actor: Actor, row: Any, right: ProjectRight) -> None:
    """Forbidden unless the caller has the right in the project of `row` (see `role_in`)."""
    if not may_in(actor, row, right):
        raise Forbidden
