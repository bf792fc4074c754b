"""What is wrong with the items of an import, gathered so that one try shows it all."""

from collections.abc import Callable, Mapping
from typing import Any

from labelyard.dedupe.keys import KeyProblem
from labelyard.formats.readers.base import RawItem
from labelyard.imports.model import MAX_ROW_ERRORS, RowError, SourceFile
from labelyard.imports.nested import MissingField, NestedProblem, PredictionProblem, UnknownPerson
from labelyard.kit.errors import Invalid
from labelyard.label.tasks import TaskProblem

MAX_ERRORS = 100
_SHOWN = 200  # characters of an item that an error repeats


class BrokenRow(ValueError):
    """A row that is no item; `column` is the field at fault where one is."""

    def __init__(self, column: str | None, reason: str) -> None:
        super().__init__(reason)
        self.column = column


FAULTS = (TaskProblem, NestedProblem, UnknownPerson, MissingField, PredictionProblem, KeyProblem)

# A refused row: its file, row number, and what is wrong; and the item as it was read.
OnReject = Callable[[SourceFile | None, RowError, bytes], None]


class Verdicts:
    """The faults of one import.

    With `on_reject` bad rows are handed to it one by one and the good ones go on. Without it nothing may be stored:
    `raise_if_any` tells all that was found, in the words of Label Studio 1.x and row by row. `complete`: look at every
    row, however many are bad.
    """

    def __init__(self, on_reject: OnReject | None = None, *, complete: bool = False) -> None:
        self.rejected = 0
        self.rows: list[RowError] = []
        self._on_reject = on_reject
        self._complete = complete or on_reject is not None
        self._items: dict[int, str] = {}
        self._person: str | None = None
        self._missing: list[str] = []
        self._predictions: list[str] = []
        self._unread: list[str] = []

    @property
    def is_complete(self) -> bool:
        """Whether every row is looked at, however many are bad."""
        return self._complete

    @property
    def is_full(self) -> bool:
        """Whether looking at more rows would tell nothing more."""
        return not self._complete and (self.rejected >= MAX_ERRORS or self._person is not None)

    def judge(self, fault: Exception, index: int, file: SourceFile | None, row: int, item: RawItem) -> None:
        """Take in that the item with this index (row of a file) is bad."""
        self.rejected += 1
        error = RowError(file.name if file else None, row, _column(fault), _reason(fault))
        if len(self.rows) < MAX_ROW_ERRORS:
            self.rows.append(error)
        if self._on_reject is not None:
            self._on_reject(file, error, bytes(item))
        elif len(self._items) < MAX_ERRORS:
            self._gather(fault, index, file.name if file else "", row, item)

    def unreadable(self, file: SourceFile, reason: str) -> None:
        """Take in that a file (or its rest) cannot be read. Invalid unless the other rows go on."""
        message = f"Failed to parse input file {file.name}: {reason}"
        if self._on_reject is None and not self._complete:
            self.raise_if_any()
            raise Invalid(message)
        self._unread.append(message)
        if len(self.rows) < MAX_ROW_ERRORS:
            self.rows.append(RowError(file.name, None, None, reason))

    def raise_if_any(self) -> None:
        """Invalid with everything that forbids the import."""
        if self._on_reject is not None:
            return
        errors = self._errors()
        if errors is not None:
            raise Invalid({**errors, "rows": [_as_json(each) for each in self.rows]})

    def raise_nothing_read(self) -> None:
        """Invalid because there was no row at all."""
        raise Invalid(self._unread or "load_tasks: No tasks added")

    def _errors(self) -> dict[str, Any] | None:
        if self._person is not None:
            return {"non_field_errors": [self._person]}
        if self._unread:
            return {"non_field_errors": self._unread}
        if self._items:
            return {"non_field_errors": by_item(self._items)}
        if self._missing:
            return {"preannotated_fields": self._missing}
        if self._predictions:
            faults = self._predictions[:MAX_ERRORS]
            listed = "".join(f"- {fault}\n" for fault in faults)
            return {"predictions": [f"Prediction validation failed ({len(faults)} errors):\n{listed}"]}
        return None

    def _gather(self, fault: Exception, index: int, name: str, row: int, item: RawItem) -> None:
        where = f" ({name}, row {row})" if name else ""
        match fault:
            case UnknownPerson():
                self._person = self._person or str(fault)
            case BrokenRow():
                self._unread.append(f"Failed to parse input file {name}: line {row}: {fault}")
            case MissingField():
                self._missing.append(f"Task {index}: {fault}")
            case PredictionProblem():
                self._predictions += [f"Task {index}, {each}{where}" for each in fault.faults]
            case TaskProblem():
                self._items[index] = f"{fault} :: {_shown(item)}{where}"
            case _:
                self._items[index] = f"Error at item {index}: {fault} :: {_shown(item)}{where}"


def _column(fault: Exception) -> str | None:
    match fault:
        case TaskProblem():
            return fault.key
        case NestedProblem() | UnknownPerson():
            return "annotations"
        case PredictionProblem():
            return "predictions"
        case MissingField() | KeyProblem() | BrokenRow():
            return fault.column
    return None


def _reason(fault: Exception) -> str:
    return fault.message if isinstance(fault, TaskProblem) else str(fault)


def _as_json(error: RowError) -> Mapping[str, Any]:
    return {"file": error.file, "row": error.row, "column": error.column, "error": error.error}


def by_item(problems: Mapping[int, str]) -> list[str | dict[str, str]]:
    """One entry per item up to the last bad one, `{}` for the good ones; items past the first hundred only if bad."""
    near = [index for index in problems if index < MAX_ERRORS]
    listed: list[str | dict[str, str]] = (
        [problems.get(index, {}) for index in range(max(near) + 1)] if near else []
    )
    listed += [text for index, text in problems.items() if index >= MAX_ERRORS]
    return listed


def _shown(item: RawItem) -> str:
    text = bytes(item[: _SHOWN + 1] if isinstance(item, bytes) else memoryview(item)[: _SHOWN + 1])
    cut = text[:_SHOWN].decode(errors="replace")
    return f"{cut}…" if len(text) > _SHOWN else cut
