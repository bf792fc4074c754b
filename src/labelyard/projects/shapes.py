"""A project's row as the API shows it (compatible with Label Studio 1.x, field order included)."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Row

from labelyard.kit.clock import iso
from labelyard.label.config import LabelConfigError, parse

# Controls that answer for the whole task, so that one answer can be given to many tasks at once.
_WHOLE_TASK = frozenset({"Choices", "Rating", "Taxonomy", "TextArea", "Number", "DateTime"})
_COUNT_FIELDS = {
    "task_number": "tasks",
    "finished_task_number": "finished",
    "total_predictions_number": "predictions",
    "total_annotations_number": "annotations",
    "num_tasks_with_annotations": "annotated",
    "useful_annotation_number": "useful",
    "ground_truth_number": "ground_truth",
    "skipped_annotations_number": "cancelled",
}


class ConfigFacts(msgspec.Struct, frozen=True):
    """What a project's answer says about its config."""

    parsed: msgspec.Raw
    weights: Mapping[str, Any]
    has_controls: bool
    bulk: bool


@lru_cache(maxsize=256)
def config_facts(label_config: str) -> ConfigFacts:
    """Derived facts of a config, cached by its text. A stored config that newer rules refuse has none."""
    try:
        config = parse(label_config)
    except LabelConfigError:
        return ConfigFacts(msgspec.Raw(b"{}"), {}, False, False)
    controls = config.controls.values()
    bulk = bool(controls) and all(each.tag in _WHOLE_TASK and not each.per_region for each in controls)
    return ConfigFacts(
        msgspec.Raw(msgspec.json.encode(config.parsed())),
        config.control_weights(),
        bool(config.controls),
        bulk,
    )


def _weights(stored: str, facts: ConfigFacts) -> dict[str, Any]:
    own = msgspec.json.decode(stored) if stored not in {"", "{}"} else {}
    return {**facts.weights, **{name: value for name, value in own.items() if name in facts.weights}}


def _state(counts: Row[Any] | None) -> str:
    if counts is None or not (counts.annotations or counts.cancelled):
        return "CREATED"
    return "COMPLETED" if counts.tasks and counts.finished >= counts.tasks else "IN_PROGRESS"


def count_fields(counts: Row[Any] | None) -> dict[str, int | None]:
    """The counters under their API names; all null without a row."""
    if counts is None:
        return dict.fromkeys(_COUNT_FIELDS)
    values = {**counts._mapping, "useful": max(0, counts.annotations - counts.ground_truth)}
    return {field: values[name] for field, name in _COUNT_FIELDS.items()}


def project_counts_dict(counts: Row[Any], include: Collection[str] | None = None) -> dict[str, Any]:
    """`{id, task_number, …}`: an item of `GET /api/projects/counts`."""
    return _only({"id": counts.project_id, **count_fields(counts)}, include)


def project_dict(
    row: Row[Any],
    counts: Row[Any] | None,
    users: Mapping[int, Mapping[str, Any]],
    include: Collection[str] | None = None,
) -> dict[str, Any]:
    """The project object. Without `counts` its counters are null (the answer to a creation)."""
    facts = config_facts(row.label_config)
    number = count_fields(counts)
    creator = users.get(row.created_by)
    return _only(
        {
            "id": row.id,
            "title": row.title,
            "description": row.description,
            "label_config": row.label_config,
            "expert_instruction": row.expert_instruction,
            "show_instruction": row.show_instruction,
            "show_skip_button": row.show_skip_button,
            "enable_empty_annotation": row.enable_empty_annotation,
            "show_annotation_history": row.show_annotation_history,
            "organization": row.organization_id,
            "color": row.color,
            "maximum_annotations": row.maximum_annotations,
            "is_published": row.is_published,
            "model_version": row.model_version,
            "is_draft": row.is_draft,
            "created_by": creator
            and {name: creator.get(name) for name in ("id", "first_name", "last_name", "email", "avatar")},
            "created_at": iso(row.created_at),
            "min_annotations_to_start_training": row.min_annotations_to_start_training,
            "start_training_on_annotation_update": row.start_training_on_annotation_update,
            "show_collab_predictions": row.show_collab_predictions,
            "num_tasks_with_annotations": number["num_tasks_with_annotations"],
            "task_number": number["task_number"],
            "useful_annotation_number": number["useful_annotation_number"],
            "ground_truth_number": number["ground_truth_number"],
            "skipped_annotations_number": number["skipped_annotations_number"],
            "total_annotations_number": number["total_annotations_number"],
            "total_predictions_number": number["total_predictions_number"],
            "sampling": row.sampling,
            "show_ground_truth_first": row.show_ground_truth_first,
            "annotator_evaluation_enabled": row.annotator_evaluation_enabled,
            "show_overlap_first": row.show_overlap_first,
            "overlap_cohort_percentage": row.overlap_cohort_percentage,
            "task_data_login": row.task_data_login,
            "task_data_password": row.task_data_password,
            "control_weights": _weights(row.control_weights, facts),
            "parsed_label_config": facts.parsed,
            "evaluate_predictions_automatically": row.evaluate_predictions_automatically,
            "config_has_control_tags": facts.has_controls,
            "skip_queue": row.skip_queue,
            "reveal_preannotations_interactively": row.reveal_preannotations_interactively,
            "pinned_at": iso(row.pinned_at),
            "members_only": row.members_only,
            "finished_task_number": number["finished_task_number"],
            "queue_total": number["task_number"],
            "queue_done": number["finished_task_number"],
            "config_suitable_for_bulk_annotation": facts.bulk,
            "state": _state(counts),
        },
        include,
    )


def _only(fields: dict[str, Any], include: Collection[str] | None) -> dict[str, Any]:
    return fields if include is None else {name: value for name, value in fields.items() if name in include}
