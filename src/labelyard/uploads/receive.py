"""The bytes of a resumable upload, from a request's body to the disk.

What arrives is written as it comes and acknowledged when it is safely on the disk, at the end of the request and at
times in between. A client that goes away, stops sending or is cut off by a restart goes on where it was told to.
"""

import math
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import anyio
from anyio import to_thread
from sqlalchemy import Row

from labelyard.context import Context
from labelyard.kit.errors import Conflict, Locked, NoSpace, NotFound, RequestTimeout, TooLarge
from labelyard.uploads import queries, service
from labelyard.uploads.store import MOST_CHUNKS, DiskFull, InUse, Lost, Partial

# Bytes that are gathered before they go to the disk, and bytes after which they are made safe in a long request.
WRITE_BYTES = 1024 * 1024
SAFE_BYTES = 32 * 1024 * 1024
SILENCE_SECONDS = 30.0


async def append(
    ctx: Context, upload: Row[Any], offset: int, length: int | None, stream: AsyncIterator[bytes]
) -> tuple[int, int]:
    """Write the body at `offset`; how many bytes of the upload are safe then, and when it expires.

    `length` is the body's Content-Length, if it has one. Locked while another request writes, Conflict when `offset`
    is not where the upload is, TooLarge when the body goes beyond the upload's size (nothing of it is kept),
    RequestTimeout and NoSpace (what came is kept), NotFound when the upload is gone.
    """
    store = service.store_of(ctx)
    try:
        with store.locked(upload.id) as fd:
            # Read again under the lock: who held it before may have moved the upload, or deleted it.
            row = await ctx.db.look_up(queries.by_id, upload.id)
            if row is None:
                store.delete(upload.id)
                raise NotFound("No such upload. It may have expired.")
            if offset != row.received:
                raise Conflict(
                    f"The upload is at offset {row.received}, not {offset}. Send the bytes from there on."
                )
            if length is not None and offset + length > row.size:
                raise _too_long(row)
            partial = store.resume(fd, offset)
            return await _Receiver(ctx, row, partial).run(stream)
    except InUse:
        raise Locked(
            "Another request is sending to this upload. Try again when it is done.",
            headers={"Retry-After": "1"},
        ) from None
    except Lost:
        await ctx.db.write(queries.delete, upload.id)
        store.delete(upload.id)
        raise NotFound("The bytes of the upload were lost. Start again.") from None


class _Receiver:
    def __init__(self, ctx: Context, row: Row[Any], partial: Partial) -> None:
        self._ctx, self._row, self._partial = ctx, row, partial
        self._safe: int = row.received
        self._expires_at: int = row.expires_at
        self._gathered: list[bytes] = []
        self._size = 0  # bytes gathered

    async def run(self, stream: AsyncIterator[bytes]) -> tuple[int, int]:
        try:
            with anyio.fail_after(SILENCE_SECONDS) as silence:
                await self._take(stream, silence)
        except TimeoutError:
            raise RequestTimeout(
                f"No data came for {SILENCE_SECONDS:g} seconds. What was sent so far is kept."
            ) from None
        except DiskFull:
            self._gathered, self._size = [], 0
            raise NoSpace("The server's disk is full. What was sent so far is kept.") from None
        finally:
            # Also when the client went away or the server stops: what came need not be sent again.
            with anyio.CancelScope(shield=True):
                await self._save()
        return self._safe, self._expires_at

    async def _take(self, stream: AsyncIterator[bytes], silence: anyio.CancelScope) -> None:
        left = self._row.size - self._partial.position
        async for chunk in stream:
            left -= len(chunk)
            if left < 0:
                self._gathered, self._size = [], 0
                await to_thread.run_sync(self._partial.cut, self._safe)
                raise _too_long(self._row)
            self._gathered.append(chunk)
            self._size += len(chunk)
            if self._size >= WRITE_BYTES or len(self._gathered) >= MOST_CHUNKS:
                silence.deadline = math.inf
                await to_thread.run_sync(self._write)
                if self._partial.position - self._safe >= SAFE_BYTES:
                    await self._save()
            # A timer moved at every chunk would cost more than the chunk.
            latest = anyio.current_time() + SILENCE_SECONDS
            if not 0 <= latest - silence.deadline < SILENCE_SECONDS / 30:
                silence.deadline = latest
        silence.deadline = math.inf
        if self._gathered:
            await to_thread.run_sync(self._write)

    def _write(self) -> None:
        self._partial.write(self._gathered)
        self._gathered, self._size = [], 0

    def _flush(self) -> int:
        with suppress(DiskFull):
            self._write()
        return self._partial.sync()

    async def _save(self) -> None:
        """Make safe what came, and then say so in the upload's row."""
        here = await to_thread.run_sync(self._flush)
        if here != self._safe or here == self._row.size:
            settings, upload_id = self._ctx.settings, self._row.id
            self._expires_at = await self._ctx.db.write(
                service.advance, settings, upload_id, self._safe, here
            )
            self._safe = here


def _too_long(row: Row[Any]) -> TooLarge:
    return TooLarge(f"The body goes beyond the {row.size} bytes that the upload was announced with.")
