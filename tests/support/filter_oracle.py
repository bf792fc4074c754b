"""What a filter of the data manager means, said once more in plain Python over tasks as the API shows them."""

import json
import re
from datetime import datetime
from typing import Any

Task = dict[str, Any]


def passes(filters: dict[str, Any] | None, task: Task) -> bool:
    if not filters or not filters.get("items"):
        return True
    found = [_item(item, task) for item in filters["items"]]
    known = [each for each in found if each is not None]
    if not known:
        return True
    return all(known) if filters["conjunction"] == "and" else any(known)


def _item(item: dict[str, Any], task: Task) -> bool | None:
    """None: no effect."""
    own = _test(item, task)
    child = item.get("child_filter")
    inner = None if child is None else _item(child, task)
    known = [each for each in (own, inner) if each is not None]
    return all(known) if known else None


OPPOSITE = {
    "not_equal": "equal",
    "not_in": "in",
    "not_in_list": "in_list",
    "not_contains": "contains",
    "exists": "not_exists",
}


def _test(item: dict[str, Any], task: Task) -> bool | None:
    name, operator, value = item["filter"].removeprefix("filter:tasks:"), item["operator"], item.get("value")
    if operator in OPPOSITE:
        found = _test({**item, "operator": OPPOSITE[operator]}, task)
        return None if found is None else not found
    if operator in ("empty", "not_exists"):
        wanted = value in (None, True, "true", "True", 1, "1")
        return _is_empty(name, item["type"], task) == wanted
    if value is None or value == {}:
        return None
    if name in ("annotators", "updated_by", "annotations__completed_by", "annotations_ids"):
        ids = set(_ids(value))
        return bool(ids & set(_people(name, task)))
    if name == "predictions_model_versions":
        names = value if isinstance(value, list) else [value]
        return None if value == "" else any(each["model_version"] in names for each in task["predictions"])
    if name in ("annotations_results", "predictions_results"):
        return _results(name, operator, value, task)
    if name == "data":
        return None if value == "" else any(_fold(value) in _fold(each) for each in scalars(task["data"]))
    return _compared(name, item["type"], operator, value, task)


def _compared(name: str, kind: str, operator: str, value: Any, task: Task) -> bool | None:
    is_text = _kind(name, kind) == "text"
    if value == "" and not (is_text and operator == "equal"):
        return None
    found = value_of(name, kind, task)
    scalar = _scalar(name, kind)
    if operator == "in":
        low, high = (None if value.get(end) in (None, "") else scalar(value[end]) for end in ("min", "max"))
        if low is None and high is None:
            return None
        if found is None:
            return False
        ends: tuple[Any, ...] = (found, low, high)
        found, low, high = (each[:256] if isinstance(each, str) else each for each in ends)
        return (low is None or found >= low) and (high is None or found <= high)
    if found is None:
        return False
    if operator == "in_list":
        return found in [scalar(each) for each in (value if isinstance(value, list) else [value])]
    wanted = scalar(value)
    if operator == "contains":
        inside = scalars(_data(name, task)) if isinstance(_data(name, task), list | dict) else [found]
        return any(_fold(wanted) in _fold(each) for each in inside)
    if operator == "starts_with":
        return _fold(found).startswith(_fold(wanted))
    if operator == "ends_with":
        return _fold(found).endswith(_fold(wanted))
    if operator == "regex":
        return re.search(wanted, found) is not None
    if operator == "equal":
        return bool(found == wanted)
    if isinstance(found, str):
        found, wanted = found[:256], wanted[:256]
    return {
        "less": lambda: found < wanted,
        "less_or_equal": lambda: found <= wanted,
        "greater": lambda: found > wanted,
        "greater_or_equal": lambda: found >= wanted,
    }[operator]()


def _fold(text: str) -> str:
    return text.casefold()


def _ids(value: Any) -> list[int]:
    texts = value if isinstance(value, list) else [value]
    return [int(word) for text in texts for word in re.split(r"[ ,;]+", str(text)) if word]


def _people(name: str, task: Task) -> list[int]:
    if name == "updated_by":
        return [each["user_id"] for each in task["updated_by"]]
    if name == "annotations_ids":
        return [each["id"] for each in task["annotations"]]
    return [each["completed_by"] for each in task["annotations"] if each["completed_by"]]


def _results(name: str, operator: str, value: str, task: Task) -> bool | None:
    if value == "":
        return None
    results = [each["result"] for each in task[name.removesuffix("_results")]]
    if operator == "equal":
        try:
            return json.loads(value) in results
        except ValueError:
            return False
    texts = [json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in results]
    if operator == "regex":
        return any(re.search(value, text) for text in texts)
    return any(_fold(value) in _fold(text) for text in texts)


def _is_empty(name: str, kind: str, task: Task) -> bool:
    if name in ("annotators", "updated_by", "annotations__completed_by", "annotations_ids"):
        return not _people(name, task)
    if name in ("annotations_results", "predictions_results"):
        return not task[name.removesuffix("_results")]
    if name == "predictions_model_versions":
        return not task["predictions"]
    kind = "String"
    found = value_of(name, kind, task)
    if name in ("total_annotations", "cancelled_annotations", "total_predictions", "comment_count"):
        return found == 0
    return found is None or (_kind(name, kind) == "text" and found in ("", "[]", "{}"))


# --- values -------------------------------------------------------------------------------------------------------

_DATES = ("created_at", "updated_at", "completed_at")
_BOOLEANS = ("is_labeled", "draft_exists", "allow_skip")
_TEXTS = ("file_upload", "storage_filename")


def _kind(name: str, kind: str) -> str:
    if name.startswith("data."):
        return {"Number": "number", "Time": "number", "Boolean": "boolean"}.get(kind, "text")
    if name in _BOOLEANS:
        return "boolean"
    return "text" if name in _TEXTS else "number"


def _scalar(name: str, kind: str) -> Any:
    if name in _DATES:
        return _moment
    if _kind(name, kind) == "boolean":
        return lambda value: value is True or str(value).lower() in ("true", "1", "yes")
    return float if _kind(name, kind) == "number" else text


def _moment(value: str) -> float:
    return datetime.fromisoformat(value).timestamp()


def _data(name: str, task: Task) -> Any:
    found = task["data"]
    if not name.startswith("data."):
        return task.get(name)
    name = name.removeprefix("data.")
    if name in found:
        return found[name]
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def value_of(name: str, kind: str, task: Task) -> Any:
    """The value as filters compare it; None for none."""
    found = _data(name, task)
    if found is None:
        return None
    if name in _DATES:
        return _moment(found)
    if not name.startswith("data."):
        return float(found) if _kind(name, kind) == "number" else found
    if _kind(name, kind) == "number":
        return number(found)
    if _kind(name, kind) == "boolean":
        return {"true": True, "false": False}.get(text(found).lower())
    return text(found)


def text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not re.fullmatch(
        r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d{1,2})?", value, re.ASCII
    ):
        return None
    return float(value)


def scalars(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [each for inner in value.values() for each in scalars(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in scalars(inner)]
    return [] if value is None else [text(value)]


def in_order(name: str, kind: str, tasks: list[Task], *, descending: bool) -> list[int]:
    """Ids by a field: none last either way, ties by id in the same direction."""

    def key(task: Task) -> Any:
        found = value_of(name, kind, task)
        return (found[:256] if isinstance(found, str) else found, task["id"])

    present = [task for task in tasks if value_of(name, kind, task) is not None]
    absent = [task for task in tasks if value_of(name, kind, task) is None]
    present.sort(key=key, reverse=descending)
    absent.sort(key=lambda task: task["id"], reverse=descending)
    return [task["id"] for task in (*present, *absent)]
