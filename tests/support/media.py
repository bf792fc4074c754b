"""Small real media files for tests, made on the spot."""

import io
import math
import struct
import wave

from PIL import Image, ImageDraw


def image(kind: str = "PNG", size: tuple[int, int] = (64, 48), color: str = "teal") -> bytes:
    """A picture with a white rectangle on a coloured ground."""
    picture = Image.new("RGB", size, color)
    ImageDraw.Draw(picture).rectangle([size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2], fill="white")
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def tone(seconds: float = 0.5, hertz: float = 440, rate: int = 8000) -> bytes:
    """A sine tone as a WAV file, 16-bit mono."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        samples = (int(20000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(seconds * rate)))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return buffer.getvalue()
