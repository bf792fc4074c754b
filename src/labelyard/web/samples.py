"""Public sample media, made by computing them: what sample tasks of a labeling set-up point at."""

import functools
import io
import math
import struct
import wave
import zlib
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request, Response

from labelyard.kit.errors import Invalid
from labelyard.kit.http.responses import json_response

router = APIRouter(include_in_schema=False)

_CACHE = {"Cache-Control": "public, max-age=86400"}
WIDTH, HEIGHT = 640, 480  # pixels
RATE, SECONDS = 16_000, 8  # of the audio: Hz, s
POINTS = 1000  # rows of the time series
MAX_SERIES = 50
_TURNS = (
    ("Mira", "Did the night shift leave a note about the pump?"),
    ("Jon", "They did. It ran hot twice, at two and again at five."),
    ("Mira", "Twice is once too often. Can we stop it at noon?"),
    ("Jon", "Noon works. I will have the spare one ready by then."),
)
_TEXT = (
    "The ferry to Lumen Island leaves at nine and takes forty minutes.\n"
    "In winter it sails only when the harbour master says so.\n"
)
_PAGE = (
    '<!doctype html><html lang="en"><head><title>Opening hours</title></head><body><h1>Opening hours</h1>'
    "<p>The reading room is open from nine to six, on Saturdays until noon.</p></body></html>"
)


@router.get("/samples/image.png")
async def image() -> Response:
    """A picture of shapes, 640 × 480."""
    return Response(image_png(), media_type="image/png", headers=_CACHE)


@router.get("/samples/audio.wav")
async def audio() -> Response:
    """Eight seconds of four notes with pauses, mono, 16 kHz."""
    return Response(audio_wav(), media_type="audio/wav", headers=_CACHE)


@router.get("/samples/paragraphs.json")
async def paragraphs(request: Request) -> Response:
    """A dialogue; `nameKey` and `textKey` name its keys."""
    name = request.query_params.get("nameKey", "author")
    text = request.query_params.get("textKey", "text")
    return json_response([{name: who, text: said} for who, said in _TURNS], headers=_CACHE)


@router.get("/samples/text.txt")
async def text() -> Response:
    """A few sentences."""
    return Response(_TEXT, media_type="text/plain; charset=utf-8", headers=_CACHE)


@router.get("/samples/page.html")
async def page() -> Response:
    """A page of HTML, which may do nothing."""
    headers = {**_CACHE, "Content-Security-Policy": "sandbox; default-src 'none'"}
    return Response(_PAGE, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/samples/document.pdf")
async def document() -> Response:
    """One page with one line."""
    return Response(document_pdf(), media_type="application/pdf", headers=_CACHE)


@router.get("/samples/time-series.csv")
async def time_series(request: Request) -> Response:
    """Rows of waves. `time` and `values` (comma-separated) name the columns, `sep` separates them, `tf` formats times."""
    query = request.query_params
    time, tf = query.get("time", "time"), query.get("tf", "")
    names = [name for name in query.get("values", "first,second").split(",") if name]
    sep = {"tab": "\t", "\\t": "\t"}.get(query.get("sep", ","), query.get("sep", ","))
    if len(names) > MAX_SERIES or len(sep) != 1 or sep in '"\r\n' or len(tf) > 100:
        raise Invalid(f"At most {MAX_SERIES} values, a separator of one character and a short time format.")
    return Response(series_csv(time, names, sep, tf), media_type="text/csv; charset=utf-8", headers=_CACHE)


# --- the bytes ----------------------------------------------------------------------------------------------------


@functools.cache
def image_png() -> bytes:
    """A sky in gradient with a sun, a hill and two boxes."""
    rows = bytearray()
    for y in range(HEIGHT):
        rows.append(0)  # no filter
        sky = bytes((205 - y // 5, 222 - y // 7, 240 - y // 10))
        row = bytearray(sky * WIDTH)
        _span(row, 500, _half(60, y - 110), b"\xf4\xc0\x4e")
        hill = 300 + y - 430
        if y > 330:
            _span(row, 320, 3 * hill // 2, b"\x5d\x8a\x62")
        if 260 <= y < 400:
            _span(row, 180, 60, b"\xb4\x5f\x4a")
        if 310 <= y < 420:
            _span(row, 420, 45, b"\x4a\x6f\xa5")
        rows += row
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _half(radius: int, offset: int) -> int:
    """Half the width of a circle at `offset` rows from its centre."""
    return int(math.sqrt(radius * radius - offset * offset)) if abs(offset) < radius else 0


def _span(row: bytearray, centre: int, half: int, colour: bytes) -> None:
    left, right = max(0, centre - half), min(WIDTH, centre + half)
    if right > left:
        row[left * 3 : right * 3] = colour * (right - left)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@functools.cache
def audio_wav() -> bytes:
    """Four notes of 1.5 s, half a second of silence after each."""
    samples = bytearray()
    for tone in (262, 330, 392, 523):
        for number in range(2 * RATE):
            at = number / RATE
            fade = math.sin(math.pi * at / 1.5) if at < 1.5 else 0.0
            samples += struct.pack("<h", int(9000 * fade * math.sin(2 * math.pi * tone * at)))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(samples))
    return out.getvalue()


def series_csv(time: str, names: list[str], sep: str, tf: str) -> str:
    """CSV of a wave by column: one row a second, or numbered rows when there is no time format."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    lines = [sep.join(_cell(name, sep) for name in (time, *names))]
    for row in range(POINTS):
        moment = (start + timedelta(seconds=row)).strftime(tf) if tf else str(row)
        values = (f"{math.sin(row / (15 + 10 * place)) * (place + 1):.4f}" for place in range(len(names)))
        lines.append(sep.join((_cell(moment, sep), *values)))
    return "\n".join(lines) + "\n"


def _cell(text: str, sep: str) -> str:
    if sep in text or '"' in text or "\n" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


@functools.cache
def document_pdf() -> bytes:
    """A PDF 1.4 of one page."""
    drawing = b"BT /F1 18 Tf 72 720 Td (The reading room is open from nine to six.) Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
