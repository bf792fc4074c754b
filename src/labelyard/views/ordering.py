"""Orders of task lists. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelyard.kit.errors import Invalid
from labelyard.views.fields import Field, Fields, UnknownField

MAX_KEYS = 5
_ORDERABLE = frozenset({"number", "count", "datetime", "boolean", "text", "users", "ids", "versions", "data"})


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an order. Tasks without a value come last either way; `numeric` orders data by number, not by text."""

    field: Field
    descending: bool = False
    numeric: bool = False


def parse(ordering: Any, fields: Fields, display_types: Any = None) -> tuple[Order, ...]:
    """The keys of `["-tasks:id", "tasks:data.price"]`; `tasks:` may be left out.

    `display_types` is a view's `columnsDisplayType`: a data key that it shows as `Number` is ordered by number.
    Invalid under `ordering`.
    """
    if ordering is None:
        return ()
    if (
        isinstance(ordering, str)
        or not isinstance(ordering, Sequence)
        or not all(isinstance(each, str) for each in ordering)
    ):
        raise Invalid({"ordering": ["Expected a list of names, such as -tasks:id."]})
    names = [each.strip() for each in ordering if each.strip().removeprefix("-")]
    if len(names) > MAX_KEYS:
        raise Invalid({"ordering": [f"At most {MAX_KEYS} keys."]})
    shown = display_types if isinstance(display_types, Mapping) else {}
    return tuple(_order(name, fields, shown) for name in names)


def _order(text: str, fields: Fields, shown: Mapping[str, Any]) -> Order:
    name = text.removeprefix("-").removeprefix("tasks:")
    try:
        field = fields.find(name)
    except UnknownField as error:
        raise Invalid({"ordering": [str(error)]}) from error
    if field.kind not in _ORDERABLE:
        raise Invalid({"ordering": [f"Tasks cannot be ordered by {field.name}."]})
    numeric = "Number" in (shown.get(f"tasks:{name}"), shown.get(name))
    return Order(field, text.startswith("-"), numeric and field.kind == "data")
