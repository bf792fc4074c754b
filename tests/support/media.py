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
        file.writeframes(_sine("<h", seconds, hertz, rate))
    return buffer.getvalue()


def tone_au(seconds: float = 0.5, hertz: float = 440, rate: int = 8000) -> bytes:
    """The same as a Sun/NeXT audio file."""
    sound = _sine(">h", seconds, hertz, rate)
    return struct.pack(">4s5I", b".snd", 24, len(sound), 3, rate, 1) + sound


def tone_aiff(seconds: float = 0.5, hertz: float = 440, rate: int = 8000) -> bytes:
    """The same as AIFF."""
    sound = _sine(">h", seconds, hertz, rate)
    exponent = rate.bit_length() - 1
    extended = struct.pack(">HQ", 16383 + exponent, rate << (63 - exponent))
    common = struct.pack(">HIH", 1, len(sound) // 2, 16) + extended
    body = b"AIFFCOMM" + struct.pack(">I", len(common)) + common
    body += b"SSND" + struct.pack(">III", len(sound) + 8, 0, 0) + sound
    return b"FORM" + struct.pack(">I", len(body)) + body


def _sine(format: str, seconds: float, hertz: float, rate: int) -> bytes:
    samples = (int(20000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(seconds * rate)))
    return b"".join(struct.pack(format, sample) for sample in samples)
