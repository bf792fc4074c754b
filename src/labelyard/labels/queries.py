"""All SQL of labels and their links to projects."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from labelyard.access.scope import MEMBER_ROLE, VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db.schema import label, label_link, project

_LINKED = (
    sa.select(label_link.c.id)
    .join(project, project.c.id == label_link.c.project_id)
    .where(label_link.c.label_id == label.c.id, VISIBLE)
    .exists()
)
# A label exists for those who see a project that has it, for who made it, and for administrators.
_KNOWN = sa.and_(
    label.c.organization_id == sa.bindparam("actor_organization", type_=sa.BigInteger),
    sa.or_(
        label.c.created_by == sa.bindparam("actor_user", type_=sa.BigInteger),
        sa.bindparam("actor_everywhere", type_=sa.Boolean) == sa.true(),
        _LINKED,
    ),
)


def labels(conn: Connection, actor: Actor, offset: int, limit: int | None) -> tuple[Sequence[Row[Any]], int]:
    """A page of the labels that exist for the caller, by id, and how many there are."""
    count = conn.execute(
        sa.select(sa.func.count()).select_from(label).where(_KNOWN), binds(actor)
    ).scalar_one()
    query = sa.select(label).where(_KNOWN).order_by(label.c.id).offset(offset).limit(limit)
    return conn.execute(query, binds(actor)).all(), int(count)


def label_by_id(conn: Connection, actor: Actor, label_id: int) -> Row[Any] | None:
    return conn.execute(sa.select(label).where(label.c.id == label_id, _KNOWN), binds(actor)).one_or_none()


def label_by_title(conn: Connection, actor: Actor, title: str) -> Row[Any] | None:
    """The oldest label with that title that exists for the caller."""
    query = sa.select(label).where(label.c.title == title, _KNOWN).order_by(label.c.id).limit(1)
    return conn.execute(query, binds(actor)).one_or_none()


def label_like(conn: Connection, organization_id: int, title: str, value: str) -> int | None:
    """The id of a label of the organization that says the same."""
    statement = sa.select(label.c.id).where(
        label.c.organization_id == organization_id, label.c.title == title, label.c.value == value
    )
    return conn.execute(statement.order_by(label.c.id).limit(1)).scalar()


def insert_label(conn: Connection, values: Mapping[str, Any]) -> Row[Any]:
    return conn.execute(sa.insert(label).values(**values).returning(label)).one()


def update_label(conn: Connection, label_id: int, values: Mapping[str, Any]) -> Row[Any]:
    query = sa.update(label).where(label.c.id == label_id).values(**values).returning(label)
    return conn.execute(query).one()


def delete_label(conn: Connection, label_id: int) -> None:
    conn.execute(sa.delete(label_link).where(label_link.c.label_id == label_id))
    conn.execute(sa.delete(label).where(label.c.id == label_id))


def all_projects_of(conn: Connection, label_id: int) -> list[int]:
    """Projects that the label is linked to, those that do not exist for the caller too."""
    query = sa.select(label_link.c.project_id).where(label_link.c.label_id == label_id)
    return list(conn.scalars(query))


# --- links --------------------------------------------------------------------------------------------------------

_LINK = (
    sa.select(label_link, MEMBER_ROLE, project.c.created_at.label("project_created_at"))
    .join(project, project.c.id == label_link.c.project_id)
    .where(VISIBLE)
)


def links_of(conn: Connection, actor: Actor, label_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Links of labels to projects that exist for the caller, by id."""
    query = _LINK.where(label_link.c.label_id.in_(label_ids)).order_by(label_link.c.id)
    return conn.execute(query, binds(actor)).all()


def links(
    conn: Connection, actor: Actor, project_id: int | None, offset: int, limit: int | None
) -> tuple[Sequence[Row[Any]], int]:
    """A page of the links to a project, or to all that exist for the caller, newest first, and how many there are."""
    query = _LINK if project_id is None else _LINK.where(label_link.c.project_id == project_id)
    count = conn.execute(sa.select(sa.func.count()).select_from(query.subquery()), binds(actor)).scalar_one()
    page = query.order_by(label_link.c.id.desc()).offset(offset).limit(limit)
    return conn.execute(page, binds(actor)).all(), int(count)


def link_by_id(conn: Connection, actor: Actor, link_id: int) -> Row[Any] | None:
    return conn.execute(_LINK.where(label_link.c.id == link_id), binds(actor)).one_or_none()


def any_link_by_id(conn: Connection, link_id: int) -> Row[Any] | None:
    """A link of whatever project, for the server's own work."""
    return conn.execute(sa.select(label_link).where(label_link.c.id == link_id)).one_or_none()


def link_of(conn: Connection, project_id: int, label_id: int) -> int | None:
    query = sa.select(label_link.c.id).where(
        label_link.c.project_id == project_id, label_link.c.label_id == label_id
    )
    return conn.execute(query).scalar_one_or_none()


def insert_link_row(conn: Connection, values: Mapping[str, Any]) -> None:
    conn.execute(sa.insert(label_link).values(**values))


def insert_link(conn: Connection, project_id: int, label_id: int, from_name: str) -> int:
    values = {"project_id": project_id, "label_id": label_id, "from_name": from_name}
    return int(conn.execute(sa.insert(label_link).values(**values).returning(label_link.c.id)).scalar_one())


def update_link(conn: Connection, link_id: int, from_name: str) -> None:
    conn.execute(sa.update(label_link).where(label_link.c.id == link_id).values(from_name=from_name))


def delete_link(conn: Connection, link_id: int) -> None:
    conn.execute(sa.delete(label_link).where(label_link.c.id == link_id))


def labels_by_ids(conn: Connection, ids: Collection[int]) -> dict[int, Row[Any]]:
    return {row.id: row for row in conn.execute(sa.select(label).where(label.c.id.in_(ids)))}


def projects_for(conn: Connection, actor: Actor) -> Sequence[Row[Any]]:
    """Projects that exist for the caller, with the caller's `member_role`, by id."""
    query = sa.select(project.c.id, MEMBER_ROLE).where(VISIBLE).order_by(project.c.id)
    return conn.execute(query, binds(actor)).all()
