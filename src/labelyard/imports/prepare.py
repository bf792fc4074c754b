"""Reading and checking everything an import brings, before anything of it is stored."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec

from labelyard.dedupe.keys import key_of_item
from labelyard.formats.readers.base import UNNAMED_KEY, BadRow, RawItem, ReadError, Source
from labelyard.formats.readers.registry import HEAD_BYTES, InputFormat, extension_of, find
from labelyard.imports.layout import is_one_task
from labelyard.imports.model import SourceFile, Summary
from labelyard.imports.nested import (
    FieldPredictions,
    NestedProblem,
    People,
    PredictionProblem,
    new_annotation,
    new_prediction,
    result_validator,
)
from labelyard.imports.options import Options
from labelyard.imports.verdicts import FAULTS, BrokenRow, Verdicts
from labelyard.kit.errors import Invalid, TooLarge
from labelyard.label.config import parse
from labelyard.label.tasks import CheckedTask, TaskProblem
from labelyard.label.tree import LabelConfig
from labelyard.tasks.service import NewPrediction, NewTask, validator

_PROGRESS_EVERY = 5_000

# A task that is fine, its top-level data keys, and about how many bytes it has.
Take = Callable[[NewTask, Sequence[str], int], None]
TakeKey = Callable[[bytes], object]
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
Progress = Callable[[int], None]  # rows read so far


class _Enough(Exception):
    """Enough was found wrong: reading on would tell nothing more."""


class Preparer:
    """Checks the items of one import against a label config and hands the tasks on.

    All or nothing, unless `verdicts` let the good rows go on: when `run` raises, the caller forgets the tasks it was
    handed. Problems are gathered, so that one try shows them all. `take_key` gets the dedupe key of each task before
    the task. `start`: rows that an earlier run dealt with.
    """

    def __init__(
        self,
        label_config: str,
        options: Options,
        people: People,
        take: Take,
        *,
        max_tasks: int,
        verdicts: Verdicts | None = None,
        take_key: TakeKey | None = None,
        start: int = 0,
    ) -> None:
        self.summary = Summary()
        self._config: LabelConfig = parse(label_config)
        self._check = validator(label_config).check
        self._results = result_validator(label_config)
        self._people = people
        self.take = take
        self._max_tasks = max_tasks
        self._start = start
        self._options = options
        self._verdicts = verdicts or Verdicts()
        self._take_key = take_key
        self._key = key_of_item(options.dedupe) if options.dedupe else None
        names = options.preannotated_from_fields
        self._fields = FieldPredictions(names, self._config) if names else None

    def run(
        self, files: Sequence[SourceFile], body: Path | None = None, progress: Progress | None = None
    ) -> Summary:
        """Read the files, or the JSON `body` of the request. Invalid with every problem, TooLarge over the limit."""
        if body is not None:
            self._read_body(body, progress)
        else:
            self._read_files(files, progress)
        self._verdicts.raise_if_any()
        if not self.summary.rows:
            self._verdicts.raise_nothing_read()
        self.summary.rejected, self.summary.row_errors = self._verdicts.rejected, self._verdicts.rows
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
            kind, source = self._opened(file)
            extension = extension_of(file.name)
            found = self.summary.found_formats
            found[extension] = found.get(extension, 0) + 1
            self.summary.could_be_tasks_list |= kind.is_list
            if is_one_task(self._config, self._options, kind, source):
                kind, self.summary.files_as_tasks_list = find("file.png"), False
            source = replace(source, value_key=self._value_key(kind, file))
            try:
                first = self._items(kind, source, file, progress)
            except ReadError as error:
                self._verdicts.unreadable(file, str(error))
                continue
            except _Enough:
                break
            if first is not None:
                columns.append((file.name, [UNNAMED_KEY] if kind.single_value else first))
        self._verdicts.raise_if_any()  # first, because a wrong item has no keys to compare
        self.summary.data_columns = _shared(columns, strict=not self._options.skips)

    def _opened(self, file: SourceFile) -> tuple[InputFormat, Source]:
        source = Source(
            Path(file.path), file.name, file.url, options=self._options.read_of(file.name, file.upload)
        )
        if file.as_media:
            return find("file.png"), source
        try:
            with source.path.open("rb") as opened:
                return find(file.name, opened.read(HEAD_BYTES), source.options), source
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
        self, kind: InputFormat, source: Source, file: SourceFile | None, progress: Progress | None
    ) -> list[str] | None:
        """Check the items of one file; the data keys of its first task."""
        first: list[str] | None = None
        number = file.number if file else None
        source = replace(source, on_bad_row=partial(self._broken, file))
        for row, item in kind.read(source):
            if self._verdicts.is_full:
                break
            index = self._next_row()
            if index < self._start:
                first = self._keys_of(item, index, kind.well_formed) if first is None else first
                continue
            try:
                keys = self._item(item, index, number, kind.well_formed)
            except FAULTS as fault:
                self._verdicts.judge(fault, index, file, row, item)
                keys = []
            if first is None:
                first = keys
            if progress is not None and self.summary.rows % _PROGRESS_EVERY == 0:
                progress(self.summary.rows)
        return first

    def _next_row(self) -> int:
        """The index of the row that was just read. TooLarge over the limit."""
        index = self.summary.rows
        if index >= self._max_tasks:
            raise TooLarge(f"The import has more than {self._max_tasks} tasks, the limit of one request.")
        self.summary.rows += 1
        return index

    def _broken(self, file: SourceFile | None, bad: BadRow) -> None:
        if self._verdicts.is_full:
            raise _Enough
        index = self._next_row()
        if index >= self._start:
            self._verdicts.judge(BrokenRow(bad.column, bad.error), index, file, bad.row, bad.item)

    # --- one item -------------------------------------------------------------------------------------------------

    def _keys_of(self, item: RawItem, index: int, well_formed: bool) -> list[str]:
        try:
            return list(_keys(self._check(item, index, well_formed=well_formed).data))
        except TaskProblem:
            return []

    def _item(self, item: RawItem, index: int, number: int | None, well_formed: bool) -> list[str]:
        checked = self._check(item, index, well_formed=well_formed)
        if self._fields is not None:
            checked = CheckedTask(index, checked.data, predictions=tuple(self._fields.of(checked.data)))
        task = self._task(checked, number)
        if self._key is not None:
            key = self._key(bytes(item), checked.data)
            if self._take_key is not None:
                self._take_key(key)
        self.summary.annotations += len(task.annotations)
        self.summary.predictions += len(task.predictions)
        keys = list(_keys(checked.data))
        self.take(task, keys, len(item) if isinstance(item, bytes) else memoryview(item).nbytes)
        return keys

    def _task(self, checked: CheckedTask, number: int | None) -> NewTask:
        task = NewTask(checked.data.decode(), file_upload_id=number)
        if checked.meta is not None:
            task.meta = checked.meta.decode()
        if checked.fields:
            _set_fields(task, checked)
        if checked.annotations:
            task.annotations = [
                new_annotation(each, self._results, self._people) for each in checked.annotations
            ]
        if checked.predictions:
            task.predictions = self._predictions(checked)
        return task

    def _predictions(self, checked: CheckedTask) -> list[NewPrediction]:
        made, wrong = [], []
        for place, text in enumerate(checked.predictions):
            prediction, faults = new_prediction(text, self._results)
            wrong += [f"prediction {place}: {fault}" for fault in faults]
            made.append(prediction)
        if wrong:
            raise PredictionProblem(wrong)
        return made


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


def _shared(columns: Sequence[tuple[str, list[str]]], *, strict: bool) -> list[str]:
    """Data keys that all files have, in the order of the first. `strict`: Invalid when two files have none in common."""
    shared: list[str] = []
    for place, (name, keys) in enumerate(columns):
        if not place:
            shared = keys
            continue
        common = [key for key in shared if key in keys]
        if not common and strict:
            raise Invalid(
                f'You\'re trying to import inconsistent data: the file "{name}" with data key(s) "{",".join(keys)}" '
                f'clashes with data key(s) found from other files: "{",".join(shared)}"'
            )
        shared = common
    return shared
