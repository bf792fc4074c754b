"""Changing a label config and the results with it: labels and controls renamed, merged, split, moved or dropped.

A migration is one change that can be undone: a new version of the config, and every annotation, draft and prediction that
the rules touch. Drafts and predictions are rewritten by the same rules. An annotation that is saved while the job runs
is rewritten unless it fits the new config already.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.kit.clock import iso, now_us
from labelyard.kit.errors import Conflict, Invalid, NotFound
from labelyard.kit.jobs.runner import JobRunner
from labelyard.label.config import LabelConfig
from labelyard.label.mapping import Mapper, Rules, Tally, faults
from labelyard.projects import editing, queries, results, service, version_queries
from labelyard.projects import migration_queries as migrations
from labelyard.projects.migration_work import KIND, PHASES, rules_of, work_of
from labelyard.projects.schemas import MigrationBody
from labelyard.users import service as users
from labelyard.webhooks import outbox

AT_ONCE = 1_000  # tasks; a larger project's results are rewritten by a job
MAX_LOOKED_AT = 100_000  # annotations that a dry run reads, and as many predictions
EXAMPLES = 5
_MAX_EXAMPLE = 20_000  # characters of a result
_LISTED = 100
_MAX_ID = 2**63 - 1
_PERSON = ("id", "first_name", "last_name", "email", "avatar")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """Rules that make sense between the config with this version and the new one, and what they leave in the way."""

    config_version: int
    seq: int
    rules: Rules
    config: LabelConfig
    mapper: Mapper


def plan(conn: Connection, actor: Actor, project_id: int, body: MigrationBody) -> Plan:
    """Check a migration, on a reader. Invalid for rules that make no sense, or when annotations would still use
    controls that the new config lacks."""
    row, found = _planned(conn, actor, project_id, body)
    missing = _left(row, found)
    if missing is not None:
        editing.refuse(_count(conn, project_id, found.mapper, missing))
    return found


def _planned(conn: Connection, actor: Actor, project_id: int, body: MigrationBody) -> tuple[Row[Any], Plan]:
    row = service.get(conn, actor, project_id, "projects.change")
    seq = queries.last_event(conn, project_id)
    if not body.label_config:
        raise Invalid({"label_config": ["This field is required."]})
    config, rules = service.checked_config(body.label_config), rules_of(body)
    wrong = faults(rules, service.label_config(row), config)
    if wrong:
        raise Invalid(wrong)
    return row, Plan(row.config_version, seq, rules, config, Mapper(rules, config))


def _left(row: Row[Any], found: Plan) -> Callable[[results.Control], bool] | None:
    """Which controls of results the new config has no place for; None when the rules take care of all."""
    missing = editing.missing(row, found.config)
    old = service.label_config(row)
    if missing is None or all(
        name in found.rules.controls or not missing((name, ",".join(tag.to_name), tag.result_type))
        for name, tag in old.controls.items()
    ):
        return None
    return missing


def _count(
    conn: Connection, project_id: int, mapper: Mapper, missing: Callable[[results.Control], bool]
) -> Counter[results.Control]:
    found: Counter[results.Control] = Counter()
    after = 0
    while rows := queries.results_after(conn, project_id, after, results.BATCH):
        for row in rows:
            results.count_missing(found, mapper.rewrite(row.result) or row.result, missing)
        after = rows[-1].id
    return found


# --- dry run ------------------------------------------------------------------------------------------------------


def preview(conn: Connection, actor: Actor, project_id: int, body: MigrationBody) -> Json:
    """What a migration would do, counted over the first MAX_LOOKED_AT annotations and predictions. Nothing is changed."""
    row, found = _planned(conn, actor, project_id, body)
    missing = _left(row, found)
    left: Counter[results.Control] = Counter()
    tally, touched, looked, after, complete = Tally(), 0, 0, 0, True
    examples: list[Json] = []
    while rows := migrations.annotations_after(conn, project_id, after, results.BATCH):
        if looked >= MAX_LOOKED_AT:
            complete = False
            break
        for each in rows:
            new = found.mapper.rewrite(each.result, tally)
            if new is not None:
                touched += 1
                if len(examples) < EXAMPLES and len(each.result) <= _MAX_EXAMPLE:
                    examples.append(_example(each, new))
            if missing is not None:
                results.count_missing(left, new or each.result, missing)
        after, looked = rows[-1].id, looked + len(rows)
    drafts = sum(
        found.mapper.rewrite(each.result) is not None
        for each in queries.draft_results(conn, project_id, results.MAX_DRAFTS)
    )
    predicted, all_read = _predicted(conn, project_id, found.mapper)
    return {
        "dry_run": True,
        "annotations": touched,
        "results_changed": tally.changed,
        "results_dropped": tally.dropped,
        "drafts": drafts,
        "predictions": predicted,
        "rules": dict(sorted(tally.rules.items())),
        "examples": examples,
        "problems": editing.told(left),
        "looked_at": looked,
        "complete": complete and all_read,
    }


def _example(row: Row[Any], new: str) -> Json:
    raw = msgspec.Raw
    return {
        "annotation": row.id,
        "task": row.task_id,
        "before": raw(row.result.encode()),
        "after": raw(new.encode()),
    }


def _predicted(conn: Connection, project_id: int, mapper: Mapper) -> tuple[int, bool]:
    touched = looked = after = 0
    while rows := migrations.predictions_after(conn, project_id, after, results.BATCH):
        if looked >= MAX_LOOKED_AT:
            return touched, False
        touched += sum(mapper.rewrite(row.result) is not None for row in rows)
        after, looked = rows[-1].id, looked + len(rows)
    return touched, True


# --- doing and undoing it -----------------------------------------------------------------------------------------


def start(
    conn: Connection, jobs: JobRunner, actor: Actor, project_id: int, body: MigrationBody, planned: Plan
) -> tuple[Json, int | None]:
    """Change the config and rewrite the results; the migration, and the job's id where it takes one.

    Conflict when the config was changed since the plan, or another migration is being done.
    """
    service.get(conn, actor, project_id, "projects.change")
    queries.lock(conn, project_id)
    row = service.get(conn, actor, project_id)
    if row.config_version != planned.config_version:
        raise Conflict(
            "The label config was changed by somebody else meanwhile. Look at it and repeat the change."
        )
    editing.check_idle(conn, project_id)
    missing = _left(row, planned)
    if missing is not None:
        found: Counter[results.Control] = Counter()
        for each in queries.results_changed_since(conn, project_id, planned.seq):
            results.count_missing(found, planned.mapper.rewrite(each.result) or each.result, missing)
        editing.refuse(found)
    now = now_us()
    version = row.config_version + 1
    migration_id = migrations.insert(
        conn,
        {
            "project_id": project_id, "user_id": actor.user_id, "status": "in_progress",
            "from_version": row.config_version, "to_version": version,
            "rules": body.model_dump_json(include={"controls", "objects", "labels"}), "created_at": now,
        },
    )  # fmt: skip
    _put_config(conn, actor, row, body.label_config, f"migration {migration_id}", now)
    return _go_on(conn, jobs, actor, project_id, migration_id)


def _put_config(conn: Connection, actor: Actor, row: Row[Any], text: str, note: str, now: int) -> None:
    version = row.config_version + 1
    queries.insert_config(conn, row.id, version, text, actor.user_id, now, note)
    queries.update(conn, row.id, {"label_config": text, "config_version": version, "updated_at": now})
    outbox.note(conn, row.id, "PROJECT_UPDATED", [row.id])


def _go_on(
    conn: Connection, jobs: JobRunner, actor: Actor, project_id: int, migration_id: int
) -> tuple[Json, int | None]:
    if service.counts(conn, project_id).tasks > AT_ONCE:
        args = {"migration_id": migration_id, "project_id": project_id, "actor_id": actor.user_id}
        job_id = jobs.submit(conn, KIND, args, project_id=project_id)
        migrations.update(conn, migration_id, job_id=job_id)
        return read(conn, actor, project_id, migration_id), job_id
    work = work_of(conn, migration_id)
    for phase in PHASES:
        after: int | None = 0
        while after is not None:
            after = work.step(conn, actor, phase, after)
    work.finish(conn)
    return read(conn, actor, project_id, migration_id), None


def undo(
    conn: Connection, jobs: JobRunner, actor: Actor, project_id: int, migration_id: int
) -> tuple[Json, int | None]:
    """Go back to the config before a migration, and put back what it changed; as `start`.

    What somebody changed since stays as it is. Conflict when the config was changed since, Invalid when annotations
    that were made or changed since use controls that the earlier config lacks.
    """
    service.get(conn, actor, project_id, "projects.change")
    queries.lock(conn, project_id)
    row, found = service.get(conn, actor, project_id), _of_project(conn, project_id, migration_id)
    editing.check_idle(conn, project_id)
    if found.status == "undone":
        raise Conflict(f"Migration {migration_id} is undone already.")
    _check_last(conn, row, found)
    before = version_queries.one(conn, project_id, found.from_version)
    assert before is not None  # noqa: S101 - versions are never deleted
    missing = editing.missing(row, service.checked_config(before.label_config))
    if missing is not None:
        mapper = work_of(conn, migration_id).mapper
        editing.refuse(_made_since(conn, project_id, migration_id, mapper, missing))
    migrations.update(conn, migration_id, status="undoing")
    _put_config(conn, actor, row, before.label_config, f"undo of migration {migration_id}", now_us())
    return _go_on(conn, jobs, actor, project_id, migration_id)


def _check_last(conn: Connection, row: Row[Any], found: Row[Any]) -> None:
    """Conflict when something else happened to the config since a migration, and was not undone."""
    later = migrations.later_in_force(conn, row.id, found.id)
    if later is not None:
        raise Conflict(f"Migration {later} came after migration {found.id}. Undo that one first.")
    made = version_queries.one(conn, row.id, found.to_version)
    if made is None or made.label_config != row.label_config:
        raise Conflict(
            f"The label config was changed after migration {found.id} (version {found.to_version}): it is at "
            f"version {row.config_version}. Go back to that version first."
        )


def _made_since(
    conn: Connection,
    project_id: int,
    migration_id: int,
    mapper: Mapper,
    missing: Callable[[results.Control], bool],
) -> Counter[results.Control]:
    found: Counter[results.Control] = Counter()
    after = 0
    while rows := migrations.made_since(conn, project_id, migration_id, after, results.BATCH):
        for row in rows:
            if row.before is None or mapper.rewrite(row.before) != row.result:  # the others are put back
                results.count_missing(found, row.result, missing)
        after = rows[-1].id
    return found


# --- reading ------------------------------------------------------------------------------------------------------


def _of_project(conn: Connection, project_id: int, migration_id: int) -> Row[Any]:
    found = migrations.one(conn, migration_id) if 0 < migration_id <= _MAX_ID else None
    if found is None or found.project_id != project_id:
        raise NotFound(f"Project {project_id} has no migration with id {migration_id}.")
    return found


def read(conn: Connection, actor: Actor, project_id: int, migration_id: int) -> Json:
    """One migration with its rules and counts."""
    service.get(conn, actor, project_id)
    return _shown(conn, [_of_project(conn, project_id, migration_id)])[0]


def listed(conn: Connection, actor: Actor, project_id: int) -> list[Json]:
    """The newest hundred migrations of a project, newest first."""
    service.get(conn, actor, project_id)
    return _shown(conn, migrations.of_project(conn, project_id, _LISTED))


def _shown(conn: Connection, rows: Any) -> list[Json]:
    refs = users.user_refs(conn, {row.user_id for row in rows if row.user_id is not None})
    shown = []
    for row in rows:
        ref = refs.get(row.user_id)
        shown.append(
            {
                "id": row.id,
                "project": row.project_id,
                "status": row.status,
                "from_version": row.from_version,
                "to_version": row.to_version,
                "created_by": {name: ref[name] for name in _PERSON} if ref else None,
                "created_at": iso(row.created_at),
                "finished_at": iso(row.finished_at),
                "undone_at": iso(row.undone_at),
                "counts": msgspec.Raw(row.counts.encode()),
                "rules": msgspec.Raw(row.rules.encode()),
                "error": row.error,
            }
        )
    return shown
