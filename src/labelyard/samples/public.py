"""The files that sample tasks of any label config point at (`/samples/…`): one of each kind of media."""

import json
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from labelyard.samples import scenes, sounds

POINTS = 1000  # rows of the time series
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


def public_samples() -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Path → content type and maker of the bytes. The makers of media keep what they made."""
    return {
        "/samples/image.png": ("image/png", image_png),
        "/samples/audio.wav": ("audio/wav", audio_wav),
        "/samples/time-series.csv": ("text/csv; charset=utf-8", series_csv),
        "/samples/paragraphs.json": ("application/json", paragraphs_json),
        "/samples/text.txt": ("text/plain; charset=utf-8", _TEXT.encode),
        "/samples/page.html": ("text/html; charset=utf-8", _PAGE.encode),
        "/samples/document.pdf": ("application/pdf", document_pdf),
    }


def image_png() -> bytes:
    """A drawn street, 640 × 480 pixels."""
    return scenes.png(scenes.SCENES[0])


def audio_wav() -> bytes:
    """A bell, a bird, an engine and a voice in 8 s, mono, 16 kHz."""
    return sounds.wav(sounds.EACH)


def paragraphs_json(name_key: str = "author", text_key: str = "text") -> bytes:
    """A dialogue of four turns: a list of objects with these two keys."""
    return json.dumps([{name_key: who, text_key: said} for who, said in _TURNS], ensure_ascii=False).encode()


def series_csv(
    time: str = "time",
    names: Sequence[str] = ("first", "second"),
    sep: str = ",",
    time_format: str = "",
    *,
    named: bool = True,
) -> bytes:
    """Waves as CSV, a column for each of `names`: one row a second, or numbered rows when there is no time format.

    `named`: with the names in the first row.
    """
    start = datetime(2026, 3, 1, tzinfo=UTC)
    lines = [sep.join(_cell(name, sep) for name in (time, *names))] if named else []
    for row in range(POINTS):
        moment = (start + timedelta(seconds=row)).strftime(time_format) if time_format else str(row)
        values = (f"{math.sin(row / (15 + 10 * place)) * (place + 1):.4f}" for place in range(len(names)))
        lines.append(sep.join((_cell(moment, sep), *values)))
    return ("\n".join(lines) + "\n").encode()


def _cell(text: str, sep: str) -> str:
    if sep in text or '"' in text or "\n" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


@cache
def document_pdf() -> bytes:
    """A PDF 1.4 of one page with one line."""
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
