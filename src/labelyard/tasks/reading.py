"""Reading tasks: one with everything on it, and pages of lists."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.annotations import service as annotations
from labelyard.kit.errors import Invalid, NotFound
from labelyard.predictions import service as predictions
from labelyard.projects import service as projects
from labelyard.tasks import paging, queries
from labelyard.tasks.access import get_row
from labelyard.tasks.schemas import SelectedItems
from labelyard.tasks.shapes import FROM_ANNOTATIONS, FROM_PREDICTIONS, listed_task, only, short_task
from labelyard.users import service as users

INVALID_PAGE = "Invalid page."  # clients stop paging on it
Made = Mapping[int, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """What a task list shows. Of `page` (from 1) and `after` (an inner id), `after` wins."""

    page: int = 1
    page_size: int = 100
    after: int | None = None
    full: bool = False
    include: frozenset[str] | None = None
    ordering: str = ""
    annotated_only: bool = False
    selected: SelectedItems | None = None

    @property
    def excluded(self) -> list[int]:
        return self.selected.excluded if self.selected is not None and self.selected.all else []

    def wants(self, fields: Collection[str]) -> bool:
        return self.include is None or not self.include.isdisjoint(fields)


# --- one task -----------------------------------------------------------------------------------------------------


def read_full(conn: Connection, actor: Actor, task_id: int) -> dict[str, Any]:
    """The full task: annotations with their annotators as people, predictions, the caller's drafts."""
    row = get_row(conn, actor, task_id)
    project_row = projects.get(conn, actor, row.project_id)
    item = _listed(conn, actor, project_row, [row], TaskQuery(full=True))[0]
    refs = users.user_refs(conn, item["annotators"])
    item["annotations"] = [
        {**each, "completed_by": _person(refs, each["completed_by"])} for each in item["annotations"]
    ]
    return item


def _person(refs: Mapping[int, Mapping[str, Any]], user_id: int | None) -> dict[str, Any] | None:
    ref = refs.get(user_id) if user_id is not None else None
    names = ("id", "first_name", "last_name", "avatar", "email", "initials")
    return None if ref is None else {name: ref[name] for name in names}


def read_changed(conn: Connection, actor: Actor, task_id: int) -> dict[str, Any]:
    """The answer to a change: the short task with its annotations and predictions."""
    row = get_row(conn, actor, task_id)
    project_row = projects.get(conn, actor, row.project_id)
    return _short_with_results(conn, actor, project_row, [row])[0]


def short_by_ids(conn: Connection, project_row: Row[Any], ids: Sequence[int]) -> list[dict[str, Any]]:
    """Short shapes of tasks of a project, in the order of their ids' list; those that are gone are left out."""
    first_key = projects.label_config(project_row).first_data_key
    found = _in_order(queries.by_ids(conn, project_row.id, ids), ids)
    return [short_task(row, first_key) for row in found]


# --- lists --------------------------------------------------------------------------------------------------------


def list_tasks(conn: Connection, actor: Actor, project_id: int, query: TaskQuery) -> dict[str, Any]:
    """A page of the data manager's list: `{total, total_annotations, total_predictions, tasks, next}`.

    `next` is the inner id to send as `after` for the following page; null at the end and in other orders than by id.
    NotFound for a page past the end; `after` past the end is an empty page.
    """
    project_row = projects.get(conn, actor, project_id)
    counts = projects.counts(conn, project_id)
    rows, total = _rows(conn, counts, query)
    if not rows and query.page > 1 and query.after is None:
        raise NotFound(INVALID_PAGE)
    by_key = not (query.ordering or query.annotated_only or query.selected)
    more = by_key and bool(rows) and rows[-1].inner_id < counts.last_inner_id and len(rows) == query.page_size
    return {
        "total": total,
        "total_annotations": counts.annotations,
        "total_predictions": counts.predictions,
        "tasks": _listed(conn, actor, project_row, rows, query),
        "next": rows[-1].inner_id if more else None,
    }


def _rows(conn: Connection, counts: Row[Any], query: TaskQuery) -> tuple[Sequence[Row[Any]], int]:
    offset, size = (query.page - 1) * query.page_size, query.page_size
    if query.selected is not None and not query.selected.all:
        return _chosen_rows(conn, counts.project_id, query.selected.included, query, offset)
    if (
        query.annotated_only
        or query.excluded
        or query.ordering not in {"", "id", "inner_id", "-id", "-inner_id"}
    ):
        _check_ordering(query.ordering)
        ids, total = queries.ordered_ids(
            conn,
            counts.project_id,
            query.ordering or "id",
            offset=offset,
            limit=size,
            annotated_only=query.annotated_only,
            excluded=query.excluded,
        )
        return _in_order(
            queries.by_ids(conn, counts.project_id, ids), ids
        ), counts.tasks if total is None else total
    if query.after is not None:
        return queries.page_after(conn, counts.project_id, query.after, size), counts.tasks
    if query.ordering.startswith("-"):
        return paging.rows_from_end(conn, counts, offset, size), counts.tasks
    return paging.rows_at(conn, counts, offset, size), counts.tasks


def _chosen_rows(
    conn: Connection, project_id: int, chosen: Collection[int], query: TaskQuery, offset: int
) -> tuple[Sequence[Row[Any]], int]:
    found = queries.existing(conn, project_id, {each for each in chosen if 0 < each < 2**63})
    if query.ordering in {"-id", "-inner_id"}:
        found.reverse()
    elif query.ordering not in {"", "id", "inner_id"}:
        raise Invalid({"ordering": ["A list of chosen tasks is ordered by id or -id."]})
    ids = found[offset : offset + query.page_size]
    return _in_order(queries.by_ids(conn, project_id, ids), ids), len(found)


def _in_order(rows: Sequence[Row[Any]], ids: Sequence[int]) -> list[Row[Any]]:
    by_id = {row.id: row for row in rows}
    return [by_id[each] for each in ids if each in by_id]


def _check_ordering(ordering: str) -> None:
    name = ordering.removeprefix("-")
    if name.startswith("data."):
        if '"' in name or "\x00" in name or name == "data.":
            raise Invalid({"ordering": ["This data key cannot be ordered by."]})
    elif name and name not in queries.ORDERINGS:
        known = ", ".join((*queries.ORDERINGS, "data.<key>"))
        raise Invalid(
            {"ordering": [f'Cannot order tasks by "{name[:100]}". Known: {known}; "-" in front reverses.']}
        )


def newest_tasks(
    conn: Connection, actor: Actor, project_id: int, offset: int, limit: int
) -> list[dict[str, Any]]:
    """Tasks of a project counted from the newest, newest first, with annotations and predictions.

    NotFound when nothing is there although the project has tasks before `offset`.
    """
    project_row = projects.get(conn, actor, project_id)
    counts = projects.counts(conn, project_id)
    if offset and offset >= counts.tasks:
        raise NotFound(INVALID_PAGE)
    return _short_with_results(conn, actor, project_row, paging.rows_from_end(conn, counts, offset, limit))


def tasks_before(
    conn: Connection, actor: Actor, project_id: int, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """The `limit` tasks in front of inner id `before` (None: the newest), newest first."""
    project_row = projects.get(conn, actor, project_id)
    return _short_with_results(conn, actor, project_row, queries.page_before(conn, project_id, before, limit))


def task_count(conn: Connection, actor: Actor, project_id: int) -> int:
    """How many tasks the project has."""
    projects.get(conn, actor, project_id)
    return int(projects.counts(conn, project_id).tasks)


def _short_with_results(
    conn: Connection, actor: Actor, project_row: Row[Any], rows: Sequence[Row[Any]]
) -> list[dict[str, Any]]:
    first_key = projects.label_config(project_row).first_data_key
    made, guessed = _annotations(conn, actor, rows), _predictions(conn, rows)
    return [
        {
            **short_task(row, first_key),
            "annotations": made.get(row.id, ()),
            "predictions": guessed.get(row.id, ()),
        }
        for row in rows
    ]


def _listed(
    conn: Connection, actor: Actor, project_row: Row[Any], rows: Sequence[Row[Any]], query: TaskQuery
) -> list[dict[str, Any]]:
    first_key = projects.label_config(project_row).first_data_key
    made = _annotations(conn, actor, rows) if query.wants(FROM_ANNOTATIONS) else {}
    guessed = _predictions(conn, rows) if query.wants(FROM_PREDICTIONS) else {}
    with_drafts = queries.with_drafts(conn, [row.id for row in rows])
    drafts = annotations.drafts_for_tasks(conn, actor, sorted(with_drafts)) if with_drafts else {}
    names = queries.upload_names(conn, {row.file_upload_id for row in rows if row.file_upload_id is not None})
    return [
        only(
            listed_task(
                row,
                first_key,
                full=query.full,
                annotations=made.get(row.id, ()),
                predictions=guessed.get(row.id, ()),
                drafts=drafts.get(row.id, ()),
                draft_exists=row.id in with_drafts,
                file_name=names.get(row.file_upload_id),
            ),
            query.include,
        )
        for row in rows
    ]


def _annotations(conn: Connection, actor: Actor, rows: Sequence[Row[Any]]) -> Made:
    ids = [row.id for row in rows if row.total_annotations or row.cancelled_annotations]
    return annotations.for_tasks(conn, actor, ids) if ids else {}


def _predictions(conn: Connection, rows: Sequence[Row[Any]]) -> Made:
    ids = [row.id for row in rows if row.total_predictions]
    return predictions.for_tasks(conn, ids) if ids else {}
