"""A directory of this machine as a store of objects. Keys are paths below it, with `/`.

Nothing leaves the directory: links are not followed, neither at the end of a path nor within it, because each part is
opened below the one before. Hidden files are not there.
"""

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from labelyard.kit.objects.store import MAX_KEY_BYTES, PAGE, Listed, StoreError, check_key

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NEW = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Directory:
    """`root` is absolute and resolved. `make`: it is made by the first object that is written."""

    def __init__(self, root: Path, *, make: bool = False) -> None:
        self.root = root
        self._make = make

    def check(self) -> None:
        if self._make and not self.root.exists():
            return
        os.close(self._root())

    def pages(self, prefix: str, *, recursive: bool, after: str = "") -> Iterator[Sequence[Listed]]:
        page: list[Listed] = []
        for each in self._walk(prefix, recursive=recursive, after=after.encode()):
            page.append(each)
            if len(page) == PAGE:
                yield page
                page = []
        if page:
            yield page

    def get(self, key: str, max_bytes: int) -> bytes:
        with self.open_file(key) as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise StoreError("too_large", f"The file is larger than the limit of {max_bytes} bytes.")
        return data

    def open_file(self, key: str) -> BinaryIO:
        """A regular file that is not hidden. "not_found" for everything else."""
        folder, name = self._folder_of(key)
        try:
            handle = os.open(name, _FILE, dir_fd=folder)
        except (OSError, ValueError) as error:
            raise _said(error, "not_found", "There is no such file.") from None
        finally:
            os.close(folder)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise StoreError("not_found", "There is no such file.")
        return os.fdopen(handle, "rb")

    def put(self, key: str, data: bytes) -> None:
        if self._make:
            self.root.mkdir(parents=True, exist_ok=True)
        folder, name = self._folder_of(key, make=True)
        partial = _partial(name)
        try:
            with _alone(folder, partial) as file:
                try:
                    file.truncate()
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                    os.rename(partial, name, src_dir_fd=folder, dst_dir_fd=folder)
                except OSError:
                    with suppress(OSError):
                        os.unlink(partial, dir_fd=folder)
                    raise
            os.fsync(folder)
        except OSError as error:
            raise _said(error, "denied", "The file cannot be written.") from None
        finally:
            os.close(folder)

    def delete(self, key: str) -> None:
        try:
            folder, name = self._folder_of(key)
        except StoreError as error:
            if error.code == "not_found":
                return
            raise
        try:
            with suppress(FileNotFoundError):  # what a server that was killed left
                os.unlink(_partial(name), dir_fd=folder)
            os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _said(error, "denied", "The file cannot be deleted.") from None
        finally:
            os.close(folder)

    # --- opening part by part -------------------------------------------------------------------------------------

    def _root(self) -> int:
        try:
            return os.open(self.root, _FOLDER)
        except OSError as error:
            raise _said(error, "no_bucket", "There is no such directory, or it cannot be read.") from None

    def _folder_of(self, key: str, *, make: bool = False) -> tuple[int, str]:
        """A handle of the directory that the key lies in, and the name there."""
        parts = check_key(key).split("/")
        if not all(parts) or any(each.startswith(".") for each in parts):
            raise StoreError("not_found", "There is no such file.")
        here = self._root()
        for part in parts[:-1]:
            before = here
            try:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=before)
                here = os.open(part, _FOLDER, dir_fd=before)
            except (OSError, ValueError) as error:
                raise _said(error, "not_found", "There is no such file.") from None
            finally:
                os.close(before)
        return here, parts[-1]

    # --- listing --------------------------------------------------------------------------------------------------

    def _walk(self, prefix: str, *, recursive: bool, after: bytes) -> Iterator[Listed]:
        folder, _, start = prefix.rpartition("/")
        if folder and any(each in ("", ".", "..") or each.startswith(".") for each in folder.split("/")):
            raise StoreError("bad_key", "The prefix is no path below the directory.")
        yield from self._entries(f"{folder}/" if folder else "", start, recursive, after)

    def _entries(self, folder: str, start: str, recursive: bool, after: bytes) -> Iterator[Listed]:
        """Files below `folder` ("" or ending in `/`) in the order of their keys, a directory's in its place."""
        for name, is_folder in self._names(folder):
            key = f"{folder}{name}"
            encoded = key.encode()
            if not name.startswith(start):
                continue
            if is_folder:
                if recursive and not (after > encoded and not after.startswith(encoded)):
                    yield from self._entries(key, "", True, after)
            elif encoded > after and len(encoded) <= MAX_KEY_BYTES:
                found = self._stat(key)
                if found is not None:
                    yield Listed(key, found.st_size, found.st_mtime_ns // 1000)

    def _names(self, folder: str) -> list[tuple[str, bool]]:
        """Names in a directory in their order; those of directories end in `/`. Links and hidden ones are left out."""
        handle = self._open_folder(folder)
        try:
            with os.scandir(handle) as entries:
                found = [
                    (f"{each.name}/" if each.is_dir(follow_symlinks=False) else each.name, each.is_dir())
                    for each in entries
                    if not each.name.startswith(".") and not each.is_symlink() and _is_text(each.name)
                ]
        finally:
            os.close(handle)
        return sorted(found, key=lambda each: each[0].encode())

    def _open_folder(self, folder: str) -> int:
        if not folder:
            return self._root()
        handle, _ = self._folder_of(f"{folder}x")
        return handle

    def _stat(self, key: str) -> os.stat_result | None:
        try:
            folder, name = self._folder_of(key)
        except StoreError:
            return None
        try:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError:
            return None
        finally:
            os.close(folder)
        return found if stat.S_ISREG(found.st_mode) else None


def _partial(name: str) -> str:
    """Where a file is written before it gets its name: the same each time, so that the next writer takes over what one
    that was killed left, in place of leaving it for ever."""
    return f".{hashlib.sha256(name.encode()).hexdigest()[:16]}.part"


def _alone(folder: int, partial: str) -> BinaryIO:
    """The file, which nobody else writes until it is closed."""
    while True:
        handle = os.open(partial, _NEW, 0o644, dir_fd=folder)
        file = os.fdopen(handle, "wb")
        try:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            found = os.fstat(handle)
            if os.path.samestat(found, os.stat(partial, dir_fd=folder, follow_symlinks=False)):
                if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
                    return file
                os.unlink(partial, dir_fd=folder)  # not ours: a file of somebody else under this name
            # Else whoever held it has given it its name meanwhile.
        except FileNotFoundError:
            pass
        except BaseException:
            file.close()
            raise
        file.close()


def _is_text(name: str) -> bool:
    """Whether a name is one that a key can have: text without control characters."""
    return all(each >= " " and not "\ud800" <= each <= "\udfff" for each in name)


def _said(error: Exception, code: str, message: str) -> StoreError:
    if isinstance(error, PermissionError):
        return StoreError("denied", "The operating system does not allow this server to do that.")
    if isinstance(error, FileNotFoundError) or not isinstance(error, OSError) or code != "denied":
        return StoreError(code, message)  # type: ignore[arg-type]
    return StoreError("busy", f"The disk does not take the file ({error.strerror}).")
