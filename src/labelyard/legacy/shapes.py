"""Projects, tasks, completions and predictions as Label Studio 0.x shows them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from labelyard import sampling
from labelyard.kit.clock import SECOND, parse_iso
from labelyard.label.config import LabelConfigError, parse
from labelyard.legacy import storages
from labelyard.settings import Settings

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


# --- completions --------------------------------------------------------------------------------------------------


def completion(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """An annotation (as its slice shows it) as a completion: `created_at` is whole seconds since the epoch."""
    result = annotation["result"]
    empty = isinstance(result, msgspec.Raw) and bytes(result) == b"null"
    shown = {
        "id": annotation["id"],
        "created_at": parse_iso(annotation["created_at"]) // SECOND,
        "result": [] if empty or result is None else result,
    }
    if annotation["lead_time"] is not None:
        shown["lead_time"] = annotation["lead_time"]
    for name in ("was_cancelled", "ground_truth"):
        if annotation[name]:
            shown[name] = True
    return shown


def prediction(given: Mapping[str, Any]) -> dict[str, Any]:
    """A prediction (as its slice shows it), without what 0.x does not know."""
    shown = {"id": given["id"], "result": given["result"], "model_version": given["model_version"]}
    if given["score"] is not None:
        shown["score"] = given["score"]
    return shown


# --- tasks --------------------------------------------------------------------------------------------------------


def task(
    short: Mapping[str, Any],
    annotations: Sequence[Mapping[str, Any]],
    predictions: Sequence[Mapping[str, Any]],
    *,
    listed: bool = False,
) -> dict[str, Any]:
    """A task (its short shape, and what was made on it). `listed` adds what lists say of its completions."""
    shown: dict[str, Any] = {"id": short["id"], "data": short["data"]}
    if bytes(short["meta"]) != b"{}":
        shown["meta"] = short["meta"]
    if annotations:
        shown["completions"] = [completion(each) for each in annotations]
    if annotations or predictions:
        shown["predictions"] = [prediction(each) for each in predictions]
    if annotations and listed:
        latest = max(each["created_at"] for each in shown["completions"])
        shown["completed_at"] = datetime.fromtimestamp(latest, UTC).strftime("%Y-%m-%d %H:%M:%S")
        shown["has_cancelled_completions"] = sum(bool(each["was_cancelled"]) for each in annotations)
    return shown


def only(shown: Mapping[str, Any], fields: Iterable[str] | None) -> dict[str, Any]:
    """The keys that were asked for, as far as the task has them; None for all."""
    return dict(shown) if fields is None else {name: shown[name] for name in fields if name in shown}


# --- projects -----------------------------------------------------------------------------------------------------


def one_line(label_config: str) -> str:
    """A label config on one line, without comments."""
    return " ".join(_COMMENT.sub("", label_config).split())


def data_types(label_config: str) -> dict[str, str]:
    """Data key → the tag that reads it."""
    try:
        return {key.name: key.tag for key in parse(label_config).data_keys.values()}
    except LabelConfigError:
        return {}


def project(
    row: Row[Any],
    counts: Row[Any],
    completed: int,
    uuid: str,
    source: Row[Any] | None,
    target: Row[Any] | None,
    backends: Sequence[Mapping[str, str]],
    settings: Settings,
) -> dict[str, Any]:
    """A project with the keys of `GET /api/project`. `completed`: tasks with a completion, skipped ones included."""
    return {
        "project_name": row.title,
        "id": row.id,
        "uuid": uuid,
        "task_count": counts.tasks,
        "completion_count": completed,
        "config": config(row, source, target, backends, settings),
        "instruction": row.expert_instruction,
        "can_manage_tasks": True,
        "can_manage_completions": True,
        "can_delete_tasks": True,
        "source_storage": {"readable_path": storages.readable_path(source, "source")},
        "target_storage": {"readable_path": storages.readable_path(target, "target")},
        "available_storages": storages.available(),
        "source_syncing": _is_syncing(source),
        "target_syncing": _is_syncing(target),
        "data_types": data_types(row.label_config),
        "label_config_line": one_line(row.label_config),
        "multi_session_mode": False,
    }


def _is_syncing(storage: Row[Any] | None) -> bool:
    return storage is not None and storage.status in ("queued", "in_progress")


def config(
    row: Row[Any],
    source: Row[Any] | None,
    target: Row[Any] | None,
    backends: Sequence[Mapping[str, str]],
    settings: Settings,
) -> dict[str, Any]:
    """What `config.json` says of a project and of how it is served."""
    return {
        "title": row.title,
        "description": row.description,
        "label_config": "config.xml",
        "instruction": row.expert_instruction,
        "sampling": sampling.word_of(row.sampling),
        "allow_delete_completions": settings.allow_delete_annotations,
        "allow_serving_local_files": settings.allow_serving_local_files,
        "protocol": "https://"
        if settings.public_url.startswith("https:") or settings.cert_file
        else "http://",
        "host": settings.host,
        "port": settings.port,
        # Every project begins with version 1.
        "label_config_updated": row.config_version > 1,
        "ml_backends": backends,
        "source": storages.section(source, "source"),
        "target": storages.section(target, "target"),
    }
