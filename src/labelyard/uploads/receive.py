"""The bytes of a resumable upload, from a request's body to the disk.

What arrives is written as it comes and acknowledged when it is safely on the disk, at the end of the request and at
times in between. A client that goes away, stops sending or is cut off by a restart goes on where it was told to.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import anyio
from anyio import to_thread
from sqlalchemy import Row

from labelyard.context import Context
from labelyard.kit.errors import Conflict, Locked, NoSpace, NotFound, RequestTimeout, TooLarge
from labelyard.uploads import queries, service
from labelyard.uploads.store import DiskFull, InUse, Lost, Partial

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
            row = await ctx.db.read(queries.by_id, upload.id)
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
        self._gathered = bytearray()

    async def run(self, stream: AsyncIterator[bytes]) -> tuple[int, int]:
        try:
            while (chunk := await self._next(stream)) is not None:
                self._gathered += chunk
                if self._partial.position + len(self._gathered) > self._row.size:
                    await to_thread.run_sync(self._partial.cut, self._safe)
                    self._gathered = bytearray()
                    raise _too_long(self._row)
                if len(self._gathered) >= WRITE_BYTES:
                    await to_thread.run_sync(self._write)
                if self._partial.position - self._safe >= SAFE_BYTES:
                    await self._save()
            await to_thread.run_sync(self._write)
        except DiskFull:
            self._gathered = bytearray()
            raise NoSpace("The server's disk is full. What was sent so far is kept.") from None
        finally:
            # Also when the client went away or the server stops: what came need not be sent again.
            with anyio.CancelScope(shield=True):
                await self._save()
        return self._safe, self._expires_at

    async def _next(self, stream: AsyncIterator[bytes]) -> bytes | None:
        """The next bytes of the body; None at its end."""
        try:
            with anyio.fail_after(SILENCE_SECONDS):
                return await anext(stream, None)
        except TimeoutError:
            raise RequestTimeout(
                f"No data came for {SILENCE_SECONDS:g} seconds. What was sent so far is kept."
            ) from None

    def _write(self) -> None:
        self._partial.write(self._gathered)
        self._gathered = bytearray()

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
