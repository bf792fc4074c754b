"""Reject files: the rows of an import that were not taken, in the format they came in, with what is wrong with them.

Three fields come first: `_row` (number in the source file), `_column` (or nothing), `_error`; in a table `_text` too where
texts would be taken for numbers. The readers drop them, so that a mended file is imported as it is.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from labelyard.formats.readers.base import REJECT_KEYS, REJECT_TEXT_KEY, SURPLUS_KEY
from labelyard.formats.readers.column_types import is_text

_SEPARATORS = ",;\t|"
_decode = msgspec.json.Decoder().decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
# What a row is called that is no object: the line of text, or the value that stood in the list.
RAW_KEY = "_item"


class RejectWriter:
    """Writes one reject file at `path`; `close` finishes it, also after an error.

    `kind`: name of the source's input format. CSV and TSV keep their `separator`. Text files and Excel become CSV, with
    the data keys as header; Parquet becomes JSON Lines; `extension` says which it is.
    """

    def __init__(self, path: Path, kind: str, separator: str | None = None) -> None:
        self.extension = extension_for(kind)
        self.count = 0
        self._path = path
        self._separator = separator if separator and separator in _SEPARATORS else ","
        if self.extension == ".tsv":
            self._separator = "\t"
        # The columns of a table are known when the last row is; the rows wait beside it.
        self._table = self.extension in (".csv", ".tsv")
        self._waiting = path.with_name(f"{path.name}.rows")
        self._file: IO[bytes] = (self._waiting if self._table else path).open("wb")

    def add(self, row: int, column: str | None, error: str, item: bytes) -> None:
        """`item` is the JSON text of the row, as a reader gave it."""
        if self._table:
            self._file.write(_encode([row, column, error, msgspec.Raw(item)]) + b"\n")
        elif self.extension == ".json":
            self._file.write((b",\n" if self.count else b"[\n") + _with_reasons(row, column, error, item))
        else:
            self._file.write(_with_reasons(row, column, error, item) + b"\n")
        self.count += 1

    def close(self) -> None:
        if self._file.closed:
            return
        if self.extension == ".json":
            self._file.write(b"\n]\n" if self.count else b"[]\n")
        self._file.close()
        if self._table:
            self._write_table()
            self._waiting.unlink()

    def __enter__(self) -> "RejectWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- tables ---------------------------------------------------------------------------------------------------

    def _write_table(self) -> None:
        names: dict[str, None] = {}
        texts: dict[str, None] = {}
        for _, fields in self._rows():
            names |= dict.fromkeys(fields)
            if SURPLUS_KEY not in fields:  # whose cells were not given their types
                texts |= dict.fromkeys(name for name, value in fields.items() if _seems_no_text(value))
        names.pop(SURPLUS_KEY, None)
        # A first column of the file that is called so must not be taken for ours.
        tells = bool(texts) or next(iter(names), "") == REJECT_TEXT_KEY
        told = [_encode([*texts]).decode()] if tells else []
        # The mark makes spreadsheet programs read UTF-8; the readers take it off.
        with self._path.open("w", encoding="utf-8-sig", newline="") as file:
            header = [*REJECT_KEYS, REJECT_TEXT_KEY] if tells else REJECT_KEYS
            # All names quoted: then the separator is told by the first line, whatever stands in a name.
            csv.writer(file, delimiter=self._separator, quoting=csv.QUOTE_ALL).writerow([*header, *names])
            write = csv.writer(file, delimiter=self._separator).writerow
            for reasons, fields in self._rows():
                surplus = fields.get(SURPLUS_KEY, [])
                write([_cell(value) for value in (*reasons, *told, *map(fields.get, names), *surplus)])

    def _rows(self) -> Iterator[tuple[list[Any], dict[str, Any]]]:
        with self._waiting.open("rb") as lines:
            for line in lines:
                *reasons, item = _decode(line)
                yield reasons, item if isinstance(item, dict) else {RAW_KEY: item}


def extension_for(kind: str) -> str:
    """The extension of the reject file of an input format."""
    return {"JSON": ".json", "JSONL": ".jsonl", "PARQUET": ".jsonl", "TSV": ".tsv"}.get(kind, ".csv")


def _with_reasons(row: int, column: str | None, error: str, item: bytes) -> bytes:
    """The item with the three fields before its own."""
    reasons = {"_row": row, "_column": column, "_error": error}
    if not item.startswith(b"{"):
        return _encode({**reasons, RAW_KEY: msgspec.Raw(item)})
    fields = _fields(item)
    if not fields.keys().isdisjoint(REJECT_KEYS) and "data" not in fields:
        # It has such keys of its own, which must not be taken for ours.
        return _encode({**reasons, "data": fields})
    return _encode({**reasons, **{key: value for key, value in fields.items() if key not in reasons}})


def _seems_no_text(value: Any) -> bool:
    return isinstance(value, str) and value != "" and not is_text(value)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return _encode(value).decode()
    return value if isinstance(value, str) else str(value)
