"""Filters of the data manager as a typed tree. Pure: JSON in, tree out; `queries` makes SQL of it.

Every test is true or false for every task: `not_…` is the exact opposite of its positive form, so a task without a
value passes `not_equal`.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from labelyard.kit.clock import now_us
from labelyard.kit.errors import Invalid
from labelyard.kit.patterns import PatternError, check_pattern
from labelyard.views.fields import Field, Fields, UnknownField

PREFIX = "filter:tasks:"
MAX_ITEMS, MAX_CHILDREN, MAX_TEXT, MAX_LIST = 100, 10, 10_000, 10_000
_LEAST, _MOST = -(2**63), 2**63 - 1
_MINUTE = 60_000_000  # microseconds
# Times that move with the clock: now, now-30m, now-12h, now-7d, now-4w.
_RELATIVE = re.compile(r"now(?:-([0-9]{1,5})([mhdw]))?", re.ASCII)
_UNITS = {"m": _MINUTE, "h": 60 * _MINUTE, "d": 24 * 60 * _MINUTE, "w": 7 * 24 * 60 * _MINUTE}

Operator = Literal[
    "equal", "less", "less_or_equal", "greater", "greater_or_equal", "between", "one_of", "contains",
    "starts_with", "ends_with", "regex", "empty",
]  # fmt: skip
# What the values of a test are: text | number (datetimes are numbers too: microseconds) | boolean | other.
Compared = Literal["text", "number", "boolean", "other"]

# Operator as it is sent → the positive form, and whether the test is its opposite.
OPERATORS: Final[Mapping[str, tuple[Operator, bool]]] = {
    "equal": ("equal", False),
    "not_equal": ("equal", True),
    "less": ("less", False),
    "less_or_equal": ("less_or_equal", False),
    "greater": ("greater", False),
    "greater_or_equal": ("greater_or_equal", False),
    "in": ("between", False),
    "not_in": ("between", True),
    "in_list": ("one_of", False),
    "not_in_list": ("one_of", True),
    "contains": ("contains", False),
    "not_contains": ("contains", True),
    "starts_with": ("starts_with", False),
    "ends_with": ("ends_with", False),
    "regex": ("regex", False),
    "empty": ("empty", False),
    "not_exists": ("empty", False),
    "exists": ("empty", True),
}
_ORDERED = ("less", "less_or_equal", "greater", "greater_or_equal", "between")
_IN_TEXT = ("contains", "starts_with", "ends_with", "regex")
_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("equal", "one_of", "empty", *_ORDERED),
    "text": ("equal", "one_of", "empty", *_ORDERED, *_IN_TEXT),
    "boolean": ("equal", "empty"),
    "users": ("equal", "one_of", "contains", "empty"),
    "ids": ("equal", "one_of", "contains", "empty"),
    "versions": ("equal", "one_of", "contains", "empty"),
    "results": ("equal", "contains", "regex", "empty"),
    "everything": ("contains",),
}


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends included; None is open."""

    low: Any = None
    high: Any = None


@dataclass(frozen=True, slots=True)
class Test:
    """One condition on a field: `value` is a text, number, boolean, Range or tuple, as operator and field have it."""

    field: Field
    operator: Operator
    compared: Compared
    value: Any = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Tests and groups of which all or any have to hold. `all` of none holds, `any` of none does too."""

    conjunction: Literal["and", "or"] = "and"
    parts: "tuple[Node, ...]" = ()


Node = Test | Group
EVERYTHING: Final = Group()


def tests(node: Node) -> Iterator[Test]:
    """All tests in a tree."""
    if isinstance(node, Test):
        yield node
    else:
        for part in node.parts:
            yield from tests(part)


def both(*nodes: Node) -> Node:
    """The tree that holds where all of these do."""
    parts = tuple(each for each in nodes if each != EVERYTHING)
    return parts[0] if len(parts) == 1 else Group("and", parts)


# --- reading ------------------------------------------------------------------------------------------------------


class _Fault(Exception):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def parse(filters: Any, fields: Fields) -> Node:
    """The tree of `{"conjunction": "and" | "or", "items": [...]}`; None has no effect.

    Invalid names the item and the field at fault under `filter_group`, as Label Studio does.
    """
    if filters is None or filters == {}:
        return EVERYTHING
    if not isinstance(filters, Mapping):
        raise Invalid({"filter_group": ["Expected an object with conjunction and items."]})
    conjunction = filters.get("conjunction", "and")
    if conjunction not in ("and", "or"):
        raise Invalid({"filter_group": {"conjunction": ['Must be "and" or "or".']}})
    items = filters.get("items") or []
    if not isinstance(items, Sequence) or isinstance(items, str) or len(items) > MAX_ITEMS:
        raise Invalid({"filter_group": {"filters": [f"Expected a list of at most {MAX_ITEMS} filters."]}})
    parts, faults = [], []
    for item in items:
        found, fault = _item(item, fields)
        faults.append(fault)
        if found is not None:
            parts.append(found)
    if any(faults):
        raise Invalid({"filter_group": {"filters": faults}})
    return parts[0] if len(parts) == 1 else Group(conjunction, tuple(parts)) if parts else EVERYTHING


def _item(item: Any, fields: Fields, depth: int = 0) -> tuple[Node | None, dict[str, Any]]:
    """The node of an item with its child (None: no effect), and what is wrong with it."""
    if not isinstance(item, Mapping):
        return None, {"non_field_errors": ["A filter is an object with filter, type, operator and value."]}
    if depth > MAX_CHILDREN:
        return None, {"child_filter": [f"Nested deeper than {MAX_CHILDREN} levels."]}
    faults: dict[str, Any] = {
        name: ["This field may not be blank."]
        for name in ("filter", "type", "operator")
        if not isinstance(item.get(name), str) or not item[name].strip()
    }
    node: Node | None = None
    if not faults:
        try:
            node = _test(item, fields)
        except _Fault as fault:
            faults[fault.field] = [str(fault)]
    child = item.get("child_filter")
    if child is None:
        return node, faults
    inner, inner_faults = _item(child, fields, depth + 1)
    if inner_faults:
        faults["child_filter"] = inner_faults
    if inner is not None:
        node = inner if node is None else both(node, inner)
    return node, faults


def _test(item: Mapping[str, Any], fields: Fields) -> Test | None:
    name = item["filter"]
    if not name.startswith(PREFIX):
        raise _Fault("column", f'Filter "{name[:200]}" should start with "{PREFIX}"')
    try:
        field = fields.find(name.removeprefix(PREFIX))
    except UnknownField as error:
        raise _Fault("column", str(error)) from error
    known = OPERATORS.get(item["operator"])
    if known is None:
        raise _Fault("operator", f"There is no such operator. Known: {', '.join(OPERATORS)}.")
    operator, negated = known
    # What is empty is so whatever it could have been.
    kind = _kind(field, "string" if operator == "empty" else item["type"])
    if operator not in _ALLOWED[kind]:
        usable = [name for name, (form, _) in OPERATORS.items() if form in _ALLOWED[kind]]
        raise _Fault("operator", f"{field.name} cannot be tested like this. Usable: {', '.join(usable)}.")
    try:
        value = _value(field, kind, operator, item.get("value"))
    except ValueError as error:
        raise _Fault("value", str(error)) from error
    if value is None:
        return None
    if operator == "empty":
        negated = negated != (value is False)
    compared: Compared = kind if kind in ("text", "number", "boolean") else "other"  # type: ignore[assignment]
    return Test(field, operator, compared, value, negated)


def _kind(field: Field, sent: str) -> str:
    """How values are compared: data by the type that the filter says, everything else by what the field is."""
    if field.kind == "data":
        return {"number": "number", "time": "number", "boolean": "boolean"}.get(sent.strip().lower(), "text")
    return "number" if field.kind in ("count", "datetime") else field.kind


# --- values -------------------------------------------------------------------------------------------------------


def _value(field: Field, kind: str, operator: Operator, value: Any) -> Any:
    """The value of a test; None when it has no effect. ValueError says what is wrong with it."""
    if operator == "empty":
        return True if value is None else _boolean(value)
    if value is None or value == {}:
        return None
    if value == "" and not (kind == "text" and operator == "equal"):
        return None
    if kind in ("users", "ids"):
        return _ids(value)
    if kind == "versions":
        return _several(value, _text)
    scalar = _scalar(field, kind)
    if operator == "between":
        return _range(value, scalar)
    if operator == "one_of":
        return _several(value, scalar)
    found = scalar(value)
    if operator == "regex":
        try:
            check_pattern(found)
        except PatternError as error:
            raise ValueError(f"This is no regular expression: {error}.") from error
    return found


def _scalar(field: Field, kind: str) -> Callable[[Any], Any]:
    if field.kind == "datetime":
        return _moment
    return {"number": _number, "boolean": _boolean}.get(kind, _text)


def _several(value: Any, scalar: Callable[[Any], Any]) -> tuple[Any, ...]:
    values = value if isinstance(value, list) else [value]
    if len(values) > MAX_LIST:
        raise ValueError(f"At most {MAX_LIST} values.")
    return tuple(dict.fromkeys(scalar(each) for each in values))


def _range(value: Any, scalar: Callable[[Any], Any]) -> Range | None:
    if not isinstance(value, Mapping):
        raise ValueError('Expected {"min": …, "max": …}.')
    low, high = (None if value.get(name) in (None, "") else scalar(value[name]) for name in ("min", "max"))
    return None if low is None and high is None else Range(low, high)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)[:MAX_TEXT] if math.isfinite(value) and abs(value) < 1e300 else "0"
    if not isinstance(value, str):
        raise ValueError("Expected a text.")
    if len(value) > MAX_TEXT or "\x00" in value:
        raise ValueError(f"A text has at most {MAX_TEXT} characters, none of them NUL.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("The text has half a character (a lone surrogate).") from None
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("Expected a number.")
    try:
        number = float(value[:400] if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        raise ValueError("Expected a number.") from None
    if not math.isfinite(number):
        raise ValueError("Expected a number.")
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word not in ("true", "1", "yes", "false", "0", "no"):
        raise ValueError("Expected true or false.")
    return word in ("true", "1", "yes")


def _ids(value: Any) -> tuple[int, ...]:
    """Ids as a number, a list, or texts with spaces, commas or semicolons between them."""
    found: list[int] = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, int) and not isinstance(each, bool):
            found.append(each)
        elif isinstance(each, str) and len(each) <= MAX_TEXT * 10:
            words = each.replace(",", " ").replace(";", " ").split()
            if not all(word.isascii() and word.isdigit() and len(word) < 20 for word in words):
                raise ValueError("Expected ids, such as 1,2.")
            found += map(int, words)
        else:
            raise ValueError("Expected ids, such as 1,2.")
    if len(found) > MAX_LIST or not all(_LEAST <= each <= _MOST for each in found):
        raise ValueError(f"Expected at most {MAX_LIST} ids of 64 bits.")
    return tuple(dict.fromkeys(found))


def _moment(value: Any) -> int:
    """Microseconds since the epoch of a time in ISO 8601 (without a zone it is UTC), or of one such as `now-7d`."""
    relative = _RELATIVE.fullmatch(value.strip()) if isinstance(value, str) else None
    if relative is not None:
        # To the minute, so that a list asked for again is the same list.
        minute = now_us() // _MINUTE * _MINUTE
        return minute - int(relative[1] or 0) * _UNITS[relative[2] or "m"]
    try:
        moment = datetime.fromisoformat(value.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, AttributeError, OverflowError):
        raise ValueError("Expected a time, such as 2026-11-22T03:58:35.824760Z or now-7d.") from None
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
