"""Which projects exist for a caller, as conditions of the queries that read them or what belongs to them.

A query that has `schema.project` in its FROM adds `VISIBLE` to its conditions, selects `MEMBER_ROLE` where the caller's
role matters, and is run with `binds(actor)` among its values. So who may see is decided in the statement that reads,
and asking costs no statement of its own.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement, Label

from labelyard.access.rights import EVERYWHERE
from labelyard.actor import Actor
from labelyard.db.schema import project, project_member

_USER = sa.bindparam("actor_user", type_=sa.BigInteger)
_MEMBER = sa.select(project_member.c.role).where(
    project_member.c.project_id == project.c.id, project_member.c.user_id == _USER
)

# The project is in the caller's organization, and open to all of it, or to the caller.
VISIBLE: ColumnElement[bool] = sa.and_(
    project.c.organization_id == sa.bindparam("actor_organization", type_=sa.BigInteger),
    sa.or_(
        ~project.c.members_only,
        sa.bindparam("actor_everywhere", type_=sa.Boolean) == sa.true(),
        _MEMBER.exists(),
    ),
)

# The caller's role in the project's member list, NULL without one; `access.rights.role_in` reads it.
MEMBER_ROLE: Label[str | None] = _MEMBER.scalar_subquery().label("member_role")


def binds(actor: Actor) -> dict[str, Any]:
    """The values that `VISIBLE` and `MEMBER_ROLE` are bound to."""
    return {
        "actor_user": actor.user_id,
        "actor_organization": actor.organization_id,
        "actor_everywhere": actor.role in EVERYWHERE,
    }
