"""What tasks can be filtered and ordered by: a fixed table, and the keys of their data. Pure.

Names are those of Label Studio 1.x (`filter:tasks:<name>`, `tasks:<name>`). A name that is not here reaches nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from labelyard.indexes.values import DataKey
from labelyard.tasks.shapes import UNDEFINED

# How the values of a field are compared.
Kind = Literal[
    "number", "count", "datetime", "boolean", "text", "users", "ids", "versions", "results", "data", "everything"
]  # fmt: skip

NOT_ALLOWED = (
    '"__" is not generally allowed in filters. Consider asking your administrator to add "{}" to '
    "DATA_MANAGER_FILTER_ALLOWLIST, but note that some filter expressions may pose a security risk"
)
MAX_NAME = 500  # characters
MAX_DEPTH = 20  # keys of a path into data


class UnknownField(ValueError):
    """A name that is no field; the text says so to whoever sent it."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its name. `settled`: its value changes only when data do; `key` where it is one of data."""

    name: str
    kind: Kind
    settled: bool = False
    key: DataKey | None = None


def _table(kind: Kind, *names: str, settled: bool = False) -> dict[str, Field]:
    return {name: Field(name, kind, settled) for name in names}


BUILT_IN: Final[Mapping[str, Field]] = {
    **_table("number", "id", "inner_id", settled=True),
    **_table("number", "overlap", "predictions_score", "avg_lead_time", "updated_by__active_organization"),
    **_table("count", "total_annotations", "cancelled_annotations", "total_predictions"),
    **_table("count", "comment_count", "unresolved_comment_count", settled=True),
    **_table("datetime", "created_at", settled=True),
    **_table("datetime", "updated_at", "completed_at"),
    **_table("boolean", "is_labeled", "draft_exists", "ground_truth", "allow_skip"),
    **_table("text", "file_upload", "storage_filename", settled=True),
    **_table("users", "annotators", "updated_by", "annotations__completed_by"),
    **_table("ids", "annotations_ids"),
    **_table("versions", "predictions_model_versions"),
    **_table("results", "annotations_results", "predictions_results"),
    **_table("everything", "data", settled=True),
}


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a project: `columns` are the top-level keys of its tasks' data, `first_key` the config's first."""

    columns: Collection[str] = ()
    first_key: str | None = None

    def find(self, name: str) -> Field:
        """The field of this name, without any prefix. UnknownField when there is none."""
        if len(name) > MAX_NAME or "\x00" in name:
            raise UnknownField("A name of a field has at most 500 characters, none of them NUL.")
        known = BUILT_IN.get(name)
        if known is not None:
            return known
        if name.startswith("data.") and name != "data.":
            return self._data(name.removeprefix("data."))
        if "__" in name:
            raise UnknownField(NOT_ALLOWED.format(name))
        raise UnknownField(f'There is no field "{name}". Known: {", ".join(BUILT_IN)}, data.<key>.')

    def _data(self, name: str) -> Field:
        is_column = name in self.columns
        if "__" in name and not is_column and name != self.first_key:
            raise UnknownField(NOT_ALLOWED.format(f"data.{name}"))
        if '"' in name:
            raise UnknownField("A data key with a double quote cannot be filtered or ordered by.")
        # A dot may be part of a key, or lead into an object.
        path = (name,) if is_column or name == self.first_key else tuple(name.split("."))
        if not all(path) or len(path) > MAX_DEPTH:
            raise UnknownField(f'"data.{name}" is no path into data.')
        paths = [path]
        if name == self.first_key and UNDEFINED in self.columns:
            paths.append((UNDEFINED,))  # what files without field names hold reads as the first data key
        return Field(f"data.{name}", "data", settled=True, key=DataKey(tuple(paths)))
