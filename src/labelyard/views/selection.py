"""Which tasks a list shows or an action is done to: what was sent, checked and resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labelyard.kit.errors import Invalid
from labelyard.label.config import LabelConfig
from labelyard.views import filters, ordering
from labelyard.views.fields import BUILT_IN, Fields
from labelyard.views.filters import MAX_TEXT, Node, Test
from labelyard.views.ordering import Order
from labelyard.views.schemas import SelectedItems


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was sent: filters, ordering and the like as JSON values, not checked yet."""

    filters: Any = None
    ordering: Any = None
    display_types: Any = None
    selected: SelectedItems | None = None
    search: str | None = None
    annotated_only: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """Tasks of a project: those that pass `node`, of `included` (None: of all), without `excluded`, in `order`."""

    node: Node
    order: tuple[Order, ...] = ()
    included: tuple[int, ...] | None = None
    excluded: tuple[int, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing but tasks and their data decides about it."""
        return all(test.field.settled for test in filters.tests(self.node)) and all(
            key.field.settled for key in self.order
        )

    @property
    def patterns(self) -> tuple[Test, ...]:
        """Tests with a regular expression, which are not for the database."""
        return tuple(dict.fromkeys(test for test in filters.tests(self.node) if test.operator == "regex"))


def fields_of(config: LabelConfig, columns: Mapping[str, int]) -> Fields:
    """The fields of a project with this config, whose tasks have these top-level keys in their data."""
    return Fields(columns.keys(), config.first_data_key)


def choose(wanted: Wanted, fields: Fields) -> Chosen:
    """Check what was sent. Invalid names what is wrong with it."""
    node = filters.parse(wanted.filters, fields)
    parts = [node]
    if wanted.search:
        parts.append(_search(wanted.search))
    if wanted.annotated_only:
        parts.append(Test(BUILT_IN["total_annotations"], "greater", "number", 0.0))
    included, excluded = selected_ids(wanted.selected)
    order = ordering.parse(wanted.ordering, fields, wanted.display_types)
    return Chosen(filters.both(*parts), order, included, excluded)


def selected_ids(selected: SelectedItems | None) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
    """(included, excluded) of a selection: without one all, and `{"all": false, "included": []}` is none."""
    if selected is None:
        return None, ()
    if selected.all:
        return None, _ids(selected.excluded)
    return _ids(selected.included), ()


def _ids(ids: list[int]) -> tuple[int, ...]:
    return tuple(sorted({each for each in ids if 0 < each < 2**63}))


def _search(text: str) -> Test:
    if len(text) > MAX_TEXT or "\x00" in text:
        raise Invalid({"search": [f"At most {MAX_TEXT} characters, none of them NUL."]})
    return Test(BUILT_IN["data"], "contains", "other", text)
