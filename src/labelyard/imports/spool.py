"""Checked tasks on disk, in frames that a job inserts one by one.

A frame is eight bytes of length and msgpack: how many of its tasks have each data key, and the tasks, at most
FRAME_TASKS of them and, unless one task alone is larger, FRAME_BYTES. The offset of the next frame is all that a job
has to remember.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from labelyard.tasks.service import NewTask

FRAME_TASKS = 10_000
FRAME_BYTES = 8 * 1024 * 1024
# Frames of the latest import up to this size stay in memory too, for the job that as a rule starts at once.
KEPT_BYTES = 64 * 1024 * 1024
_LENGTH = 8
_encode = msgspec.msgpack.Encoder().encode


class Frame(msgspec.Struct, array_like=True):
    columns: dict[str, int]
    tasks: list[NewTask]


_decode = msgspec.msgpack.Decoder(Frame).decode
_latest: dict[Path, list[tuple[Frame, int]]] = {}


class FrameWriter:
    """Collects tasks and writes them as frames; use it as a context."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("wb")
        self._kept: list[tuple[Frame, int]] | None = []
        self._tasks: list[NewTask] = []
        self._columns: Counter[str] = Counter()
        self._bytes = 0

    def __enter__(self) -> "FrameWriter":
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._flush()
            if self._kept is not None:
                _latest.clear()
                _latest[self._path] = self._kept
        self._file.close()

    def add(self, task: NewTask, columns: Iterable[str], size: int) -> None:
        """Add a task of about `size` bytes with the top-level data keys `columns`."""
        if self._tasks and (len(self._tasks) >= FRAME_TASKS or self._bytes + size > FRAME_BYTES):
            self._flush()
        self._tasks.append(task)
        self._columns.update(columns)
        self._bytes += size

    def _flush(self) -> None:
        if self._tasks:
            frame = Frame(self._columns, self._tasks)
            text = _encode(frame)
            self._file.write(len(text).to_bytes(_LENGTH, "little"))
            self._file.write(text)
            if self._kept is not None:
                self._kept.append((frame, self._file.tell()))
                if self._file.tell() > KEPT_BYTES:
                    self._kept = None
            self._tasks, self._columns, self._bytes = [], Counter(), 0


def read_frames(path: Path, offset: int) -> Iterator[tuple[Frame, int]]:
    """(frame, offset of the next frame) from the frame at `offset` on. The tasks are the caller's to change."""
    kept = _latest.pop(path, None)
    if kept is not None and offset == 0:
        while kept:
            yield kept.pop(0)
        return
    with path.open("rb") as file:
        file.seek(offset)
        while header := file.read(_LENGTH):
            frame = file.read(int.from_bytes(header, "little"))
            yield _decode(frame), file.tell()


def make_durable(path: Path) -> None:
    """Wait until the file is on disk, not only in the system's cache."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
