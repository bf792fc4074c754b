"""Checked tasks, gathered to frames, and frames on disk that a job inserts one by one.

A frame has as many tasks as a transaction should insert: FRAME_TASKS, fewer where much is nested in them or they are
large. In the file it is eight bytes of length and msgpack. The offset of the next frame is all that a job has to remember.
"""

from collections.abc import Iterable, Iterator, Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from labelyard.tasks.service import NewTask, NewTasks

FRAME_TASKS = 4_000  # who submits an annotation meanwhile waits for one frame
FRAME_ROWS = 12_000  # of all tables
FRAME_BYTES = 8 * 1024 * 1024
_NESTED_ROWS = 3  # what a task has with it, as long as nobody knows: an annotation, its event, a prediction
_LENGTH = 8
_encode = msgspec.msgpack.Encoder().encode


class Part(msgspec.Struct, array_like=True):
    """A run of tasks: one by one, or as a block of the file with this number.

    `columns`: how many of the tasks that come one by one have each data key.
    """

    columns: dict[str, int]
    tasks: list[NewTask]
    block: NewTasks | None = None
    number: int | None = None

    def __len__(self) -> int:
        return len(self.tasks) if self.block is None else len(self.block)


class Frame(msgspec.Struct, array_like=True):
    parts: list[Part]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    @property
    def tasks(self) -> list[NewTask]:
        """The tasks of a frame without blocks."""
        return [task for part in self.parts for task in part.tasks]


class Sink(Protocol):
    """Takes checked tasks in their order."""

    def add(self, task: NewTask, columns: Iterable[str], size: int) -> None:
        """Take a task of about `size` bytes with the top-level data keys `columns`."""

    def add_block(self, block: NewTasks, number: int | None, size: int) -> None:
        """Take a block of tasks of about `size` bytes, of the file with this number."""

    def room(self) -> int:
        """How many tasks a block should have."""
        ...


class Nowhere:
    """Forgets checked tasks."""

    def add(self, task: NewTask, columns: Iterable[str], size: int) -> None:
        pass

    def add_block(self, block: NewTasks, number: int | None, size: int) -> None:
        pass

    def room(self) -> int:
        return FRAME_TASKS


class Gathering:
    """Gathers tasks to one frame, as large as it may become."""

    def __init__(self) -> None:
        self._rows_per_task = 1.0 + _NESTED_ROWS
        self._empty()

    def _empty(self) -> None:
        self._parts: list[Part] = []
        self._tasks = self._rows = self._bytes = 0

    def __len__(self) -> int:
        return self._tasks

    def add(self, task: NewTask, columns: Iterable[str], size: int) -> None:
        if not self._parts or self._parts[-1].block is not None:
            self._parts.append(Part({}, []))
        part = self._parts[-1]
        part.tasks.append(task)
        counts = part.columns
        for key in columns:
            counts[key] = counts.get(key, 0) + 1
        self._count(1, rows_of(task.annotations, task.predictions), size)

    def add_block(self, block: NewTasks, number: int | None, size: int) -> None:
        self._parts.append(Part({}, [], block, number))
        rows = rows_of(
            block.annotations.places if block.annotations else (),
            block.predictions.places if block.predictions else (),
        )
        self._count(len(block), rows, size)

    def _count(self, tasks: int, nested: int, size: int) -> None:
        self._tasks += tasks
        self._rows += tasks + nested
        self._bytes += size
        self._rows_per_task = self._rows / self._tasks

    def room(self) -> int:
        return max(1, min(FRAME_TASKS, int(FRAME_ROWS / self._rows_per_task)))

    def is_full(self, tasks: int, size: int, most: int | None = None) -> bool:
        """Whether so many more tasks (with `size` bytes) belong into the next frame; `most` tasks in this one."""
        if not self._tasks:
            return False
        rows = self._rows + tasks * self._rows_per_task
        wanted = self._tasks + tasks
        return wanted > (most or FRAME_TASKS) or rows > FRAME_ROWS or self._bytes + size > FRAME_BYTES

    def take(self) -> Frame:
        """What was gathered; the next one begins."""
        frame = Frame(self._parts)
        self._empty()
        return frame


def rows_of(annotations: Sequence[object], predictions: Sequence[object]) -> int:
    """How many rows are written for what is nested in tasks: an annotation has an event."""
    return 2 * len(annotations) + len(predictions)


class FrameWriter:
    """Writes the tasks to a file, frame by frame; use it as a context."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("wb")
        self._gathering = Gathering()
        self.room = self._gathering.room

    def __enter__(self) -> "FrameWriter":
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._flush()
        self._file.close()

    def add(self, task: NewTask, columns: Iterable[str], size: int) -> None:
        if self._gathering.is_full(1, size):
            self._flush()
        self._gathering.add(task, columns, size)

    def add_block(self, block: NewTasks, number: int | None, size: int) -> None:
        if self._gathering.is_full(len(block), size):
            self._flush()
        self._gathering.add_block(block, number, size)

    def _flush(self) -> None:
        if len(self._gathering):
            text = _encode(self._gathering.take())
            self._file.write(len(text).to_bytes(_LENGTH, "little"))
            self._file.write(text)


def read_frames(path: Path, offset: int) -> Iterator[tuple[Frame, int]]:
    """(frame, offset of the next frame) from the frame at `offset` on."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return
        # Texts stay in the mapped file, which goes with the last of them.
        view = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    while offset < len(view):
        begin = offset + _LENGTH
        offset = begin + int.from_bytes(view[offset:begin], "little")
        yield _decode(view[begin:offset]), offset


_decode = msgspec.msgpack.Decoder(Frame).decode
