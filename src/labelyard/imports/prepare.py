"""Reading and checking everything an import brings, before anything of it is stored."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import msgspec

from labelyard.dedupe.keys import key_of_item
from labelyard.formats.readers.base import UNNAMED_KEY, BadRow, RawItem, ReadError, Source
from labelyard.formats.readers.registry import HEAD_BYTES, InputFormat, extension_of, find
from labelyard.imports.blocks import Blocks
from labelyard.imports.layout import is_one_task
from labelyard.imports.model import SourceFile, Summary
from labelyard.imports.nested import (
    MAX_OVERLAP,
    FieldPredictions,
    NestedProblem,
    People,
    PredictionProblem,
    new_annotation,
    new_prediction,
    result_validator,
)
from labelyard.imports.options import Options
from labelyard.imports.spool import FRAME_BYTES, Sink
from labelyard.imports.verdicts import FAULTS, MAX_ERRORS, BrokenRow, Verdicts
from labelyard.kit.errors import Invalid, TooLarge
from labelyard.label.config import parse
from labelyard.label.results import ResultValidator
from labelyard.label.tasks import CheckedTask, TaskProblem
from labelyard.label.tree import LabelConfig
from labelyard.tasks.service import NewPrediction, NewTask, NewTasks, validator

_FIRST_BATCH = 4  # items that are looked at together; then more, as their size allows
_SMALLEST_BLOCK = 16
_WORTH_A_TRY = 256  # where none of so many items went as a block, the others of the file are not tried

TakeKey = Callable[[bytes], object]
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
Progress = Callable[[int], None]  # rows read so far


class _Enough(Exception):
    """Enough was found wrong: reading on would tell nothing more."""


class Preparer:
    """Checks the items of one import against a label config and hands the tasks on.

    All or nothing, unless `verdicts` let the good rows go on: when `run` raises, the caller forgets the tasks it was
    handed. Problems are gathered, so that one try shows them all. `take_key` gets the dedupe key of each task before
    the task. `start`: rows that an earlier run dealt with. When the sink gets something, `before` rows were dealt with
    before.
    """

    def __init__(
        self,
        label_config: str,
        options: Options,
        people: People,
        sink: Sink,
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
        self.sink = sink
        self.before = 0
        self._max_tasks = max_tasks
        self._start = start
        self._options = options
        self._verdicts = verdicts or Verdicts()
        self._take_key = take_key
        self._key = key_of_item(options.dedupe) if options.dedupe else None
        names = options.preannotated_from_fields
        self._fields = FieldPredictions(names, self._config) if names else None
        self._blocks = Blocks(validator(label_config), self._results, people)
        self._in_blocks = False  # whether it is worth a try in this file
        self._first: list[str] | None = None
        self._bad: list[BadRow] = []

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
        self._first = None
        self._in_blocks = self._key is None and self._fields is None
        source = replace(source, on_bad_row=self._broken)
        for rows, items in self._batches(kind.read(source)):
            self._batch(rows, items, kind, file)
            if self._verdicts.is_full:
                break
            if progress is not None:
                progress(self.summary.rows)
        return self._first

    def _batches(self, items: Iterator[tuple[int, RawItem]]) -> Iterator[tuple[list[int], list[bytes]]]:
        """Row numbers and items, as many as go well together. A fault of the file comes behind what was read before."""
        number, fault = _FIRST_BATCH, None
        while fault is None:
            batch: list[tuple[int, RawItem]] = []
            try:
                batch.extend(islice(items, number))  # what was read before a fault is kept
            except (ReadError, _Enough) as error:
                fault = error
            if not batch and not self._bad:
                break
            texts = [bytes(item) for _, item in batch]
            yield [row for row, _ in batch], texts
            room, size = self.sink.room(), sum(map(len, texts)) // (len(texts) or 1)
            number = max(1, min(room, 4 * number, FRAME_BYTES // (size or 1)))
        if fault is not None:
            raise fault

    def _batch(
        self, rows: Sequence[int], items: Sequence[bytes], kind: InputFormat, file: SourceFile | None
    ) -> None:
        """Deal with items and with the broken rows between them."""
        done = 0
        bad, self._bad = self._bad, []
        for each in bad:
            upto = bisect_left(rows, each.row)
            self._run(rows[done:upto], items[done:upto], kind, file)
            done = upto
            if self._verdicts.is_full:
                return
            index = self._next_row()
            if index >= self._start:
                self._verdicts.judge(BrokenRow(each.column, each.error), index, file, each.row, each.item)
        self._run(rows[done:], items[done:], kind, file)

    def _run(
        self, rows: Sequence[int], items: Sequence[bytes], kind: InputFormat, file: SourceFile | None
    ) -> None:
        """Deal with items, those aside that an earlier run dealt with."""
        known = max(0, min(len(items), self._start - self.summary.rows))
        for item in items[:known]:
            index = self._next_row()
            if self._first is None:
                self._first = self._keys_of(item, index, kind.well_formed)
        rows, items = rows[known:], items[known:]
        if items:
            self._in_blocks = self._go_through(rows, items, kind, file) or (
                self._in_blocks and len(items) < _WORTH_A_TRY
            )

    def _go_through(
        self, rows: Sequence[int], items: Sequence[bytes], kind: InputFormat, file: SourceFile | None
    ) -> bool:
        """Check items as a block, halving it around what is wrong; whether any of them went as a block."""
        if self._in_blocks and len(items) >= _SMALLEST_BLOCK:
            block = self._blocks.block_of(items, well_formed=kind.well_formed)
            if block is not None:
                self._take_block(block, file, sum(map(len, items)))
                return True
            half = len(items) // 2
            if half >= _SMALLEST_BLOCK:
                first = self._go_through(rows[:half], items[:half], kind, file)
                return self._go_through(rows[half:], items[half:], kind, file) or first
        self._one_by_one(rows, items, kind, file)
        return False

    def _take_block(self, block: NewTasks, file: SourceFile | None, size: int) -> None:
        self.before = self.summary.rows
        if self.before + len(block) > self._max_tasks:
            raise self._too_many()
        self.summary.rows += len(block)
        if self._first is None:
            self._first = list(_keys(block.data.bytes_at(0) or b"{}"))
        self.summary.annotations += len(block.annotations.places) if block.annotations else 0
        self.summary.predictions += len(block.predictions.places) if block.predictions else 0
        self.sink.add_block(block, file.number if file else None, size)

    def _one_by_one(
        self, rows: Sequence[int], items: Sequence[bytes], kind: InputFormat, file: SourceFile | None
    ) -> None:
        for row, item in zip(rows, items, strict=True):
            if self._verdicts.is_full:
                return
            index = self._next_row()
            try:
                keys = self._item(item, index, file.number if file else None, kind.well_formed)
            except FAULTS as fault:
                self._verdicts.judge(fault, index, file, row, item)
                keys = []
            if self._first is None:
                self._first = keys

    def _next_row(self) -> int:
        """The index of the row that is dealt with next. TooLarge over the limit."""
        self.before = self.summary.rows
        if self.before >= self._max_tasks:
            raise self._too_many()
        self.summary.rows += 1
        return self.before

    def _too_many(self) -> TooLarge:
        return TooLarge(f"The import has more than {self._max_tasks} tasks, the limit of one request.")

    def _broken(self, bad: BadRow) -> None:
        self._bad.append(bad)
        if len(self._bad) >= MAX_ERRORS and not self._verdicts.is_complete:
            raise _Enough

    # --- one item -------------------------------------------------------------------------------------------------

    def _keys_of(self, item: bytes, index: int, well_formed: bool) -> list[str]:
        try:
            return list(_keys(self._check(item, index, well_formed=well_formed).data))
        except TaskProblem:
            return []

    def _item(self, item: bytes, index: int, number: int | None, well_formed: bool) -> list[str]:
        checked = self._check(item, index, well_formed=well_formed)
        if self._fields is not None:
            checked = CheckedTask(index, checked.data, predictions=tuple(self._fields.of(checked.data)))
        task = new_task(checked, number, self._results, self._people)
        if self._key is not None:
            key = self._key(item, checked.data)
            if self._take_key is not None:
                self._take_key(key)
        self.summary.annotations += len(task.annotations)
        self.summary.predictions += len(task.predictions)
        keys = list(_keys(checked.data))
        self.sink.add(task, keys, len(item))
        return keys


def new_task(checked: CheckedTask, number: int | None, results: ResultValidator, people: People) -> NewTask:
    """The task to make of a checked item of the file with that number. NestedProblem, PredictionProblem,
    UnknownPerson for what is wrong with what is nested in it."""
    task = NewTask(checked.data.decode(), file_upload_id=number)
    if checked.meta is not None:
        task.meta = checked.meta.decode()
    if checked.fields:
        _set_fields(task, checked)
    if checked.annotations:
        task.annotations = [new_annotation(each, results, people) for each in checked.annotations]
    if checked.predictions:
        task.predictions = _predictions(checked, results)
    return task


def _predictions(checked: CheckedTask, results: ResultValidator) -> list[NewPrediction]:
    made, wrong = [], []
    for place, text in enumerate(checked.predictions):
        prediction, faults = new_prediction(text, results)
        wrong += [f"prediction {place}: {fault}" for fault in faults]
        made.append(prediction)
    if wrong:
        raise PredictionProblem(wrong)
    return made


def _set_fields(task: NewTask, checked: CheckedTask) -> None:
    overlap = checked.fields.get("overlap")
    if overlap is not None:
        if not isinstance(overlap, int) or isinstance(overlap, bool) or not 1 <= overlap <= MAX_OVERLAP:
            raise NestedProblem(f"Task[overlap] must be a whole number from 1 to {MAX_OVERLAP}")
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
