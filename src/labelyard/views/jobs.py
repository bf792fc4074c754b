"""Actions on many tasks, in steps, so that nobody waits for the writer."""

from array import array
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.access.deleting import check_deletable
from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.db.dialect import dialect_of
from labelyard.kit.errors import Unavailable
from labelyard.kit.jobs.runner import JobRun, JobRunner, JobState
from labelyard.projects import service as projects
from labelyard.users import service as users
from labelyard.views import meant, queries, service
from labelyard.views.actions import ACTIONS, Action
from labelyard.views.conditions import Tasks
from labelyard.views.duplicates import Copies
from labelyard.views.filters import EVERYTHING
from labelyard.views.listing import Matched
from labelyard.views.schemas import SelectedItems
from labelyard.views.selection import Chosen, Wanted

BATCH = 500  # tasks in one transaction
_READ = 2_000  # tasks that are compared in one go
KIND = "views.action"
ACTION_SECONDS = 300.0  # how long a request waits for its job

Json = dict[str, Any]


def allowed(conn: Connection, actor: Actor, project_id: int, action: Action) -> Row[Any]:
    """The project's row, for those who may do this there."""
    rows = [projects.get(conn, actor, project_id, right) for right in action.rights]
    return rows[0]


async def perform(
    ctx: Context,
    actor: Actor,
    project_id: int,
    action_id: str,
    wanted: Wanted,
    parameters: dict[str, Any],
) -> int:
    """Do an action, in a job unless the tasks are few and named; how many things it was done to."""
    if action_id == "delete_tasks_annotations":
        check_deletable(ctx.settings)
    selected = wanted.selected
    named = None if selected is None or selected.all or wanted.filters or wanted.search else selected.included
    if named is not None and len(named) <= BATCH and action_id != "remove_duplicates":
        ids = sorted({each for each in named if 0 < each <= service.MAX_ID})
        return await ctx.db.write(act_now, actor, project_id, action_id, ids, parameters)
    job_id = await ctx.db.write(submit, ctx.jobs, actor, project_id, action_id, wanted, parameters)
    return outcome(await ctx.jobs.wait(job_id, ACTION_SECONDS))


def submit(
    conn: Connection,
    jobs: JobRunner,
    actor: Actor,
    project_id: int,
    action_id: str,
    wanted: Wanted,
    parameters: Mapping[str, Any],
) -> int:
    """Queue an action (a key of ACTIONS) for the tasks that are meant and there now; the job's id."""
    row = allowed(conn, actor, project_id, ACTIONS[action_id])
    selected = wanted.selected
    args = {
        "action": action_id,
        "project_id": project_id,
        "actor_id": actor.user_id,
        "filters": wanted.filters,
        "search": wanted.search,
        "selected": None if selected is None else selected.model_dump(),
        "parameters": dict(parameters),
        "last_inner_id": projects.counts(conn, row.id).last_inner_id,
    }
    return jobs.submit(conn, KIND, args, project_id=project_id)


def act_now(
    conn: Connection,
    actor: Actor,
    project_id: int,
    action_id: str,
    ids: Sequence[int],
    parameters: Mapping[str, Any],
) -> int:
    """Do an action to at most BATCH tasks in the caller's transaction; how many things it was done to."""
    action = ACTIONS[action_id]
    return action.act(conn, actor, allowed(conn, actor, project_id, action), ids, parameters)


def outcome(state: JobState) -> int:
    """How many things a finished job was done to. Unavailable when it is not finished, or failed."""
    if not state.finished:
        raise Unavailable(f"This takes longer than a request can wait; it goes on as job {state.id}.")
    if state.state != "completed" or state.result is None:
        raise Unavailable(f"Not everything was done: {state.error or state.state} (job {state.id}).")
    return int(state.result["done"])


def run(job: JobRun) -> Json:
    """The job: `{"done": n}`. Its cursor is the last task that was dealt with, in the order of ids."""
    steps = _Steps(job)
    after, done = job.cursor.get("after", 0), job.cursor.get("done", 0)
    pairs = [(task_id, kept) for task_id, kept in steps.tasks() if task_id > after]
    total = job.progress + len(pairs)
    for start in range(0, len(pairs), BATCH):
        part = pairs[start : start + BATCH]

        def cursor(count: int, *, before: int = done, last: int = part[-1][0]) -> Json:
            return {"after": last, "done": before + count}

        done += job.commit(
            partial(steps.act, part=part),
            cursor=cursor,
            progress=job.progress + len(part),
            total=total,
            bulk=True,
        )
    return {"done": done}


class _Steps:
    """One action on the tasks that a job's arguments mean."""

    def __init__(self, job: JobRun) -> None:
        self.job, self.args = job, job.args
        self.action = ACTIONS[job.args["action"]]
        self.chosen: Chosen
        self.matched: Matched = {}
        self.data_changes = 0

    def tasks(self) -> list[tuple[int, int]]:
        """Ids of the tasks, rising; each with the task that stays in its place where duplicates are removed."""
        ids = self._ids()
        if self.action.id != "remove_duplicates":
            return [(each, 0) for each in ids]
        return self._copies(ids)

    def _ids(self) -> "array[int]":
        found = meant.tasks(self.job.runner.db, self._choose, self.args["last_inner_id"])
        self.chosen, self.matched = found.chosen, found.matched
        return found.ids

    def _choose(self, conn: Connection) -> tuple[Row[Any], Chosen]:
        actor, selected = (
            users.worker(conn, self.args["actor_id"], self.args["project_id"]),
            self.args["selected"],
        )
        wanted = Wanted(
            filters=self.args["filters"],
            selected=None if selected is None else SelectedItems.model_validate(selected),
            search=self.args["search"],
        )
        return service.find(conn, actor, self.args["project_id"], None, wanted)

    def _copies(self, ids: "array[int]") -> list[tuple[int, int]]:
        copies, db = Copies(), self.job.runner.db
        self.data_changes = db.read_sync(projects.counts, self.args["project_id"]).data_changes
        for start in range(0, len(ids), _READ):
            self.job.check()
            part = ids[start : start + _READ]
            rows, drafted = db.read_sync(self._read_copies, list(part))
            copies.add(rows, drafted)
        return copies.removable()

    def _read_copies(self, conn: Connection, ids: list[int]) -> tuple[Sequence[queries.Copied], set[int]]:
        rows = queries.copies(conn, self.args["project_id"], ids)
        return rows, queries.drafted(conn, ids)

    def act(self, conn: Connection, part: Sequence[tuple[int, int]]) -> int:
        """Do it to a batch, but for tasks that do not pass the filter any more."""
        actor = users.worker(conn, self.args["actor_id"], self.args["project_id"])
        row = allowed(conn, actor, self.args["project_id"], self.action)
        kept = dict(part)
        ids: Sequence[int] = list(kept)
        if self.chosen.node != EVERYTHING:
            tasks = Tasks(dialect_of(conn), row.id, row.model_version, matched=self.matched)
            still = queries.matching(conn, tasks, self.chosen.node, (), included=ids)
            ids = [each[0] for each in still]
        parameters = self.args["parameters"]
        if self.action.id == "remove_duplicates":
            parameters = {"kept": [kept[each] for each in ids], "data_changes": self.data_changes}
        return self.action.act(conn, actor, row, ids, parameters)


def register(ctx: Context) -> None:
    """Tell the runner how these jobs are done."""
    ctx.jobs.register(KIND, run)
