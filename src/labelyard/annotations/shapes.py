"""Rows of annotations and drafts as the API shows them (compatible with Label Studio 1.x, field order included)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from labelyard.annotations.queries import AnyRow
from labelyard.kit.clock import iso
from labelyard.kit.phrases import ago

_NULL = msgspec.Raw(b"null")
Refs = Mapping[int, Mapping[str, Any]]


def raw(text: str | None) -> msgspec.Raw:
    """Stored JSON text to splice into an answer."""
    return _NULL if text is None else msgspec.Raw(text.encode())


def username(refs: Refs, user_id: int | None) -> str:
    """`<first> <last> <email>, <id>`, without the names where there are none; "" for nobody."""
    ref = refs.get(user_id) if user_id is not None else None
    if ref is None:
        return ""
    names = f"{ref['first_name']} {ref['last_name']}".strip()
    return f"{names} {ref['email']}, {user_id}"


def _person(refs: Refs, user_id: int | None) -> dict[str, Any] | None:
    ref = refs.get(user_id) if user_id is not None else None
    if ref is None:
        return None
    return {name: ref[name] for name in ("id", "first_name", "last_name", "avatar", "email", "initials")}


def annotation_dict(row: AnyRow, refs: Refs, now: int, *, people: bool = False) -> dict[str, Any]:
    """An annotation; `people` shows `completed_by` as an object instead of the id, as reading one task does."""
    return {
        "id": row.id,
        "result": raw(row.result),
        "created_username": username(refs, row.completed_by),
        "created_ago": ago(row.created_at, now),
        "completed_by": _person(refs, row.completed_by) if people else row.completed_by,
        "was_cancelled": row.was_cancelled,
        "ground_truth": row.ground_truth,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "draft_created_at": iso(row.draft_created_at),
        "lead_time": row.lead_time,
        "import_id": row.import_id,
        "last_action": row.last_action,
        "bulk_created": row.bulk_created,
        "task": row.task_id,
        "project": row.project_id,
        "updated_by": row.updated_by,
        "parent_prediction": row.parent_prediction,
        "parent_annotation": row.parent_annotation,
        "last_created_by": None,
    }


def exported_dict(row: AnyRow) -> dict[str, Any]:
    """An annotation as the JSON export has it."""
    return {
        "id": row.id,
        "completed_by": row.completed_by,
        "result": raw(row.result),
        "was_cancelled": row.was_cancelled,
        "ground_truth": row.ground_truth,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "draft_created_at": iso(row.draft_created_at),
        "lead_time": row.lead_time,
        "prediction": raw(row.prediction or "{}"),
        "result_count": row.result_count,
        "unique_id": row.unique_id,
        "import_id": row.import_id,
        "last_action": row.last_action,
        "bulk_created": row.bulk_created,
        "task": row.task_id,
        "project": row.project_id,
        "updated_by": row.updated_by,
        "parent_prediction": row.parent_prediction,
        "parent_annotation": row.parent_annotation,
        "last_created_by": None,
    }


def draft_dict(row: AnyRow, refs: Refs, now: int) -> dict[str, Any]:
    ref = refs.get(row.user_id)
    return {
        "id": row.id,
        "user": ref["email"] if ref else "",
        "created_username": username(refs, row.user_id),
        "created_ago": ago(row.created_at, now),
        "result": raw(row.result),
        "lead_time": row.lead_time,
        "was_postponed": row.was_postponed,
        "import_id": None,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "task": row.task_id,
        "annotation": row.annotation_id,
    }


def etag(row: AnyRow) -> str:
    """The state of an annotation, for `If-Match`."""
    return f'"{row.version}"'


def matches(if_match: str, row: AnyRow) -> bool:
    """Whether an `If-Match` header names this state: the ETag, or the `updated_at` that lists show, or `*`."""
    names = {each.strip().removeprefix("W/").strip('"') for each in if_match.split(",")}
    return bool(names & {"*", str(row.version), str(iso(row.updated_at))})
