"""Content encodings undone, within bounds. We ask for none, but some servers compress all the same."""

import zlib
from collections.abc import Iterable, Iterator

from labelyard.kit.net.model import MIB, Limits, NetError

_STEP = 256 * 1024  # bytes made at a time
_ANY_HEADER = 32 + zlib.MAX_WBITS  # gzip or zlib, whichever it is
_BROKEN = "The answer is compressed in a way that cannot be read."


def decoded(chunks: Iterable[bytes], encoding: str, limits: Limits) -> Iterator[bytes]:
    """The body behind `Content-Encoding`. NetError when it grows beyond the limits, and for what cannot be read."""
    names = [each.strip().lower() for each in encoding.split(",") if each.strip()]
    names = [each for each in names if each != "identity"]
    if not names:
        yield from chunks
    elif names in (["gzip"], ["x-gzip"], ["deflate"]):
        yield from _inflated(chunks, limits)
    else:
        raise NetError("bad_encoding", "The answer is compressed in a way that is not supported.")


def _inflated(chunks: Iterable[bytes], limits: Limits) -> Iterator[bytes]:
    inflate, taken, made = zlib.decompressobj(_ANY_HEADER), 0, 0
    for chunk in chunks:
        # Some send deflate without the header of zlib, which begins with 0x?8 for every writer there is.
        if not taken and chunk and chunk[0] & 0x0F != 8 and chunk[:1] != b"\x1f":
            inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        taken += len(chunk)
        while True:
            try:
                part = inflate.decompress(chunk, _STEP)
            except zlib.error:
                raise NetError("bad_encoding", _BROKEN) from None
            made += len(part)
            if made > limits.max_bytes:
                raise too_large(limits)
            if made > MIB and made > taken * limits.max_ratio:
                raise NetError("bad_encoding", "The answer grows too much when it is decompressed.")
            yield part
            chunk = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
            if inflate.eof and chunk:  # another member of a gzip file
                inflate = zlib.decompressobj(_ANY_HEADER)
            elif not chunk and len(part) < _STEP:
                break
    if taken and not inflate.eof:
        raise NetError("bad_encoding", _BROKEN)


def too_large(limits: Limits) -> NetError:
    return NetError("too_large", f"The answer is larger than the limit of {limits.max_bytes} bytes.")
