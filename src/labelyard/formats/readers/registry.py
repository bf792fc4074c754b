"""Which reader takes which file.

A format is found by the file's extension, whatever its case. `sniff` lets a format claim a file whose extension
belongs to another one (or to none) by its first bytes; `guess` one whose extension is not known.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import msgspec

from labelyard.formats.readers.apart.reading import preview_apart, read_apart
from labelyard.formats.readers.base import AS_FOUND, Preview, Reader, ReadError, ReadOptions, Source
from labelyard.formats.readers.json_tasks import holds_lines, read_json, read_json_lines
from labelyard.formats.readers.previews import preview_items, preview_table, preview_text
from labelyard.formats.readers.tables import is_table, read_csv, read_tsv
from labelyard.formats.readers.text import read_lines, read_url, read_whole

HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class InputFormat:
    """A kind of file that can be imported.

    `is_list`: the file may hold many tasks, one a row. `single_value`: its tasks have one value without a key, so
    that the config must read exactly one. `is_media`: the task refers to the stored file. `well_formed`: the items are
    as if they had passed `kit.rawjson`. `preview`: its own; without one the first items are shown.
    """

    name: str
    extensions: tuple[str, ...]
    read: Reader
    is_list: bool = False
    single_value: bool = False
    is_media: bool = False
    well_formed: bool = False
    sniff: Callable[[bytes], object] | None = None
    guess: Callable[[bytes], object] | None = None
    preview: Callable[[Source, int], Preview] | None = None


_FORMATS: list[InputFormat] = []
MEDIA_EXTENSIONS = (
    *(".bmp", ".gif", ".jpg", ".jpeg", ".png", ".svg", ".tif", ".tiff", ".webp"),
    *(".aif", ".aiff", ".au", ".flac", ".m4a", ".mp3", ".ogg", ".wav"),
    *(".mp4", ".webm", ".pdf"),
)


def register(kind: InputFormat) -> None:
    """Add a format; one that is registered later wins an extension."""
    _FORMATS.insert(0, kind)


_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*"')
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)\b", re.IGNORECASE)

_ODS = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _is_workbook(head: bytes) -> bool:
    return head.startswith(_OLE) or (head.startswith(b"PK\x03\x04") and (b"xl/" in head or _ODS in head))


def _text(name: str, *extensions: str, read: Reader, **fields: Any) -> InputFormat:
    """A format whose reader makes the JSON of its items itself."""
    fields.setdefault("preview", partial(preview_text, read))
    return InputFormat(name, extensions, read, well_formed=True, **fields)


def _apart(name: str, extensions: tuple[str, ...], sniff: Callable[[bytes], object]) -> InputFormat:
    return InputFormat(
        name,
        extensions,
        partial(read_apart, name),
        is_list=True,
        sniff=sniff,
        preview=partial(preview_apart, name),
    )


register(InputFormat("JSON", (".json",), read_json, well_formed=True, guess=_JSON.match))
register(InputFormat("JSONL", (".jsonl", ".ndjson"), read_json_lines, is_list=True, well_formed=True))
register(
    _text("CSV", ".csv", read=read_csv, is_list=True, guess=is_table, preview=partial(preview_table, None))
)
register(_text("TSV", ".tsv", ".tab", read=read_tsv, is_list=True, preview=partial(preview_table, "\t")))
register(_text("TXT", ".txt", read=read_lines, is_list=True, single_value=True))
register(_text("HTML", ".htm", ".html", ".xml", read=read_whole, single_value=True, guess=_HTML.match))
register(_apart("PARQUET", (".parquet", ".pq"), lambda head: head.startswith(b"PAR1")))
register(_apart("EXCEL", (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), _is_workbook))
register(InputFormat("media", MEDIA_EXTENSIONS, read_url, single_value=True, is_media=True, well_formed=True))


def extension_of(name: str) -> str:
    """The last extension in lower case with its dot; "" without one."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def extensions() -> list[str]:
    """Every extension that can be imported, sorted."""
    return sorted({extension for kind in _FORMATS for extension in kind.extensions})


def formats() -> list[str]:
    """The names that `ReadOptions.format` may have, sorted."""
    return sorted(kind.name for kind in _FORMATS)


def find(name: str, head: bytes = b"", options: ReadOptions = AS_FOUND) -> InputFormat:
    """The format of a file called `name` that begins with `head`. ReadError when it cannot be imported."""
    if options.format is not None:
        return _named(options.format)
    extension = extension_of(name)
    for kind in _FORMATS:
        if kind.sniff is not None and head and kind.sniff(head):
            return kind
    for kind in _FORMATS:
        if extension in kind.extensions:
            return kind
    for kind in reversed(_FORMATS):
        if kind.guess is not None and head and kind.guess(head):
            return kind
    raise ReadError(f"{extension} extension is not supported")


def _named(name: str) -> InputFormat:
    for kind in _FORMATS:
        if kind.name.lower() == name.lower():
            return kind
    raise ReadError(f"the format {name[:40]} is not known; there are {', '.join(formats())}")


def preview(source: Source, limit: int = 20) -> Preview:
    """The first `limit` items of a file and how it would be read. ReadError when it cannot be."""
    with source.path.open("rb") as file:
        kind = find(source.name, file.read(HEAD_BYTES), source.options)
    made = kind.preview(source, limit) if kind.preview else preview_items(source, kind.read(source), limit)
    name = "JSONL" if kind.name == "JSON" and holds_lines(source) else kind.name
    made.options = msgspec.structs.replace(made.options, format=name)
    return made
