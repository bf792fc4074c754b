"""Twenty-one real files of mixed kinds for a project whose set-up reads the one key `text`."""

import gzip
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import media

CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="mood" toName="text"><Choice value="Good"/><Choice value="Bad"/></Choices></View>'
)
GERMAN = (
    "text;note\nDie Fähre nach Übersee fährt heute später ab;Grüße aus dem Büro\n"
    "Der Kaffee war gut, die Brötchen auch;über Nacht\nAlles schön, nur zu früh;für später\n"
)
ANSWER = {
    "id": "a",
    "from_name": "mood",
    "to_name": "text",
    "type": "choices",
    "value": {"choices": ["Good"]},
}


@dataclass(frozen=True, slots=True)
class Mixed:
    """A file, how many tasks it makes, and how many of its rows are wrong."""

    path: Path
    tasks: int
    wrong: int = 0


def mixed_files(folder: Path) -> list[Mixed]:
    """Write the files. `own names.csv` needs its column `Review Text` mapped; `gaps.jsonl` has a row without `text`."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><path d="M0 0h8v8z"/></svg>'
    made: list[tuple[str, bytes | str, int]] = [
        ("comma.csv", 'text,rank\n"one, two",007\nthree,12\n', 2),
        ("semicolon.csv", GERMAN.encode("cp1252"), 3),
        ("letters.tsv", "text\trank\nfirst\t1\nsecond\t2\n", 2),
        ("own names.csv", "id,Review Text\n1,fine\n2,slow\n3,late\n", 3),
        ("list.json", _json([{"text": f"json {n}"} for n in range(4)]), 4),
        ("annotated.json", _json([_annotated()]), 1),
        ("lines.jsonl", "".join(_json({"text": f"line {n}"}) + "\n" for n in range(5)), 5),
        ("gaps.jsonl", _lines([{"text": "whole"}, {"txet": "gap"}, {"text": "whole again"}]), 2),
        ("lines.txt", "one\ntwo\nthree\n", 3),
        ("marked.txt", "eins\nzwei\n".encode("utf-16"), 2),
        ("page.html", "<html><body><h1>Timetable</h1><p>The ferry leaves at nine.</p></body></html>", 1),
        ("note.xml", "<note><to>Mira</to><body>The band is late.</body></note>", 1),
        ("packed.csv.gz", gzip.compress(b"text\npacked one\npacked two\n"), 2),
        ("bundle.zip", _zip({"in/a.csv": "text\nfrom a\n", "in/b.json": _json([{"text": "from b"}])}), 2),
        ("book.xlsx", _workbook([["text", "stars"], ["from a book", 5], ["the second", 4]]), 2),
        ("photo.png", media.image(), 1),
        ("photo.jpg", media.image("JPEG"), 1),
        ("moving.gif", media.image("GIF"), 1),
        ("scan.webp", media.image("WEBP"), 1),
        ("drawing.svg", svg, 1),
        ("tone.wav", media.tone(), 1),
    ]
    files = []
    for name, content, tasks in made:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        files.append(Mixed(path, tasks, wrong=1 if name == "gaps.jsonl" else 0))
    return files


def _json(value: Any) -> str:
    return json.dumps(value)


def _lines(values: list[dict[str, str]]) -> str:
    return "".join(f"{_json(value)}\n" for value in values)


def _annotated() -> dict[str, Any]:
    prediction = {"model_version": "m", "score": 0.9, "result": [ANSWER]}
    return {"data": {"text": "kind"}, "annotations": [{"result": [ANSWER]}], "predictions": [prediction]}


def _zip(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return buffer.getvalue()


_NS = "http://schemas.openxmlformats.org"
_BOOK = {
    "[Content_Types].xml": f'<Types xmlns="{_NS}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_NS}/package/2006/relationships"><Relationship Id="r1" '
    f'Type="{_NS}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_NS}/spreadsheetml/2006/main" '
    f'xmlns:r="{_NS}/officeDocument/2006/relationships"><sheets><sheet name="Reviews" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_NS}/package/2006/relationships"><Relationship Id="r1" '
    f'Type="{_NS}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def _workbook(rows: list[list[str | int]]) -> bytes:
    """An Excel workbook of one sheet, as small as the format allows."""
    text = "".join(
        f"<row r='{at}'>{''.join(_cell(value, f'{chr(65 + column)}{at}') for column, value in enumerate(row))}</row>"
        for at, row in enumerate(rows, 1)
    )
    sheet = f'<worksheet xmlns="{_NS}/spreadsheetml/2006/main"><sheetData>{text}</sheetData></worksheet>'
    return _zip(_BOOK | {"xl/worksheets/sheet1.xml": sheet})


def _cell(value: str | int, place: str) -> str:
    if isinstance(value, int):
        return f"<c r='{place}'><v>{value}</v></c>"
    return f"<c r='{place}' t='inlineStr'><is><t>{value}</t></is></c>"
