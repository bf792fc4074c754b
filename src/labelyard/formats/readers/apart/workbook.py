"""Workbooks of Excel (`.xlsx`, `.xlsm`, `.xlsb`, `.xls`) and OpenDocument (`.ods`): one sheet, a task a row.

The first row that is not blank names the data keys. Values are those of the cells: whole numbers are whole, dates and
times ISO 8601 text, formulas their last result, an empty cell (or an error such as #N/A) an empty text.
"""

import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from labelyard.formats.readers.apart.protocol import Head
from labelyard.formats.readers.base import ReadError, ReadOptions
from labelyard.formats.readers.items import keys_of

MAX_UNPACKED = 1 << 30  # bytes of all parts of a workbook together
_RATIO, _RATIO_FROM = 500, 64 << 20
_CHUNK = 1 << 20
_BATCH = 256  # rows that are handed over together
_EXACT_LIMIT = 2**53
_encode = msgspec.json.Encoder().encode


def blocks(path: Path, options: ReadOptions) -> Iterator[Head | bytes]:
    _check_size(path)
    try:
        with CalamineWorkbook.from_path(path) as book:
            yield from _sheet_blocks(_sheet_of(book, options.sheet), book, options)
    except PasswordError:
        raise ReadError("the workbook is locked with a password: save it without one") from None
    except CalamineError as error:
        raise ReadError(f"this is no workbook that can be read: {error}") from None


def _sheet_of(book: CalamineWorkbook, wanted: str | None) -> CalamineSheet:
    shown = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
    names = shown or book.sheet_names
    if not names:
        raise ReadError("the workbook has no sheets")
    if wanted is not None and wanted not in book.sheet_names:
        raise ReadError(f'there is no sheet "{wanted[:100]}"; there are: {", ".join(book.sheet_names)[:500]}')
    return book.get_sheet_by_name(wanted if wanted is not None else names[0])


def _sheet_blocks(
    sheet: CalamineSheet, book: CalamineWorkbook, options: ReadOptions
) -> Iterator[Head | bytes]:
    row = 0
    rows = sheet.iter_rows()  # from the first row of the sheet on
    first: list[Any] = []
    for first in rows:
        row += 1
        if any(cell != "" for cell in first):
            break
    else:
        raise ReadError(f'the sheet "{sheet.name[:100]}" is empty')
    has_header = options.header is not False
    names = _names(first, row) if has_header else [f"column{number}" for number in range(1, len(first) + 1)]
    notes = []
    if len(book.sheet_names) > 1 and options.sheet is None:
        notes.append(
            f'The workbook has {len(book.sheet_names)} sheets; the first one, "{sheet.name}", is read.'
        )
    head = Head(
        [name for name in names if name], row + has_header, has_header, sheet.name, book.sheet_names, notes
    )
    yield head
    pack = _Pack(names, options)
    if not has_header:
        yield pack.line(row, first)
    lines: list[bytes] = []
    for number, cells in enumerate(rows, row + 1):
        lines.append(pack.line(number, cells))
        if len(lines) >= _BATCH:
            yield b"".join(lines)
            lines.clear()
    yield b"".join(lines)


class _Pack:
    """Makes lines of rows."""

    def __init__(self, names: list[str], options: ReadOptions) -> None:
        named = [number for number, name in enumerate(names) if name]
        keys = keys_of([names[number] for number in named], options.columns)
        self._columns = [(number, key) for number, key in zip(named, keys, strict=True) if key is not None]
        self._unnamed = [number for number, name in enumerate(names) if not name]
        self._convert = _text if options.csv_types == "string" else _value

    def line(self, row: int, cells: list[Any]) -> bytes:
        if not any(cell != "" for cell in cells):
            return b"\n"
        for number in self._unnamed:
            if cells[number] != "":
                raise ReadError(
                    f"row {row}: there is a value in column {number + 1}, which has no name in the header"
                )
        convert = self._convert
        return _encode({key: convert(cells[number]) for number, key in self._columns}) + b"\n"


def _names(cells: list[Any], row: int) -> list[str]:
    """The names in a header; "" for a column without one, which must stay empty."""
    names = [_text(cell) for cell in cells]
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if not name.strip():
            names[number - 1] = ""
        elif name in seen:
            raise ReadError(f'row {row}: columns {seen[name]} and {number} have the same name "{name[:100]}"')
        seen[name] = number
    return names


def _value(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= _EXACT_LIMIT:
        return int(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return _duration(cell)
    return cell


def _text(cell: Any) -> str:
    value = _value(cell)
    return value if isinstance(value, str) else str(value)


def _duration(value: timedelta) -> str:
    """Hours, minutes and seconds, as sheets show them."""
    seconds, micro = divmod(round(value.total_seconds() * 1_000_000), 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" + (f".{micro:06}" if micro else "")


# --- workbooks that are zip files -----------------------------------------------------------------------------------


def _check_size(path: Path) -> None:
    """ReadError when the parts of a zipped workbook are too large, whatever the archive says about them."""
    with path.open("rb") as file:
        if not file.read(4).startswith(b"PK"):
            return
        size = path.stat().st_size
        allowed = min(MAX_UNPACKED, max(_RATIO_FROM, _RATIO * size))
        total = 0
        try:
            with zipfile.ZipFile(file) as archive:
                parts = archive.infolist()
            for part in parts:
                for length in _lengths(file, part):
                    total += length
                    if total > allowed:
                        raise ReadError(f"unpacked, the workbook would have more than {allowed >> 20} MiB")
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError) as error:
            raise ReadError(f"this is no workbook that can be read: {error}") from None


def _lengths(file: Any, part: zipfile.ZipInfo) -> Iterator[int]:
    """How many bytes come out of a part, piece by piece."""
    if part.compress_type == zipfile.ZIP_STORED:
        yield part.compress_size
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise ReadError("the workbook is packed in a way that is not supported")
    file.seek(part.header_offset)
    header = file.read(30)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    left = part.compress_size
    while left > 0 and not unpack.eof and (packed := file.read(min(left, _CHUNK))):
        left -= len(packed)
        while packed and not unpack.eof:
            yield len(unpack.decompress(packed, _CHUNK))
            packed = unpack.unconsumed_tail
