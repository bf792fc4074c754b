"""Changing and deleting projects, and checking a new config against what was annotated with the old one."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.kit.clock import iso, now_us
from labelyard.kit.errors import Conflict, Invalid
from labelyard.label.config import LabelConfig
from labelyard.projects import migration_queries, queries, results, service
from labelyard.projects.results import Control
from labelyard.projects.schemas import ProjectFields
from labelyard.sampling import UNIFORM
from labelyard.webhooks import outbox

INCOMPATIBLE = "Created annotations are incompatible with provided labeling schema, we found:"
STILL_USED = "These labels still exist in annotations or drafts:"


@dataclass(frozen=True, slots=True)
class Check:
    """A config change held against the annotations: done up to event `seq`, for the config with this version."""

    config_version: int
    seq: int


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change asks for afterwards."""

    project: dict[str, Any]
    follow: "Follow"


@dataclass(frozen=True, slots=True)
class Follow:
    """How the project's tasks have to follow a change of its settings."""

    overlap: bool = False  # take the project's overlap
    slots: bool = False  # count anew what fills their slots
    scores: bool = False  # sort by the scores of another model version
    places: bool = False  # have a random place each

    def __bool__(self) -> bool:
        return self.overlap or self.slots or self.scores or self.places


def check_config(conn: Connection, actor: Actor, project_id: int, text: str) -> Check:
    """Hold a new config against the project's annotations, on a reader: `update` then only looks at what is newer.

    Invalid when it is broken, or when annotations use controls that it lacks.
    """
    row = service.get(conn, actor, project_id, "projects.change")
    config = service.checked_config(text)
    seq = queries.last_event(conn, project_id)
    lacking = missing(row, config)
    if lacking is not None:
        refuse(results.control_counts(conn, project_id, lacking))
    return Check(row.config_version, seq)


def _controls(config: LabelConfig) -> dict[str, tuple[frozenset[str], str]]:
    return {each.name: (frozenset(each.to_name), each.result_type) for each in config.controls.values()}


def missing(row: Row[Any], config: LabelConfig) -> Callable[[Control], bool] | None:
    """Which controls of results the new config has no place for; None when it keeps all of the old config's."""
    new, old = _controls(config), _controls(service.label_config(row))
    if all(name in new and new[name][1] == kind and to <= new[name][0] for name, (to, kind) in old.items()):
        return None

    def missing(control: Control) -> bool:
        name, to_name, kind = control
        before, after = old.get(name), new.get(name)
        if before is None:
            return False  # the old config had no place for it either
        if after is None or not after[0].intersection(to_name.split(",")):
            return True
        # A generic Labels writes the type of the shape that it labels.
        return kind != after[1] and kind == before[1]

    return missing


def told(found: Counter[Control]) -> list[str]:
    """The documented lines about controls that results use and a config lacks."""
    return [
        f"{count} with from_name={name}, to_name={to_name}, type={kind}"
        for (name, to_name, kind), count in sorted(found.items())
    ]


def refuse(found: Counter[Control]) -> None:
    """Invalid with the documented message, if there are any."""
    if found:
        raise Invalid({"label_config": ["\n".join([INCOMPATIBLE, *told(found)])]})


def update(
    conn: Connection, actor: Actor, project_id: int, fields: ProjectFields, check: Check | None = None
) -> Changed:
    """Change the fields that were sent. `check`: what `check_config` gave for the label config among them.

    Invalid names the field at fault; Conflict when somebody changed the config since `check`.
    """
    service.get(conn, actor, project_id, "projects.change")
    queries.lock(conn, project_id)
    row = service.get(conn, actor, project_id)
    values, now = fields.values(), now_us()
    config = values.get("label_config")
    if config is not None and config != row.label_config:
        check_idle(conn, project_id)
        _check_again(conn, row, config, check)
        values["config_version"] = row.config_version + 1
        queries.insert_config(conn, project_id, row.config_version + 1, config, actor.user_id, now)
    queries.update(conn, project_id, {**values, "updated_at": now})
    if values.get("members_only") and not row.members_only:
        service.keep_inside(conn, actor, project_id)
    outbox.note(conn, project_id, "PROJECT_UPDATED", [project_id])
    places = values.get("sampling") == UNIFORM and not service.has_places(conn, project_id)
    return Changed(service.read(conn, actor, project_id), _follow(row, values, places=places))


def check_idle(conn: Connection, project_id: int) -> None:
    """Conflict while a migration of the project is being done or undone."""
    running = migration_queries.running(conn, project_id)
    if running is not None:
        raise Conflict(f"Migration {running} of this project's label config is not finished yet.")


def _follow(row: Row[Any], values: Mapping[str, Any], *, places: bool) -> Follow:
    def changed(*names: str) -> bool:
        return any(name in values and values[name] != getattr(row, name) for name in names)

    overlap = changed("maximum_annotations", "overlap_cohort_percentage")
    return Follow(overlap, overlap or changed("skip_queue"), changed("model_version"), places)


def _check_again(conn: Connection, row: Row[Any], text: str, check: Check | None) -> None:
    config = service.checked_config(text)
    lacking = missing(row, config)
    if lacking is None:
        return
    if check is None:
        refuse(results.control_counts(conn, row.id, lacking))
    elif check.config_version != row.config_version:
        raise Conflict(
            "The label config was changed by somebody else meanwhile. Load it again and repeat the change."
        )
    else:
        refuse(results.changed_control_counts(conn, row.id, check.seq, lacking))


def validate(conn: Connection, actor: Actor, project_id: int, text: str) -> dict[str, Any]:
    """`{"config_essential_data_has_changed": bool}` for a config that fits what is there.

    Invalid when it is broken, when annotations use a control that it lacks, or a label that it has no more.
    """
    row = service.get(conn, actor, project_id)
    config = service.checked_config(text)
    lacking = missing(row, config)
    if lacking is not None:
        refuse(results.control_counts(conn, project_id, lacking))
    lost = _lost_labels(service.label_config(row), config)
    if lost:
        _refuse_labels(conn, row, lost)
    before = service.label_config(row)
    changed = (
        dict(before.data_keys).keys() != dict(config.data_keys).keys()
        or _controls(before) != _controls(config)
        or bool(lost)
    )
    return {"config_essential_data_has_changed": changed}


def _labels(config: LabelConfig) -> dict[str, set[str]]:
    # A tree of choices is stored as paths.
    return {
        each.name: {name for label in each.labels for name in (label.stored, " / ".join(label.path))}
        for each in config.controls.values()
        if not each.dynamic
    }


def _lost_labels(before: LabelConfig, after: LabelConfig) -> dict[str, set[str]]:
    new, dynamic = _labels(after), {each.name for each in after.controls.values() if each.dynamic}
    return {
        name: gone
        for name, labels in _labels(before).items()
        if name not in dynamic and (gone := labels - new.get(name, set()))
    }


def _refuse_labels(conn: Connection, row: Row[Any], lost: Mapping[str, set[str]]) -> None:
    made = results.annotation_usage(conn, row.id, row.created_at)
    drafted = results.draft_usage(conn, row.id, row.created_at)
    added = queries.added_labels(conn, row.id)
    for name in sorted(lost):
        lines = []
        for label in sorted(lost[name] - added.get(name, set())):
            uses = [
                f"{count} {noun}{'' if count == 1 else 's'}"
                for usage, noun in ((made, "annotation"), (drafted, "draft"))
                if (count := usage.of_label(name, label))
            ]
            if uses:
                lines.append(f"{label} ({', '.join(uses)})")
        if lines:
            raise Invalid("\n".join([STILL_USED, *lines, f'Please add labels to tag with name="{name}".']))


def summary(conn: Connection, actor: Actor, project_id: int) -> dict[str, Any]:
    """What the project's tasks and annotations hold."""
    row = service.get(conn, actor, project_id)
    columns = queries.data_columns(conn, project_id)
    total = queries.counts(conn, project_id).tasks
    made = results.annotation_usage(conn, project_id, row.created_at)
    drafted = results.draft_usage(conn, project_id, row.created_at)
    return {
        "project": project_id,
        "created_at": iso(row.created_at),
        "all_data_columns": columns,
        "common_data_columns": [name for name, count in columns.items() if count >= total],
        "created_annotations": {"|".join(control): count for control, count in sorted(made.controls.items())},
        "created_labels": {name: dict(labels) for name, labels in sorted(made.labels.items())},
        "created_labels_drafts": {name: dict(labels) for name, labels in sorted(drafted.labels.items())},
    }


def model_versions(conn: Connection, actor: Actor, project_id: int) -> dict[str, int]:
    """Model version → number of predictions."""
    service.get(conn, actor, project_id)
    return {row.model_version or "": row.predictions for row in queries.model_versions(conn, project_id)}


def model_versions_extended(
    conn: Connection, actor: Actor, project_id: int, limit: int | None
) -> dict[str, Any]:
    """`{"static": [{"model_version", "count", "latest"}], "live": null}`, newest first."""
    service.get(conn, actor, project_id)
    return {
        "static": [
            {"model_version": row.model_version or "", "count": row.predictions, "latest": iso(row.latest)}
            for row in queries.model_versions(conn, project_id, limit)
        ],
        "live": None,
    }
