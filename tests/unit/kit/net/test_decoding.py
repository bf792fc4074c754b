"""Content encodings undone, whatever comes in pieces of whatever size."""

import gzip
import zlib
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from labelyard.kit.net import Limits, NetError
from labelyard.kit.net.decoding import decoded

LIMITS = Limits(max_bytes=100_000)
texts = st.binary(max_size=2000) | st.binary(max_size=20).map(lambda each: each * 500)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@given(texts, st.integers(1, 3000))
def test_what_was_packed_comes_out(data: bytes, size: int) -> None:
    packed = {
        "gzip": gzip.compress(data) + gzip.compress(data),
        "x-gzip": gzip.compress(data + data),
        "deflate": zlib.compress(data + data),
        "identity": data + data,
        "": data + data,
    }
    for encoding, body in packed.items():
        assert b"".join(decoded(cut(body, size), encoding, LIMITS)) == data + data
    assert b"".join(decoded(cut(raw_deflate(data), size), "deflate", LIMITS)) == data


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate"]), st.integers(1, 50), st.booleans())
def test_anything_else_is_an_error_of_ours(data: bytes, encoding: str, size: int, damaged: bool) -> None:
    if damaged:
        body = bytearray(gzip.compress(data) if encoding == "gzip" else zlib.compress(data))
        body[size % len(body)] ^= 0xFF
        data = bytes(body)
    try:
        for part in decoded(cut(data, size), encoding, LIMITS):
            assert len(part) <= LIMITS.max_bytes
    except NetError as error:
        assert error.code in {"bad_encoding", "too_large"}


@given(st.integers(100_001, 400_000), st.integers(1, 5000))
def test_the_limit_is_of_what_comes_out(length: int, size: int) -> None:
    made = 0
    try:
        for part in decoded(cut(gzip.compress(bytes(length)), size), "gzip", LIMITS):
            made += len(part)
    except NetError as error:
        assert error.code == "too_large" and made <= LIMITS.max_bytes
    else:
        raise AssertionError("it is larger than the limit")
