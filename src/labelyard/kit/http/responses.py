"""Answers of prepared bytes: msgspec encodes, and splices `msgspec.Raw` (JSON text of the store) as it is."""

import asyncio
from collections.abc import AsyncIterator, Generator, Mapping
from typing import Any

import msgspec
from starlette.responses import Response

JSON = "application/json"
_AHEAD = 1 << 20  # bytes that are made while those before are sent
_encoder = msgspec.json.Encoder()


def json_response(obj: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`obj` (dicts, lists, structs, `msgspec.Raw`) as a JSON answer."""
    return Response(_encoder.encode(obj), status, headers=headers, media_type=JSON)


def json_bytes(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Bytes that are JSON already."""
    return Response(body, status, headers=headers, media_type=JSON)


def empty(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(status_code=status)


async def made_ahead(chunks: Generator[bytes]) -> AsyncIterator[bytes]:
    """What a generator makes in a thread, about a megabyte of it while the one before is sent.

    The generator is closed when all is sent or the client has gone, then as soon as it comes out of what it is at.
    """

    def some() -> list[bytes]:
        made: list[bytes] = []
        size = 0
        for chunk in chunks:
            made.append(chunk)
            size += len(chunk)
            if size >= _AHEAD:
                break
        return made

    loop = asyncio.get_running_loop()
    pending = loop.run_in_executor(None, some)
    try:
        while made := await asyncio.shield(pending):
            pending = loop.run_in_executor(None, some)
            for chunk in made:
                yield chunk
    finally:
        # Nothing is awaited here: who is being cancelled would not get to its end.
        pending.add_done_callback(lambda done: _close(done, chunks))


def _close(done: "asyncio.Future[list[bytes]]", chunks: Generator[bytes]) -> None:
    done.exception()  # looked at; who asked has it already, or has gone
    chunks.close()
