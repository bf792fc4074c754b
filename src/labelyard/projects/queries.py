"""All SQL of projects, their counters, configs and data columns."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row

from labelyard.access.scope import MEMBER_ROLE, VISIBLE, binds
from labelyard.actor import Actor
from labelyard.db.schema import (
    annotation,
    annotation_event,
    data_column,
    draft,
    label,
    label_link,
    prediction,
    project,
    project_config,
    project_counts,
)
from labelyard.kit.db.dialect import add_counts
from labelyard.kit.db.prepared import Prepared
from labelyard.sampling import UNIFORM

COUNTERS = (
    "tasks", "finished", "annotated", "annotations", "cancelled", "ground_truth", "predictions", "data_changes",
)  # fmt: skip
# What a list of projects can be ordered by: name in the query → column.
ORDERINGS: dict[str, ColumnElement[Any]] = {
    "id": project.c.id,
    "title": sa.func.lower(project.c.title),
    "created_at": project.c.created_at,
    "updated_at": project.c.updated_at,
    "pinned_at": project.c.pinned_at,
    "task_number": project_counts.c.tasks,
    "finished_task_number": project_counts.c.finished,
    "total_annotations_number": project_counts.c.annotations,
    "total_predictions_number": project_counts.c.predictions,
}
Pinned = Literal["all", "pinned_only", "exclude_pinned"]


@dataclass(frozen=True, slots=True)
class ProjectFilter:
    """Which projects a list shows; None or "" = no such condition."""

    ids: Sequence[int] | None = None
    title: str = ""
    search: str = ""
    pinned: Pinned = "all"


_BY_ID = Prepared(sa.select(project, MEMBER_ROLE).where(project.c.id == sa.bindparam("id"), VISIBLE))
_COUNTS = sa.select(project_counts).where(project_counts.c.project_id == sa.bindparam("project_id"))


def by_id(conn: Connection, actor: Actor, project_id: int) -> Row[Any] | None:
    """A project that exists for the caller, with the caller's `member_role`."""
    return _BY_ID.first(conn, {"id": project_id, **binds(actor)})


def any_by_id(conn: Connection, project_id: int) -> Row[Any] | None:
    return conn.execute(sa.select(project).where(project.c.id == project_id)).first()


def row(conn: Connection, project_id: int) -> Row[Any]:
    """A project's row, whoever asks."""
    return conn.execute(sa.select(project).where(project.c.id == project_id)).one()


def counts(conn: Connection, project_id: int) -> Row[Any]:
    return conn.execute(_COUNTS, {"project_id": project_id}).one()


def totals(conn: Connection) -> dict[str, int]:
    def sum_of(name: str) -> ColumnElement[int]:
        return sa.cast(sa.func.coalesce(sa.func.sum(project_counts.c[name]), 0), sa.BigInteger).label(name)

    names = ("tasks", "finished", "annotations", "predictions")
    columns: list[ColumnElement[int]] = [sa.func.count().label("projects"), *map(sum_of, names)]
    found = conn.execute(sa.select(*columns).select_from(project_counts)).mappings().one()
    return {str(name): int(value) for name, value in found.items()}


def counts_of(conn: Connection, project_ids: Collection[int]) -> dict[int, Row[Any]]:
    rows = conn.execute(sa.select(project_counts).where(project_counts.c.project_id.in_(project_ids)))
    return {row.project_id: row for row in rows}


def _contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Case-insensitive `contains`. SQLite folds ASCII only, so the usual spellings of other letters are tried too."""
    spellings = {text.lower(), text.upper(), text.title(), text}
    return sa.or_(*(column.icontains(each, autoescape=True) for each in sorted(spellings)))


def _conditions(chosen: ProjectFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [VISIBLE]
    if chosen.ids is not None:
        found.append(project.c.id.in_(chosen.ids))
    if chosen.title:
        found.append(_contains(project.c.title, chosen.title))
    if chosen.search:
        found.append(
            sa.or_(_contains(project.c.title, chosen.search), _contains(project.c.description, chosen.search))
        )
    if chosen.pinned == "pinned_only":
        found.append(project.c.pinned_at.is_not(None))
    elif chosen.pinned == "exclude_pinned":
        found.append(project.c.pinned_at.is_(None))
    return found


def count(conn: Connection, actor: Actor, chosen: ProjectFilter) -> int:
    """How many projects match; an organization has few, so they are counted."""
    query = sa.select(sa.func.count()).select_from(project).where(*_conditions(chosen))
    return int(conn.execute(query, binds(actor)).scalar_one())


def page(
    conn: Connection,
    actor: Actor,
    chosen: ProjectFilter,
    ordering: str,
    offset: int,
    limit: int | None,
) -> Sequence[Row[Any]]:
    """Projects in `ordering` (a key of ORDERINGS, `-` = descending), by default pinned first, then newest first."""
    if ordering:
        column = ORDERINGS[ordering.removeprefix("-")]
        descending = ordering.startswith("-")
        order = [
            (column.desc() if descending else column.asc()).nulls_last(),
            project.c.id.desc() if descending else project.c.id.asc(),
        ]
    else:
        order = [project.c.pinned_at.desc().nulls_last(), project.c.created_at.desc(), project.c.id.desc()]
    query = (
        sa.select(project, MEMBER_ROLE)
        .join(project_counts, project_counts.c.project_id == project.c.id)
        .where(*_conditions(chosen))
        .order_by(*order)
        .offset(offset)
    )
    return conn.execute(query if limit is None else query.limit(limit), binds(actor)).all()


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    project_id = int(conn.execute(project.insert().values(**values)).inserted_primary_key[0])  # type: ignore[index]
    placed_from = 1 if values.get("sampling") == UNIFORM else None
    conn.execute(project_counts.insert().values(project_id=project_id, placed_from=placed_from))
    return project_id


def update(conn: Connection, project_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(project.update().where(project.c.id == project_id).values(**values))


def delete(conn: Connection, project_id: int) -> None:
    conn.execute(project.delete().where(project.c.id == project_id))


def lock(conn: Connection, project_id: int) -> None:
    """Hold the project's row until the end of the transaction."""
    conn.execute(sa.select(project.c.id).where(project.c.id == project_id).with_for_update())


def insert_config(
    conn: Connection,
    project_id: int,
    version: int,
    label_config: str,
    author_id: int | None,
    at: int,
    note: str = "",
) -> None:
    conn.execute(
        project_config.insert().values(
            project_id=project_id,
            version=version,
            label_config=label_config,
            author_id=author_id,
            created_at=at,
            note=note,
        )
    )


@lru_cache
def _addition(names: tuple[str, ...]) -> Prepared:
    """Building the statement costs more than running it, and every saved annotation runs it."""
    return Prepared(
        project_counts.update()
        .where(project_counts.c.project_id == sa.bindparam("of_project"))
        .values({name: project_counts.c[name] + sa.bindparam(f"add_{name}") for name in names})
    )


def add_to_counts(conn: Connection, project_id: int, deltas: Mapping[str, int]) -> None:
    names = tuple(sorted(name for name, delta in deltas.items() if delta))
    if names:
        values = {f"add_{name}": deltas[name] for name in names}
        _addition(names).run(conn, {"of_project": project_id, **values})


_TAKE = Prepared(
    project_counts.update()
    .where(project_counts.c.project_id == sa.bindparam("of_project"))
    .values(last_inner_id=project_counts.c.last_inner_id + sa.bindparam("wanted"))
    .returning(project_counts.c.last_inner_id)
)


def hold_counts(conn: Connection, project_id: int) -> None:
    query = sa.select(project_counts.c.project_id).where(project_counts.c.project_id == project_id)
    conn.execute(query.with_for_update())


def take_inner_ids(conn: Connection, project_id: int, wanted: int) -> int:
    last: int = _TAKE.scalar(conn, {"of_project": project_id, "wanted": wanted})
    return last - wanted + 1


# --- random places ------------------------------------------------------------------------------------------------

_PLACED_FROM = Prepared(
    sa.select(project_counts.c.placed_from).where(project_counts.c.project_id == sa.bindparam("of_project"))
)


def placed_from(conn: Connection, project_id: int) -> int | None:
    """The inner id from which on all tasks have a random place; None: none needs one."""
    found: int | None = _PLACED_FROM.scalar(conn, {"of_project": project_id})
    return found


def draw_places(conn: Connection, project_id: int) -> None:
    """From the next task on, all get a random place. Holds the counters."""
    next_one = project_counts.c.last_inner_id + 1
    conn.execute(
        project_counts.update()
        .where(project_counts.c.project_id == project_id, project_counts.c.placed_from.is_(None))
        .values(placed_from=next_one)
    )


def all_placed(conn: Connection, project_id: int) -> None:
    """All tasks of the project have a random place."""
    conn.execute(
        project_counts.update().where(project_counts.c.project_id == project_id).values(placed_from=1)
    )


# --- data columns -------------------------------------------------------------------------------------------------


def data_columns(conn: Connection, project_id: int) -> dict[str, int]:
    """Top-level data key → number of tasks that have it, most used first."""
    query = (
        sa.select(data_column.c.name, data_column.c.tasks)
        .where(data_column.c.project_id == project_id, data_column.c.tasks > 0)
        .order_by(data_column.c.tasks.desc(), data_column.c.name)
    )
    return {row.name: row.tasks for row in conn.execute(query)}


def add_data_columns(conn: Connection, project_id: int, deltas: Mapping[str, int]) -> None:
    """Add to the task counts of data keys; a key that no task has any more disappears."""
    # Sorted, so that two transactions never wait for each other's rows.
    rows: list[dict[str, Any]] = [
        {"project_id": project_id, "name": name, "tasks": delta}
        for name, delta in sorted(deltas.items())
        if delta
    ]
    add_counts(conn, data_column, rows, key=("project_id", "name"), count="tasks")
    if any(row["tasks"] < 0 for row in rows):
        conn.execute(
            data_column.delete().where(data_column.c.project_id == project_id, data_column.c.tasks <= 0)
        )


# --- what annotators made -----------------------------------------------------------------------------------------


def last_event(conn: Connection, project_id: int) -> int:
    query = sa.select(sa.func.max(annotation_event.c.seq)).where(annotation_event.c.project_id == project_id)
    return conn.execute(query).scalar() or 0


def added_labels(conn: Connection, project_id: int) -> dict[str, set[str]]:
    """Control → labels that it has from the label library, beside those of the config; a path joined by ` / `."""
    query = (
        sa.select(label_link.c.from_name, label.c.value)
        .join(label, label.c.id == label_link.c.label_id)
        .where(label_link.c.project_id == project_id)
    )
    found: dict[str, set[str]] = {}
    for control, text in conn.execute(query):
        value = json.loads(text)
        path = value if isinstance(value, list) else [value]
        if all(isinstance(each, str) for each in path):
            found.setdefault(control, set()).add(" / ".join(path))
    return found


def results_after(conn: Connection, project_id: int, after: int, limit: int) -> Sequence[Row[Any]]:
    """`(id, result)` of annotations with an id above `after`, by id."""
    query: sa.Select[Any] = (
        sa.select(annotation.c.id, annotation.c.result)
        .where(annotation.c.project_id == project_id, annotation.c.id > after)
        .order_by(annotation.c.id)
        .limit(limit)
    )
    return conn.execute(query).all()


def results_changed_since(conn: Connection, project_id: int, seq: int) -> Sequence[Row[Any]]:
    """`(id, result)` of the annotations that were made or changed after event `seq`."""
    changed = (
        sa.select(annotation_event.c.annotation_id)
        .where(annotation_event.c.project_id == project_id, annotation_event.c.seq > seq)
        .scalar_subquery()
    )
    query: sa.Select[Any] = sa.select(annotation.c.id, annotation.c.result).where(
        annotation.c.id.in_(changed)
    )
    return conn.execute(query).all()


def draft_results(conn: Connection, project_id: int, limit: int) -> Sequence[Row[Any]]:
    query: sa.Select[Any] = (
        sa.select(draft.c.id, draft.c.result).where(draft.c.project_id == project_id).limit(limit)
    )
    return conn.execute(query).all()


def draft_mark(conn: Connection, project_id: int) -> tuple[int, int]:
    """Changes whenever a draft of the project is made, changed or deleted."""
    row = conn.execute(
        sa.select(sa.func.count(), sa.func.max(draft.c.updated_at)).where(draft.c.project_id == project_id)
    ).one()
    return int(row[0]), row[1] or 0


def annotators(conn: Connection, project_id: int) -> list[int]:
    query = (
        sa.select(annotation.c.completed_by)
        .distinct()
        .where(annotation.c.project_id == project_id, annotation.c.completed_by.is_not(None))
    )
    return sorted(conn.execute(query).scalars().all())


def model_versions(conn: Connection, project_id: int, limit: int | None = None) -> Sequence[Row[Any]]:
    """`(model_version, predictions, latest)` of the project's predictions, newest version first."""
    latest = sa.func.max(prediction.c.created_at)
    query = (
        sa.select(prediction.c.model_version, sa.func.count().label("predictions"), latest.label("latest"))
        .where(prediction.c.project_id == project_id)
        .group_by(prediction.c.model_version)
        .order_by(latest.desc())
    )
    return conn.execute(query if limit is None else query.limit(limit)).all()


def first_id(conn: Connection, actor: Actor, title: str | None = None) -> int | None:
    """The oldest project of an organization, or the oldest one of that title."""
    query = sa.select(project.c.id).where(VISIBLE)
    if title is not None:
        query = query.where(project.c.title == title)
    found: int | None = conn.execute(query.order_by(project.c.id).limit(1), binds(actor)).scalar()
    return found
