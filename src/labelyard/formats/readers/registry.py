"""Which reader takes which file.

A format is found by the file's extension, whatever its case. `sniff` lets a format claim a file whose extension
belongs to another one (or to none) by its first bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from labelyard.formats.readers.base import Reader, ReadError
from labelyard.formats.readers.json_tasks import read_json
from labelyard.formats.readers.tables import read_csv, read_tsv
from labelyard.formats.readers.text import read_lines, read_url, read_whole

HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class InputFormat:
    """A kind of file that can be imported.

    `is_list`: the file may hold many tasks, one a row. `single_value`: its tasks have one value without a key, so
    that the config must read exactly one. `is_media`: the task refers to the stored file. `well_formed`: the reader
    let its items pass `kit.rawjson`.
    """

    name: str
    extensions: tuple[str, ...]
    read: Reader
    is_list: bool = False
    single_value: bool = False
    is_media: bool = False
    well_formed: bool = False
    sniff: Callable[[bytes], bool] | None = None


_FORMATS: list[InputFormat] = []
MEDIA_EXTENSIONS = (
    *(".bmp", ".gif", ".jpg", ".jpeg", ".png", ".svg", ".webp"),
    *(".flac", ".m4a", ".mp3", ".ogg", ".wav"),
    *(".mp4", ".webm", ".pdf"),
)


def register(kind: InputFormat) -> None:
    """Add a format; one that is registered later wins an extension."""
    _FORMATS.insert(0, kind)


register(InputFormat("JSON", (".json",), read_json, well_formed=True))
register(InputFormat("CSV", (".csv",), read_csv, is_list=True))
register(InputFormat("TSV", (".tsv",), read_tsv, is_list=True))
register(InputFormat("TXT", (".txt",), read_lines, is_list=True, single_value=True))
register(InputFormat("HTML", (".htm", ".html", ".xml"), read_whole, single_value=True))
register(InputFormat("media", MEDIA_EXTENSIONS, read_url, single_value=True, is_media=True))


def extension_of(name: str) -> str:
    """The last extension in lower case with its dot; "" without one."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def extensions() -> list[str]:
    """Every extension that can be imported, sorted."""
    return sorted({extension for kind in _FORMATS for extension in kind.extensions})


def find(name: str, head: bytes = b"") -> InputFormat:
    """The format of a file called `name` that begins with `head`. ReadError when it cannot be imported."""
    extension = extension_of(name)
    for kind in _FORMATS:
        if kind.sniff is not None and head and kind.sniff(head):
            return kind
    for kind in _FORMATS:
        if extension in kind.extensions:
            return kind
    raise ReadError(f"{extension} extension is not supported")
