"""The bytes of resumable uploads: one file each, below the spool.

A file is written under a lock that the system drops when its holder ends, however it ends. What counts is the number
of bytes in the upload's row: bytes beyond it were never acknowledged and are cut off before writing goes on.
"""

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_YOUNG_SECONDS = 3600
MOST_CHUNKS = 1024  # that the system takes in one call


class InUse(Exception):
    """Somebody else is writing this file."""


class Lost(Exception):
    """The file is shorter than what was acknowledged of it."""


class DiskFull(Exception):
    """No space for more bytes."""


class Partial:
    """An upload's file, open and locked, at `position` bytes."""

    def __init__(self, fd: int, position: int) -> None:
        self._fd = fd
        self.position = position

    def write(self, chunks: Sequence[bytes]) -> None:
        """Append at most MOST_CHUNKS chunks. DiskFull leaves `position` at what was written."""
        left = list(chunks)
        try:
            while left:
                written = os.writev(self._fd, left)
                self.position += written
                while left and written >= len(left[0]):
                    written -= len(left.pop(0))
                if written:
                    left[0] = left[0][written:]
        except OSError as error:
            if error.errno in _FULL:
                raise DiskFull from error
            raise

    def sync(self) -> int:
        """Wait until all of it is on the disk; how many bytes that are."""
        os.fsync(self._fd)
        return self.position

    def cut(self, position: int) -> None:
        """Forget what is beyond `position`."""
        os.ftruncate(self._fd, position)
        os.lseek(self._fd, position, os.SEEK_SET)
        self.position = position


class Store:
    """The directory of the files. Ids are made by us; see `service.new_id`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, upload_id: str) -> Path:
        return self.directory / upload_id

    def free_bytes(self) -> int:
        """Space left on the disk."""
        self.directory.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self.directory).free

    @contextmanager
    def locked(self, upload_id: str) -> Iterator[int]:
        """The file, made when there is none, open for writing and nobody else's. InUse when it is somebody's."""
        fd = self._open(self.path(upload_id))
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUse from None
            yield fd
        finally:
            os.close(fd)

    def resume(self, fd: int, received: int) -> Partial:
        """Go on behind the first `received` bytes. Lost when there are fewer."""
        if os.fstat(fd).st_size < received:
            raise Lost
        partial = Partial(fd, received)
        partial.cut(received)
        return partial

    def link(self, upload_id: str, target: Path) -> None:
        """Give the file a second name, without copying where the disk allows that. FileNotFoundError."""
        _link(self.path(upload_id), target)

    def restore(self, upload_id: str, source: Path) -> bool:
        """Put a file back that `link` had given out; False when neither name of it is left."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            try:
                _link(source, self.path(upload_id))
            except FileNotFoundError:
                return False
        os.utime(self.path(upload_id))  # young again: its row is still to come
        return True

    def delete(self, upload_id: str) -> None:
        """Delete the file; deleting a missing one is no error."""
        self.path(upload_id).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Ids of the files that are not brand-new: a young one may be of an upload whose row is still to come."""
        if not self.directory.is_dir():
            return []
        oldest = time.time() - _YOUNG_SECONDS
        found = []
        for each in self.directory.iterdir():
            with suppress(FileNotFoundError):
                if each.stat().st_mtime < oldest:
                    found.append(each.name)
        return found

    def _open(self, path: Path) -> int:
        flags = os.O_RDWR | os.O_CLOEXEC
        try:
            return os.open(path, flags)
        except FileNotFoundError:
            self.directory.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, flags | os.O_CREAT, 0o600)
            _sync_directory(self.directory)
            return fd


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)


def _sync_directory(directory: Path) -> None:
    """Make a new name in it survive a power cut."""
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
