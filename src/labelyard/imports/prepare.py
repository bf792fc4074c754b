"""Reading and checking everything an import brings, before anything of it is stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from labelyard.formats.readers.base import UNNAMED_KEY, RawItem, ReadError, Source
from labelyard.formats.readers.registry import HEAD_BYTES, InputFormat, extension_of, find
from labelyard.imports.nested import (
    FieldPredictions,
    MissingField,
    NestedProblem,
    People,
    UnknownPerson,
    new_annotation,
    new_prediction,
    result_validator,
)
from labelyard.kit.errors import Invalid, TooLarge
from labelyard.label.config import parse
from labelyard.label.tasks import CheckedTask, TaskProblem
from labelyard.label.tree import LabelConfig
from labelyard.tasks.service import NewPrediction, NewTask, validator

MAX_ERRORS = 100
_SHOWN = 200  # characters of an item that an error repeats
_PROGRESS_EVERY = 5_000

# A task that is fine, its top-level data keys, and about how many bytes it has.
Take = Callable[[NewTask, Sequence[str], int], None]
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
Progress = Callable[[int], None]  # rows read so far


class SourceFile(msgspec.Struct):
    """A file of an import. `number` from 1 stands for the upload until that has an id; `key` is its object key."""

    name: str
    path: str
    size: int
    number: int | None = None
    key: str | None = None
    upload_id: int | None = None
    url: str = ""
    as_media: bool = False  # one task that refers to the file, whatever is in it


class Options(msgspec.Struct):
    """What the request asked for."""

    commit_to_project: bool = True
    return_task_ids: bool = False
    preannotated_from_fields: list[str] = []


@dataclass(slots=True)
class Summary:
    """What was read. `data_columns`: data keys that all files share."""

    rows: int = 0
    annotations: int = 0
    predictions: int = 0
    data_columns: list[str] = field(default_factory=list)
    found_formats: dict[str, int] = field(default_factory=dict)
    could_be_tasks_list: bool = False


class Preparer:
    """Checks the items of one import against a label config and hands the tasks on.

    All or nothing: when `run` raises, the caller forgets the tasks it was handed. Problems are gathered (at most
    MAX_ERRORS), so that one try shows them all.
    """

    def __init__(
        self, label_config: str, options: Options, people: People, take: Take, *, max_tasks: int
    ) -> None:
        self.summary = Summary()
        self._config: LabelConfig = parse(label_config)
        self._check = validator(label_config).check
        self._results = result_validator(label_config)
        self._people = people
        self._take = take
        self._max_tasks = max_tasks
        names = options.preannotated_from_fields
        self._fields = FieldPredictions(names, self._config) if names else None
        self._problems: dict[int, str] = {}
        self._missing: list[str] = []
        self._prediction_faults: list[str] = []

    def run(
        self, files: Sequence[SourceFile], body: Path | None = None, progress: Progress | None = None
    ) -> Summary:
        """Read the files, or the JSON `body` of the request. Invalid with every problem, TooLarge over the limit."""
        if body is not None:
            self._read_body(body, progress)
        else:
            self._read_files(files, progress)
        self._raise_problems()
        if not self.summary.rows:
            raise Invalid("load_tasks: No tasks added")
        return self.summary

    # --- reading --------------------------------------------------------------------------------------------------

    def _read_body(self, body: Path, progress: Progress | None) -> None:
        kind = find("body.json")
        try:
            self._items(kind, Source(body, "body.json"), None, progress)
        except ReadError as error:
            raise Invalid(f"load_tasks: the request body cannot be read: {error}") from None

    def _read_files(self, files: Sequence[SourceFile], progress: Progress | None) -> None:
        columns: list[tuple[str, list[str]]] = []
        for file in files:
            kind = self._kind(file)
            extension = extension_of(file.name)
            found = self.summary.found_formats
            found[extension] = found.get(extension, 0) + 1
            self.summary.could_be_tasks_list |= kind.is_list
            source = Source(Path(file.path), file.name, file.url, self._value_key(kind, file))
            try:
                first = self._items(kind, source, file.number, progress)
            except ReadError as error:
                raise Invalid(f"Failed to parse input file {file.name}: {error}") from None
            if first is not None:
                columns.append((file.name, [UNNAMED_KEY] if kind.single_value else first))
        self._raise_problems()  # first, because a wrong item has no keys to compare
        self.summary.data_columns = _shared(columns)

    def _kind(self, file: SourceFile) -> InputFormat:
        if file.as_media:
            return find("file.png")
        try:
            with Path(file.path).open("rb") as opened:
                return find(file.name, opened.read(HEAD_BYTES))
        except ReadError as error:
            raise Invalid(str(error)) from None

    def _value_key(self, kind: InputFormat, file: SourceFile) -> str:
        if kind.single_value and len(self._config.data_keys) > 1:
            raise Invalid(
                f"Failed to parse input file {file.name}: Your label config has more than one data key and direct file "
                "upload supports only one data key. To import data with multiple data keys, use a JSON or CSV file."
            )
        return self._config.first_data_key or UNNAMED_KEY

    def _items(
        self, kind: InputFormat, source: Source, number: int | None, progress: Progress | None
    ) -> list[str] | None:
        """Check the items of one file; the data keys of its first task."""
        first: list[str] | None = None
        for _, item in kind.read(source):
            index = self.summary.rows
            if index >= self._max_tasks:
                raise TooLarge(f"The import has more than {self._max_tasks} tasks, the limit of one request.")
            self.summary.rows += 1
            if len(self._problems) >= MAX_ERRORS:
                break
            keys = self._item(item, index, number, kind.well_formed)
            if first is None:
                first = keys
            if progress is not None and self.summary.rows % _PROGRESS_EVERY == 0:
                progress(self.summary.rows)
        return first

    # --- one item -------------------------------------------------------------------------------------------------

    def _item(self, item: RawItem, index: int, number: int | None, well_formed: bool) -> list[str]:
        try:
            checked = self._check(item, index, well_formed=well_formed)
            if self._fields is not None:
                made = self._fields.of(checked.data, index)
                checked = CheckedTask(index, checked.data, predictions=tuple(made))
            task, keys = self._task(checked, number)
        except TaskProblem as problem:
            self._problems[index] = f"{problem} :: {_shown(item)}"
            return []
        except NestedProblem as problem:
            self._problems[index] = f"Error at item {index}: {problem} :: {_shown(item)}"
            return []
        except UnknownPerson as problem:
            raise Invalid(str(problem)) from None
        except MissingField as problem:
            if len(self._missing) < MAX_ERRORS:
                self._missing.append(str(problem))
            return []
        self._take(task, keys, len(item) if isinstance(item, bytes) else memoryview(item).nbytes)
        return keys

    def _task(self, checked: CheckedTask, number: int | None) -> tuple[NewTask, list[str]]:
        task = NewTask(checked.data.decode(), file_upload_id=number)
        if checked.meta is not None:
            task.meta = checked.meta.decode()
        if checked.fields:
            _set_fields(task, checked)
        if checked.annotations:
            task.annotations = [
                new_annotation(each, self._results, self._people) for each in checked.annotations
            ]
            self.summary.annotations += len(task.annotations)
        if checked.predictions:
            task.predictions = self._predictions(checked)
            self.summary.predictions += len(task.predictions)
        return task, list(_keys(checked.data))

    def _predictions(self, checked: CheckedTask) -> list[NewPrediction]:
        made = []
        for place, text in enumerate(checked.predictions):
            prediction, faults = new_prediction(text, self._results)
            if faults and len(self._prediction_faults) < MAX_ERRORS:
                where = f"Task {checked.index}, prediction {place}"
                self._prediction_faults += [f"{where}: {fault}" for fault in faults]
            made.append(prediction)
        return made

    # --- problems -------------------------------------------------------------------------------------------------

    def _raise_problems(self) -> None:
        if self._problems:
            raise Invalid(_by_item(self._problems))
        if self._missing:
            raise Invalid({"preannotated_fields": self._missing})
        if self._prediction_faults:
            faults = self._prediction_faults[:MAX_ERRORS]
            listed = "".join(f"- {fault}\n" for fault in faults)
            raise Invalid(
                {"predictions": [f"Prediction validation failed ({len(faults)} errors):\n{listed}"]}
            )


def _set_fields(task: NewTask, checked: CheckedTask) -> None:
    overlap = checked.fields.get("overlap")
    if overlap is not None:
        if not isinstance(overlap, int) or isinstance(overlap, bool) or not 1 <= overlap <= 10_000:
            raise NestedProblem("Task[overlap] must be a whole number from 1 to 10000")
        task.overlap = overlap
    allow_skip = checked.fields.get("allow_skip")
    if allow_skip is not None:
        if not isinstance(allow_skip, bool):
            raise NestedProblem("Task[allow_skip] must be true or false")
        task.allow_skip = allow_skip


def _by_item(problems: dict[int, str]) -> list[str | dict[str, str]]:
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


def _shared(columns: Sequence[tuple[str, list[str]]]) -> list[str]:
    """Data keys that all files have, in the order of the first. Invalid when two files have none in common."""
    shared: list[str] = []
    for place, (name, keys) in enumerate(columns):
        if not place:
            shared = keys
            continue
        common = [key for key in shared if key in keys]
        if not common:
            raise Invalid(
                f'You\'re trying to import inconsistent data: the file "{name}" with data key(s) "{",".join(keys)}" '
                f'clashes with data key(s) found from other files: "{",".join(shared)}"'
            )
        shared = common
    return shared
