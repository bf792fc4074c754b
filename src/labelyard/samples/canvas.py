"""A small drawing surface that writes PNG: solid and translucent shapes with smooth edges, no image library."""

import math
import struct
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache

Colour = tuple[int, int, int]
Point = tuple[float, float]
Span = tuple[float, float] | None

_SUBROWS = 3  # of a row of pixels, for smooth edges
_PARTS = tuple((part + 0.5) / _SUBROWS for part in range(_SUBROWS))


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of the second colour in the first."""
    a, b, c = (round(one + (two - one) * share) for one, two in zip(first, second, strict=True))
    return a, b, c


@lru_cache(maxsize=4096)
def _towards(channel: int, alpha: float) -> bytes:
    """Byte → byte moved by `alpha` towards `channel`, for `bytes.translate`."""
    return bytes(round(value + (channel - value) * alpha) for value in range(256))


class Canvas:
    """RGB pixels; (0, 0) is the upper left corner of the upper left pixel. Shapes may stick out."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._rows = [bytearray(width * 3) for _ in range(height)]

    def gradient(self, top: float, bottom: float, first: Colour, last: Colour) -> None:
        """Fill the rows from `top` to `bottom` with colours between the first and the last."""
        for y in range(max(0, round(top)), min(self.height, round(bottom))):
            self._rows[y][:] = bytes(mix(first, last, (y - top) / max(1.0, bottom - top))) * self.width

    def rectangle(
        self, x: float, y: float, width: float, height: float, colour: Colour, alpha: float = 1.0
    ) -> None:
        self._fill(y, y + height, lambda _: (x, x + width), colour, alpha)

    def rounded(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        radius: float,
        colour: Colour,
        alpha: float = 1.0,
    ) -> None:
        """A rectangle with round corners."""
        radius = min(radius, width / 2, height / 2)

        def span(at: float) -> Span:
            gap = max(y + radius - at, at - (y + height - radius), 0.0)
            inset = radius - math.sqrt(max(0.0, radius * radius - gap * gap))
            return x + inset, x + width - inset

        self._fill(y, y + height, span, colour, alpha)

    def ellipse(
        self, x: float, y: float, radius_x: float, radius_y: float, colour: Colour, alpha: float = 1.0
    ) -> None:
        """An ellipse around (x, y)."""

        def span(at: float) -> Span:
            part = 1 - ((at - y) / radius_y) ** 2
            if part <= 0:
                return None
            half = radius_x * math.sqrt(part)
            return x - half, x + half

        self._fill(y - radius_y, y + radius_y, span, colour, alpha)

    def polygon(self, points: Sequence[Point], colour: Colour, alpha: float = 1.0) -> None:
        """A convex polygon."""
        edges = list(zip(points, [*points[1:], points[0]], strict=True))

        def span(at: float) -> Span:
            found = [
                x0 + (x1 - x0) * (at - y0) / (y1 - y0)
                for (x0, y0), (x1, y1) in edges
                if (y0 <= at) != (y1 <= at)
            ]
            return (min(found), max(found)) if found else None

        heights = [y for _, y in points]
        self._fill(min(heights), max(heights), span, colour, alpha)

    def line(self, start: Point, end: Point, thickness: float, colour: Colour, alpha: float = 1.0) -> None:
        """A straight stroke with flat ends."""
        along, down = end[0] - start[0], end[1] - start[1]
        length = math.hypot(along, down) or 1.0
        x, y = -down / length * thickness / 2, along / length * thickness / 2
        corners = [
            (start[0] + x, start[1] + y),
            (end[0] + x, end[1] + y),
            (end[0] - x, end[1] - y),
            (start[0] - x, start[1] - y),
        ]
        self.polygon(corners, colour, alpha)

    def _fill(
        self, top: float, bottom: float, span: Callable[[float], Span], colour: Colour, alpha: float
    ) -> None:
        """Fill what `span` gives for heights from `top` to `bottom`; edge pixels by the share that is covered."""
        width = float(self.width)
        for y in range(max(0, math.floor(top)), min(self.height, math.ceil(bottom))):
            spans = []
            for part in _PARTS:
                at = y + part
                found = span(at) if top <= at < bottom else None
                if found is not None:
                    left, right = found
                    if left < 0:
                        left = 0.0
                    if right > width:
                        right = width
                    if right > left:
                        spans.append((left, right))
            if spans:
                self._row(self._rows[y], spans, colour, alpha)

    def _row(self, row: bytearray, spans: list[tuple[float, float]], colour: Colour, alpha: float) -> None:
        lefts, rights = [span[0] for span in spans], [span[1] for span in spans]
        first, last = int(min(lefts)), math.ceil(max(rights))
        # Pixels from `inner` to `outer` are covered whole, those around them in part.
        inner, outer = math.ceil(max(lefts)), int(min(rights))
        if len(spans) < _SUBROWS or outer <= inner:
            inner = outer = last
        else:
            _paint(row, inner, outer, colour, alpha)
        covered = [0.0] * (last - first + 1)
        for left, right in spans:
            start, end = int(left), int(right)
            covered[start - first] += (start + 1 if end > start else right) - left
            if end > start:
                covered[end - first] += right - end
                for x in (*range(start + 1, min(end, inner)), *range(max(start + 1, outer), end)):
                    covered[x - first] += 1.0
        red, green, blue = colour
        for x in (*range(first, inner), *range(outer, last)):
            share = covered[x - first] * alpha / _SUBROWS
            at = x * 3
            row[at] = int(row[at] + (red - row[at]) * share + 0.5)
            row[at + 1] = int(row[at + 1] + (green - row[at + 1]) * share + 0.5)
            row[at + 2] = int(row[at + 2] + (blue - row[at + 2]) * share + 0.5)

    def png(self) -> bytes:
        """The picture as a PNG file."""
        body = zlib.compress(b"".join(b"\0" + row for row in self._rows), 6)
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        return b"".join(
            (b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", header), _chunk(b"IDAT", body), _chunk(b"IEND", b""))
        )


class Blank(Canvas):
    """Takes every shape and draws none: to learn where things would be, at no cost."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height

    def gradient(self, top: float, bottom: float, first: Colour, last: Colour) -> None:
        pass

    def _fill(
        self, top: float, bottom: float, span: Callable[[float], Span], colour: Colour, alpha: float
    ) -> None:
        pass


def _paint(row: bytearray, left: int, right: int, colour: Colour, alpha: float) -> None:
    if alpha >= 1:
        row[left * 3 : right * 3] = bytes(colour) * (right - left)
        return
    for channel in range(3):
        cells = slice(left * 3 + channel, right * 3, 3)
        row[cells] = row[cells].translate(_towards(colour[channel], alpha))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
