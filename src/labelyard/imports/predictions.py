"""Predictions for tasks that are there already: checked as a whole, then stored as a whole."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import UNSET, Raw, UnsetType
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.imports import queries, service
from labelyard.imports.nested import new_prediction, result_validator
from labelyard.imports.verdicts import MAX_ERRORS
from labelyard.kit.errors import Conflict, Invalid, TooLarge
from labelyard.kit.jobs.runner import JobRun, JobState
from labelyard.kit.rawjson import RawJsonError, split
from labelyard.predictions import service as predictions
from labelyard.predictions.service import NewPrediction
from labelyard.projects import service as projects
from labelyard.tasks import changing
from labelyard.users import service as users

KIND = "import.predictions"
AT_ONCE = (
    10_000  # predictions that are stored in the request's own transaction, and by a job in each of its own
)
_MAX_ID = 2**63 - 1
_LENGTH = 4
_encode = msgspec.msgpack.Encoder().encode


class _Given(msgspec.Struct, gc=False):
    task: Any = UNSET
    result: Raw | UnsetType = UNSET


_given = msgspec.json.Decoder(_Given).decode
Made = tuple[int, NewPrediction]  # with the id of its task
_decode = msgspec.msgpack.Decoder(tuple[int, NewPrediction]).decode


def check(ctx: Context, actor: Actor, project_id: int, body: Path) -> list[Made]:
    """The predictions of a JSON body. Invalid with every fault (at most MAX_ERRORS), TooLarge beyond the limit."""
    row = ctx.db.read_sync(projects.get, actor, project_id, "predictions.any")
    text = bytearray(body.stat().st_size)
    with body.open("rb") as file:
        file.readinto(text)
    try:
        found = split(text)
    except RawJsonError as error:
        raise Invalid(f"The body is not a list of predictions: {error}") from None
    if not found.is_list:
        raise Invalid("Expected a list of predictions.")
    limit = ctx.settings.max_import_tasks
    if len(found.items) > limit:
        raise TooLarge(f"The import has more than {limit} predictions, the limit of one request.")
    checker = _Checker(row.label_config)
    checker.look_at(found.items)
    checker.look_for_tasks(ctx, project_id)
    if checker.faults:
        told = sorted(checker.faults.items())[:MAX_ERRORS]
        raise Invalid([f"Prediction {place}: {fault}" for place, fault in told])
    return checker.made


class _Checker:
    def __init__(self, label_config: str) -> None:
        self.made: list[Made] = []
        self.faults: dict[int, str] = {}
        self._places: list[int] = []
        self._results = result_validator(label_config)

    def look_at(self, items: Sequence[Raw]) -> None:
        """Check the shape of each, and its result against the label config."""
        for place, item in enumerate(items):
            if len(self.faults) >= MAX_ERRORS:
                return
            try:
                given = _given(item)
            except msgspec.ValidationError:
                self.faults[place] = "it must be an object with task and result"
                continue
            task = _task_id(given.task)
            if task is None:
                self.faults[place] = "task must be the id of a task of the project"
            elif isinstance(given.result, UnsetType):
                self.faults[place] = "result is missing"
            else:
                prediction, faults = new_prediction(bytes(item), self._results)
                if faults:
                    self.faults[place] = "; ".join(faults[:10])
                self.made.append((task, prediction))
                self._places.append(place)

    def look_for_tasks(self, ctx: Context, project_id: int) -> None:
        """Check that the project has the tasks."""
        wanted = {task for task, _ in self.made}
        known = ctx.db.read_sync(changing.existing_ids, project_id, wanted)
        for place, (task, _) in zip(self._places, self.made, strict=True):
            if task not in known:
                self.faults.setdefault(place, f"the project has no task with id {task}")


def _task_id(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    whole = isinstance(value, int) and not isinstance(value, bool)
    return int(value) if whole and 0 < value <= _MAX_ID else None


# --- storing ------------------------------------------------------------------------------------------------------


def store(conn: Connection, actor: Actor, project_id: int, made: Sequence[Made]) -> int:
    """Store checked predictions; how many. Conflict when a task is gone meanwhile."""
    row = projects.get(conn, actor, project_id, "predictions.any")
    wanted = {task for task, _ in made}
    missing = wanted - changing.hold_tasks(conn, project_id, wanted)
    if missing:
        raise Conflict(f"The task {min(missing)} was deleted meanwhile. No prediction was imported.")
    return len(predictions.insert_many(conn, row, made))


def spool(made: Sequence[Made], path: Path) -> None:
    """Leave checked predictions on the disk for the job."""
    with path.open("wb") as file:
        for each in made:
            text = _encode(each)
            file.write(len(text).to_bytes(_LENGTH, "little"))
            file.write(text)


def submit(conn: Connection, ctx: Context, actor: Actor, project_id: int, path: Path, total: int) -> int:
    """Hand spooled predictions to a job, which owns their directory from then on; its id."""
    projects.get(conn, actor, project_id, "predictions.any")
    args = {"project_id": project_id, "actor_id": actor.user_id, "path": str(path), "total": total}
    return ctx.jobs.submit(conn, KIND, args, project_id=project_id)


def run(job: JobRun) -> dict[str, Any]:
    """The job: predictions batch by batch. Those of tasks that were deleted meanwhile are left out."""
    path = Path(job.args["path"])
    created: int = job.cursor.get("created", 0)
    with path.open("rb") as file:
        file.seek(job.cursor.get("offset", 0))
        while batch := list(islice(_read(file), AT_ONCE)):
            wanted = {task for task, _ in batch}
            known = job.runner.db.read_sync(changing.existing_ids, job.args["project_id"], wanted)
            kept = [each for each in batch if each[0] in known]
            created += len(kept)
            job.commit(
                partial(_store_those, job=job, batch=kept),
                cursor={"offset": file.tell(), "created": created},
                progress=job.progress + len(batch),
                total=job.args["total"],
            )
    service.remove_directory(path.parent)
    return {"created": created}


def _store_those(conn: Connection, job: JobRun, batch: Sequence[Made]) -> None:
    actor, project_id = users.actor_of(conn, job.args["actor_id"]), job.args["project_id"]
    row = projects.get(conn, actor, project_id, "predictions.any")
    known = changing.hold_tasks(conn, project_id, {task for task, _ in batch})
    predictions.insert_many(conn, row, [each for each in batch if each[0] in known])


def _read(file: BinaryIO) -> Iterator[Made]:
    while header := file.read(_LENGTH):
        yield _decode(file.read(int.from_bytes(header, "little")))


def outcome(state: JobState) -> dict[str, Any]:
    """The answer of a job that is over. Conflict when it failed."""
    if state.state != "completed" or state.result is None:
        raise Conflict(f"Not all predictions were imported: {state.error or state.state}")
    return state.result


def live_directories(ctx: Context) -> set[str]:
    """Directories that jobs still need."""
    found = ctx.db.read_sync(queries.args_of_live_jobs, KIND)
    return {str(Path(args["path"]).parent) for args in found}


def register(ctx: Context) -> None:
    """Tell the runner how this kind of job is done."""
    ctx.jobs.register(KIND, run)
