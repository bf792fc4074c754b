"""Reading tasks: one with everything on it, and pages of lists."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.annotations import service as annotations
from labelyard.kit.errors import NotFound
from labelyard.predictions import service as predictions
from labelyard.projects import service as projects
from labelyard.storages import resolving
from labelyard.tasks import paging, queries
from labelyard.tasks.access import get_row
from labelyard.tasks.shapes import FROM_ANNOTATIONS, FROM_PREDICTIONS, listed_task, only, short_task
from labelyard.users import service as users

INVALID_PAGE = "Invalid page."  # clients stop paging on it
Made = Mapping[int, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a list shows of its tasks: `full` adds what is made on them, `include` leaves only these fields, `resolve`
    puts addresses that a browser can open in the place of those of objects in storages."""

    full: bool = False
    include: frozenset[str] | None = None
    resolve: bool = False

    def wants(self, fields: Collection[str]) -> bool:
        return self.include is None or not self.include.isdisjoint(fields)


# --- one task -----------------------------------------------------------------------------------------------------


def read_full(conn: Connection, actor: Actor, task_id: int) -> dict[str, Any]:
    """The full task: annotations with their annotators as people, predictions, the caller's drafts."""
    row = get_row(conn, actor, task_id)
    project_row = projects.get(conn, actor, row.project_id)
    item = listed(conn, actor, project_row, [row], Shown(full=True, resolve=True))[0]
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
    return [short_task(row, first_key) for row in rows_of_ids(conn, project_row.id, ids)]


# --- lists --------------------------------------------------------------------------------------------------------


def rows_of_ids(conn: Connection, project_id: int, ids: Sequence[int]) -> list[Row[Any]]:
    """The project's tasks with these ids, in their order."""
    by_id = {row.id: row for row in queries.by_ids(conn, project_id, ids)}
    return [by_id[each] for each in ids if each in by_id]


def rows_after(conn: Connection, project_id: int, after: int, limit: int) -> Sequence[Row[Any]]:
    """Up to `limit` tasks of a project with an inner id above `after`, in order."""
    return queries.page_after(conn, project_id, after, limit)


def rows_at(
    conn: Connection, counts: Row[Any], offset: int, limit: int, *, from_end: bool = False
) -> Sequence[Row[Any]]:
    """Tasks at positions offset … offset + limit - 1 of a project, by id or from the newest. `counts`: its counters."""
    page = paging.rows_from_end if from_end else paging.rows_at
    return page(conn, counts, offset, limit)


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


def listed(
    conn: Connection, actor: Actor, project_row: Row[Any], rows: Sequence[Row[Any]], shown: Shown
) -> list[dict[str, Any]]:
    """Tasks of a project as the data manager lists them."""
    first_key = projects.label_config(project_row).first_data_key
    made = _annotations(conn, actor, rows) if shown.wants(FROM_ANNOTATIONS) else {}
    guessed = _predictions(conn, rows) if shown.wants(FROM_PREDICTIONS) else {}
    with_drafts = queries.with_drafts(conn, [row.id for row in rows])
    drafts = annotations.drafts_for_tasks(conn, actor, sorted(with_drafts)) if with_drafts else {}
    names = queries.upload_names(conn, {row.file_upload_id for row in rows if row.file_upload_id is not None})
    sources = resolving.sources(conn, project_row.id)
    keys = resolving.keys_of(conn, [row.id for row in rows]) if sources is not None else {}
    found = [
        only(
            listed_task(
                row,
                first_key,
                full=shown.full,
                annotations=made.get(row.id, ()),
                predictions=guessed.get(row.id, ()),
                drafts=drafts.get(row.id, ()),
                draft_exists=row.id in with_drafts,
                file_name=names.get(row.file_upload_id),
                storage_key=keys.get(row.id),
                model_version=project_row.model_version,
            ),
            shown.include,
        )
        for row in rows
    ]
    if sources is not None and shown.resolve and shown.wants({"data"}):
        for each in found:
            each["data"] = resolving.resolved(each["data"], each["id"], sources)
    return found


def _annotations(conn: Connection, actor: Actor, rows: Sequence[Row[Any]]) -> Made:
    ids = [row.id for row in rows if row.total_annotations or row.cancelled_annotations]
    return annotations.for_tasks(conn, actor, ids) if ids else {}


def _predictions(conn: Connection, rows: Sequence[Row[Any]]) -> Made:
    ids = [row.id for row in rows if row.total_predictions]
    return predictions.for_tasks(conn, ids) if ids else {}
