"""The same annotation on many tasks, and many annotations gone at once: all of them or none."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.annotations import queries, service
from labelyard.annotations.schemas import Selected
from labelyard.kit.errors import Invalid, NotFound
from labelyard.projects import service as projects

MAX_MANY = 500  # tasks or annotations of one request: others wait for the transaction


def create(
    conn: Connection,
    actor: Actor,
    given: Mapping[str, Any],
    *,
    tasks: Sequence[int] | None,
    selected: Selected | None,
    project_id: int | None,
) -> list[int]:
    """Annotate each of the tasks, given by id or as a selection in a project; ids of the annotations, in that order.

    `given` as for `service.create`. Invalid names a task that is missing or not for the caller.
    """
    if project_id is not None:
        projects.get(conn, actor, project_id, "annotations.create")
    ids = _chosen(conn, project_id, selected) if tasks is None else list(dict.fromkeys(tasks))
    if not 0 < len(ids) <= MAX_MANY:
        raise Invalid({"tasks": [f"Give 1 to {MAX_MANY} tasks at once; these are {len(ids)}."]})
    if project_id is not None:
        known = set(queries.ids_in_project(conn, project_id, ids))
        _refuse_others("tasks", "task", ids, known)
    made = []
    for task_id in ids:
        try:
            shown, _ = service.create(conn, actor, task_id, {**given, "bulk_created": True})
        except NotFound as error:
            raise Invalid({"tasks": [error.detail]}) from None
        made.append(int(shown["id"]))
    return made


def _chosen(conn: Connection, project_id: int | None, selected: Selected | None) -> list[int]:
    if selected is None:
        raise Invalid({"tasks": ["Say which tasks: tasks or selected_items."]})
    if not selected.all:
        return list(dict.fromkeys(selected.included))
    if project_id is None:
        raise Invalid({"project": ["All tasks of which project?"]})
    left_out = set(selected.excluded)
    found = queries.first_tasks(conn, project_id, MAX_MANY + 1 + len(left_out))
    return [each for each in found if each not in left_out]


def delete(conn: Connection, actor: Actor, ids: Sequence[int], project_id: int) -> int:
    """Delete these annotations of a project; how many. Invalid names one that is missing or not for the caller."""
    projects.get(conn, actor, project_id, "annotations.delete")
    wanted = sorted(set(ids))
    if not 0 < len(wanted) <= MAX_MANY:
        raise Invalid({"ids": [f"Give 1 to {MAX_MANY} annotations at once; these are {len(wanted)}."]})
    _refuse_others("ids", "annotation", wanted, set(queries.annotations_in_project(conn, project_id, wanted)))
    for annotation_id in wanted:
        service.delete(conn, actor, annotation_id)
    return len(wanted)


def _refuse_others(field: str, noun: str, ids: Sequence[int], known: set[int]) -> None:
    missing = next((each for each in ids if each not in known), None)
    if missing is not None:
        raise Invalid({field: [f"The project has no {noun} with id {missing}."]})
