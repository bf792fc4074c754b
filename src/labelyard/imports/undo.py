"""Taking back what an import did, step by step: its tasks go, but for those that somebody worked on since.

How far it is stands in the import's row and is written with each step, so that a killed server goes on there.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.files import service as files
from labelyard.imports import queries
from labelyard.imports.model import Undo, counts_of, origin_of, to_text, undo_of
from labelyard.imports.status import RUNNING, import_row
from labelyard.kit.clock import now_us
from labelyard.kit.errors import Conflict, NotFound
from labelyard.kit.jobs.runner import JobRun
from labelyard.projects import service as projects
from labelyard.tasks import changing
from labelyard.tasks import service as tasks
from labelyard.users import service as users

KIND = "import.undo"
BATCH = 500  # tasks in one transaction
MAX_KEPT = 100  # ids of kept tasks that are told


def look_ahead(conn: Connection, actor: Actor, project_id: int, import_id: int) -> Undo:
    """What an undo would do now. Conflict while the import runs."""
    row = _undoable(conn, actor, project_id, import_id)
    found = Undo()
    for first, last in counts_of(row).task_ranges:
        made = queries.count_of_import(conn, project_id, import_id, first, last)
        kept = queries.worked_on(conn, project_id, import_id, first, last)
        found.deleted += made - len(kept)
        _keep(found, sorted(kept))
    before, same = queries.changed_tasks(conn, import_id)
    found.updated = same
    _keep(found, before)
    return found


def submit(conn: Connection, ctx: Context, actor: Actor, project_id: int, import_id: int) -> int:
    """Queue the undo of an import; the id of its job, which is that of one under way. Conflict while the import runs."""
    row = _undoable(conn, actor, project_id, import_id)
    under_way = ctx.jobs.live(conn, KIND, str(import_id))
    if under_way is not None:  # what it did so far, all perhaps, is what this undo does
        return under_way
    undone = undo_of(row)
    if undone is not None and undone.done:
        queries.update(conn, import_id, {"undo": None})
    args = {"import_id": import_id, "actor_id": actor.user_id}
    return ctx.jobs.submit(conn, KIND, args, project_id=project_id, dedupe_key=str(import_id))


def outcome(conn: Connection, actor: Actor, project_id: int, import_id: int) -> dict[str, Any]:
    """What the last undo did. Conflict when it failed."""
    row = import_row(conn, actor, project_id, import_id)
    undone = undo_of(row)
    if undone is None or not undone.done:
        raise Conflict("The undo did not come to its end. Ask for it again.")
    return undone.as_json()


def _undoable(conn: Connection, actor: Actor, project_id: int, import_id: int) -> Row[Any]:
    projects.get(conn, actor, project_id, "tasks.delete")
    row = import_row(conn, actor, project_id, import_id)
    if row.status in RUNNING:
        raise Conflict("The import is still running. Cancel it instead.")
    return row


class UndoJob:
    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def __call__(self, run: JobRun) -> dict[str, Any] | None:
        row = self._ctx.db.read_sync(queries.by_id, run.args["import_id"])
        if row is None:  # its project is gone
            return None
        actor = self._ctx.db.read_sync(users.worker, run.args["actor_id"], row.project_id)
        take_back(run, actor, row.id)
        keys = run.complete(lambda conn: _finish(conn, actor, row.id), None)
        for key in keys:
            self._ctx.objects.delete(key)
        return None


def take_back(run: JobRun, actor: Actor, import_id: int) -> None:
    """Take an import back, a batch a transaction."""
    done = 0
    while (
        left := run.commit(
            lambda conn: _step(conn, actor, import_id), cursor=run.cursor, progress=done, bulk=True
        )
    ) >= 0:
        done += left


def _step(conn: Connection, actor: Actor, import_id: int) -> int:
    """The next batch; the number of tasks that were looked at, -1 when all were."""
    row = queries.by_id(conn, import_id)
    if row is None:
        raise NotFound("The project of the import is gone.")
    state = undo_of(row) or Undo()
    seen = _delete(conn, actor, row, state) or _change_back(conn, actor, row, state)
    state.done = seen == 0
    queries.update(conn, import_id, {"undo": to_text(state)})
    return seen or -1


def _delete(conn: Connection, actor: Actor, row: Row[Any], state: Undo) -> int:
    ranges = counts_of(row).task_ranges
    while state.place < len(ranges):
        first, last = ranges[state.place]
        ids = queries.tasks_of_import(conn, row.project_id, row.id, max(first, state.after + 1), last, BATCH)
        if not ids:
            state.place += 1
            continue
        kept = queries.worked_on(conn, row.project_id, row.id, ids[0], ids[-1])
        gone = [each for each in ids if each not in kept]
        state.deleted += tasks.delete_rows(conn, actor, projects.get(conn, actor, row.project_id), gone)
        _keep(state, sorted(kept))
        state.after = ids[-1]
        return len(ids)
    return 0


def _change_back(conn: Connection, actor: Actor, row: Row[Any], state: Undo) -> int:
    before = queries.changes_of(conn, row.id, BATCH)
    if before:
        project_row = projects.get(conn, actor, row.project_id)
        back = changing.change_back(conn, project_row, actor.user_id, before)
        state.updated += len(back)
        _keep(state, [each.task_id for each in before if each.task_id not in back])
        queries.forget_changes(conn, row.id, before[-1].task_id)
    return len(before)


def _keep(state: Undo, ids: Sequence[int]) -> None:
    state.kept += len(ids)
    state.kept_tasks = [*state.kept_tasks, *ids][:MAX_KEPT]


def _finish(conn: Connection, actor: Actor, import_id: int) -> list[str]:
    """Say that it is undone; the keys of objects that nothing refers to any more."""
    row = queries.by_id(conn, import_id)
    if row is None:
        return []
    keys = forget_files(conn, actor, row)
    now = now_us()
    queries.update(conn, import_id, {"undone_at": now, "updated_at": now})
    return keys


def forget_files(conn: Connection, actor: Actor, row: Row[Any]) -> list[str]:
    """Forget the reject file of an import and those of its uploads from which no task comes; their object keys."""
    counts, keys = counts_of(row), []
    if counts.rejects is not None:
        keys.append(counts.rejects)
        counts.rejects = None
        queries.update(conn, row.id, {"counts": to_text(counts)})
    if not origin_of(row).replaces:
        unused = queries.uploads_without_tasks(conn, row.project_id, counts.file_upload_ids)
        if unused:
            keys += files.delete_uploads(conn, actor, row.project_id, unused)
    return keys
