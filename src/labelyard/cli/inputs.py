"""The input formats of `init` and `start`: files and directories on this machine → JSON task items.

Compatible with the 0.x command line: what counts as a task, which extensions are scanned, recursion, and the form of
the links to local media (`/data/<file>?d=<directory>`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, quote_plus

import msgspec

from labelyard.cli.output import fail
from labelyard.kit import rawjson
from labelyard.label.config import LabelConfig

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tiff", ".tif", ".bmp", ".gif"})
AUDIO_SUFFIXES = frozenset({".wav", ".aiff", ".mp3", ".au", ".flac"})
FORMATS = ("json", "json-dir", "text", "text-dir", "image-dir", "audio-dir")


@dataclass(frozen=True, slots=True)
class Item:
    raw: bytes  # one JSON object
    place: Callable[[], str]  # "file", or "file, line 3", for messages


def read_items(path: Path, format: str, config: LabelConfig) -> Iterator[Item]:
    """The task items of an input path. Ends the program with a message naming file, line and cure when it is wrong."""
    return _READERS[format](path, config)


def is_media_directory(format: str) -> bool:
    return format in {"image-dir", "audio-dir"}


def _json_file(path: Path, config: LabelConfig) -> Iterator[Item]:
    _require_file(path, "json")
    try:
        text = path.read_bytes()
    except OSError as error:
        _fail_unreadable(path, error)
    try:
        items = rawjson.split(text).items
    except rawjson.RawJsonError as error:
        line, column = rawjson.line_and_column(text, error.position)
        fail(f"{path}, line {line}, column {column}: {error.reason}.", _json_cure(error.reason, path))
    for number, raw in enumerate(items):
        yield Item(bytes(raw), partial(_json_place, path, text, items, number))


def _json_place(path: Path, text: bytes, items: list[msgspec.Raw], number: int) -> str:
    line, _ = rawjson.line_and_column(text, rawjson.start_of(text, items, number))
    return f"{path}, line {line}, item {number}"


def _json_cure(reason: str, path: Path) -> str:
    if "UTF-8" in reason:
        return f"Convert it first: iconv -f latin1 -t utf-8 {path.name}"
    if "expected" in reason or "empty" in reason:
        return "Give a JSON list of tasks, or one task object."
    if "NUL" in reason or "surrogate" in reason:
        return "Remove that character."
    if "nested" in reason or "digits" in reason or "range" in reason:
        return "No task needs such a value; take it out."
    return "Mend the file there, or write it with a JSON library."


def _json_dir(path: Path, config: LabelConfig) -> Iterator[Item]:
    for file in _scan(path, "json-dir", lambda each: each.suffix.lower() == ".json", "*.json"):
        yield from _json_file(file, config)


def _text_file(path: Path, config: LabelConfig) -> Iterator[Item]:
    _require_file(path, "text")
    key = _data_key(config)
    try:
        with path.open(encoding="utf-8-sig", newline=None) as lines:
            for number, line in enumerate(lines, start=1):
                if "\x00" in line:
                    fail(
                        f"{path}, line {number}: a NUL character.",
                        "Is this a text file? Remove the character.",
                    )
                yield Item(msgspec.json.encode({key: line.strip()}), partial(_line_place, path, number))
    except OSError as error:
        _fail_unreadable(path, error)
    except UnicodeDecodeError as error:
        place = path.read_bytes()[: error.start].count(b"\n") + 1
        fail(f"{path}, line {place}: not UTF-8.", f"Convert it first: iconv -f latin1 -t utf-8 {path.name}")


def _line_place(path: Path, number: int) -> str:
    return f"{path}, line {number}"


def _text_dir(path: Path, config: LabelConfig) -> Iterator[Item]:
    for file in _scan(path, "text-dir", lambda each: True, "text files"):
        yield from _text_file(file, config)


def _media_dir(format: str, suffixes: frozenset[str]) -> Callable[[Path, LabelConfig], Iterator[Item]]:
    def read(path: Path, config: LabelConfig) -> Iterator[Item]:
        key = _data_key(config)
        kinds = " ".join(sorted(suffixes))
        require_directory(path, format, kinds)
        root = path.resolve()
        for file in _scan(path, format, lambda each: each.suffix.lower() in suffixes, kinds):
            if not file.resolve().is_relative_to(root):
                fail(
                    f"{file}: a link that leads out of {path}.",
                    "Only files below the directory are served. Copy the file, or name the directory it is in.",
                )
            yield Item(msgspec.json.encode({key: local_media_url(file)}), partial(str, file))

    return read


def local_media_url(file: Path) -> str:
    """`/data/<file>?d=<directory>`: where the server shows a file of a registered directory."""
    return f"/data/{quote(file.name)}?d={quote_plus(str(file.parent))}"


def _fail_unreadable(path: Path, error: OSError) -> NoReturn:
    fail(f"{path}: cannot be read ({error.strerror}).", "Check its permissions and the disk.")


def require_directory(path: Path, format: str, kinds: str = "files") -> None:
    """End the program when `path`, which a format scans for `kinds` of files, is no directory."""
    if not path.is_dir():
        fail(f"{path}: not a directory.", f"--input-format={format} scans a directory for {kinds}.")


def _scan(path: Path, format: str, wanted: Callable[[Path], bool], kinds: str) -> list[Path]:
    """Files below a directory, in a stable order; hidden files and directories are left out."""
    require_directory(path, format, kinds)
    found = [
        each
        for each in sorted(path.rglob("*"))
        if each.is_file()
        and wanted(each)
        and not any(part.startswith(".") for part in each.relative_to(path).parts)
    ]
    if not found:
        fail(f"{path}: no files for --input-format={format} ({kinds}).", "Check the path and the format.")
    return found


def _require_file(path: Path, format: str) -> None:
    if path.is_dir():
        fail(f"{path}: a directory.", f"Use --input-format={format}-dir for a directory.")


def _data_key(config: LabelConfig) -> str:
    """The key that a bare line or file goes under: the first data key of the label config."""
    if config.first_data_key is None:
        fail(
            "This input format needs a label config with an object tag that reads a data key.",
            'Give one with --label-config, e.g. <Text name="text" value="$text"/>.',
        )
    return config.first_data_key


_READERS: dict[str, Callable[[Path, LabelConfig], Iterator[Item]]] = {
    "json": _json_file,
    "json-dir": _json_dir,
    "text": _text_file,
    "text-dir": _text_dir,
    "image-dir": _media_dir("image-dir", IMAGE_SUFFIXES),
    "audio-dir": _media_dir("audio-dir", AUDIO_SUFFIXES),
}
