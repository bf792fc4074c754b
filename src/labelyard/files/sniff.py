"""What a user's file really is, by its first bytes. Its name and the type its sender claimed count for nothing."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """How a file is served. `is_media`: an image, audio or video; `attachment`: never shown as a page of our origin."""

    content_type: str
    is_media: bool = False
    attachment: bool = False


UNKNOWN = Kind("application/octet-stream", attachment=True)
_SVG = Kind("image/svg+xml", is_media=True, attachment=True)
_PDF = Kind("application/pdf", attachment=True)
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b".snd", "audio/basic"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
# Plain text that a browser neither runs nor renders; the name may say which kind.
_TEXTS = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".json": "application/json",
}
_MARKUP = re.compile(rb"<\s*(?:[a-zA-Z!?/])")
_SVG_ROOT = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE\s+svg[^>]*>\s*)?<svg[\s>/]", re.DOTALL
)


def kind_of(head: bytes, name: str) -> Kind:
    """How to serve a file called `name` that begins with `head` (HEAD_BYTES are enough)."""
    media = _media_type(head)
    if media is not None:
        return Kind(media, is_media=True)
    if head.startswith(b"%PDF-"):
        return _PDF
    text = head.removeprefix(b"\xef\xbb\xbf")
    if _SVG_ROOT.match(text):
        return _SVG
    if _MARKUP.search(text) or b"\x00" in text:
        return UNKNOWN
    content_type = _TEXTS.get(PurePosixPath(name).suffix.lower())
    return Kind(f"{content_type}; charset=utf-8") if content_type else UNKNOWN


def _media_type(head: bytes) -> str | None:
    for start, content_type in _STARTS:
        if head.startswith(start):
            return content_type
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if head[:2] == b"BM" and len(head) > 18 and head[14:18] in _BMP_HEADERS:
        return "image/bmp"
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and _is_mpeg_frame(head):
        return "audio/mpeg"
    return None


# Sizes of the information header that bitmaps have.
_BMP_HEADERS = frozenset(size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124))


def _is_mpeg_frame(head: bytes) -> bool:
    """A frame header without a reserved version, layer, bit rate or sample rate."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, sampling = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or rate == 15 or sampling == 3:
        return False
    return layer != 0 or head[1] & 0xF0 == 0xF0  # layer 0 with a full sync word: AAC in ADTS
