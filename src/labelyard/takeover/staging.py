"""Files that come along: copied beside ours first, put in their place in the transaction, taken back when that fails.

There may be as many of them as tasks: which ones were put in their place is kept in a file.
"""

import json
import shutil
from collections.abc import Iterator
from os import scandir
from pathlib import Path

from labelyard.context import Context

_CHUNK = 1 << 20


class Staging:
    def __init__(self, ctx: Context) -> None:
        self._objects = ctx.objects
        self._root = ctx.settings.data_dir / "spool" / "takeover"
        self.files = self._root / "files"
        self._adopted = self._root / "adopted"  # a key as JSON a line
        # Of a takeover that was killed, maybe when all was stored: its files are not this one's to take back.
        self.clear()

    def copy(self, file: Path, name: str) -> Path:
        """Copy a file under a name of its own; where the copy is."""
        target = self.files / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        return target

    def names(self) -> Iterator[str]:
        """The names of the copies."""
        return (each.name for each in scandir(self.files)) if self.files.is_dir() else iter(())

    def adopt(self, name: str, key: str) -> int | None:
        """Put a copy in its place under the key; its bytes. None when there is no copy of that name."""
        copy = self.files / name
        if not copy.exists():
            return None
        with self._adopted.open("a", encoding="utf-8") as kept:
            kept.write(f"{json.dumps(key)}\n")
        # Copied again when the transaction has to be tried again, so it stays where it is.
        with copy.open("rb") as file:
            return self._objects.put_chunks(key, iter(lambda: file.read(_CHUNK), b""))

    def take_back(self) -> None:
        """Remove what was put in its place."""
        try:
            with self._adopted.open(encoding="utf-8") as kept:
                for line in kept:
                    self._objects.delete(json.loads(line))
        except FileNotFoundError:
            return

    def clear(self) -> None:
        """Remove the copies."""
        shutil.rmtree(self._root, ignore_errors=True)
