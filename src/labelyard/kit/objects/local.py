"""Objects (uploads, exports) as files below one directory. Keys are made by the server, never by a user."""

import re
import secrets
from collections.abc import AsyncIterable, Iterable
from pathlib import Path
from typing import BinaryIO

_KEY = re.compile(r"[^/\x00-\x1f\\]+(?:/[^/\x00-\x1f\\]+)*")


class ObjectKeyError(ValueError):
    """A key that could leave the directory."""


class LocalObjects:
    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """The file of `key`, which need not exist. ObjectKeyError for `..`, absolute paths, control characters."""
        if not _KEY.fullmatch(key) or any(part in {".", ".."} for part in key.split("/")):
            raise ObjectKeyError(f"not an object key: {key!r}")
        return self.root / key

    def put_bytes(self, key: str, data: bytes) -> int:
        return self.put_chunks(key, (data,))

    def put_chunks(self, key: str, chunks: Iterable[bytes]) -> int:
        """Write an object; it appears under its key only when complete. Returns its size in bytes."""
        partial, size = self._begin(key), 0
        try:
            with partial.open("xb") as file:
                for chunk in chunks:
                    size += file.write(chunk)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        partial.replace(self.path(key))
        return size

    async def put_stream(self, key: str, chunks: AsyncIterable[bytes]) -> int:
        """`put_chunks` for a request body."""
        partial, size = self._begin(key), 0
        try:
            with partial.open("xb") as file:
                async for chunk in chunks:
                    size += file.write(chunk)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        partial.replace(self.path(key))
        return size

    def adopt(self, key: str, file: Path) -> int:
        """Move a file of the same disk under `key`. Returns its size in bytes."""
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        size = file.stat().st_size
        file.replace(target)
        return size

    def open(self, key: str) -> BinaryIO:
        """FileNotFoundError when there is no such object."""
        return self.path(key).open("rb")

    def size(self, key: str) -> int:
        return self.path(key).stat().st_size

    def exists(self, key: str) -> bool:
        return self.path(key).is_file()

    def delete(self, key: str) -> None:
        """Delete an object; deleting a missing one is no error."""
        self.path(key).unlink(missing_ok=True)

    def _begin(self, key: str) -> Path:
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.with_name(f".{secrets.token_hex(8)}.part")
