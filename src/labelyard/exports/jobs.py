"""The jobs that write snapshots and convert them.

A file appears under its key when it is complete, together with the row that names it: a job that was killed begins
anew and leaves nothing half-written.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from mmap import ACCESS_READ, mmap
from secrets import token_hex
from typing import Any

import msgspec
from sqlalchemy import Connection

from labelyard.context import Context
from labelyard.exports import queries, snapshots
from labelyard.exports.reading import batches
from labelyard.exports.service import format_named, write_objects
from labelyard.formats.writers.base import StoredWriter
from labelyard.formats.writers.json_tasks import JsonWriter
from labelyard.formats.writers.model import ExportTask
from labelyard.kit.clock import now_us
from labelyard.kit.jobs.runner import JobRun
from labelyard.label.config import parse

_CONVERTED_AT_ONCE = 500  # tasks
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_task = msgspec.json.Decoder(ExportTask).decode


def register(ctx: Context) -> None:
    """Tell the runner how these jobs are done."""
    ctx.jobs.register(snapshots.KIND, partial(run_snapshot, ctx), on_failure=snapshot_failed)
    ctx.jobs.register(snapshots.KIND_CONVERT, partial(run_conversion, ctx), on_failure=conversion_failed)


def run_snapshot(ctx: Context, job: JobRun) -> None:
    """Write the tasks of a snapshot to a file."""
    export_id = job.args["export_id"]
    row = ctx.db.read_sync(queries.snapshot, export_id)
    if row is None:  # deleted before its turn
        return
    selection = snapshots.selection_of(ctx.db, row)
    digest, count = hashlib.md5(usedforsecurity=False), 0
    started = {"status": "in_progress"}
    total = selection.last if selection.ids is None else len(selection.ids)
    job.commit(lambda conn: queries.update_snapshot(conn, export_id, started), cursor={}, total=total)

    def chunks() -> Iterator[bytes]:
        nonlocal count
        writer = JsonWriter()
        yield writer.begin()
        for stored in batches(ctx.db, selection):
            job.check()
            count += len(stored.tasks)
            yield from writer.stored(stored)
            job.commit(_nothing, cursor={}, progress=count)
        yield writer.end()

    key = f"export/{row.project_id}/{export_id}-{token_hex(4)}.json"
    ctx.objects.put_chunks(key, _digested(chunks(), digest.update))

    def finish(conn: Connection) -> None:
        values = {"status": "completed", "key": key, "tasks": count, "md5": digest.hexdigest()}
        queries.update_snapshot(conn, export_id, {**values, "finished_at": now_us()})

    _keep(ctx, key, lambda: job.complete(finish, {"tasks": count}))


def run_conversion(ctx: Context, job: JobRun) -> None:
    """Write the tasks of a snapshot's file in another format."""
    conversion_id = job.args["conversion_id"]
    row = ctx.db.read_sync(queries.conversion, conversion_id)
    snapshot = ctx.db.read_sync(queries.snapshot, row.export_id) if row is not None else None
    if row is None or snapshot is None:
        return
    kind = format_named(row.export_type)
    assert kind.make is not None  # noqa: S101 - `format_named` lets no other through
    writer = kind.make(parse(snapshot.label_config))
    source = ctx.objects.path(snapshot.key)
    total = snapshot.tasks
    started = {"status": "in_progress"}
    job.commit(lambda conn: queries.update_conversion(conn, conversion_id, started), cursor={}, total=total)

    def read() -> Iterator[list[ExportTask]]:
        with source.open("rb") as file:
            items = _items(mmap(file.fileno(), 0, access=ACCESS_READ))
        for start in range(0, len(items), _CONVERTED_AT_ONCE):
            job.check()
            yield [_task(item) for item in items[start : start + _CONVERTED_AT_ONCE]]
            job.commit(_nothing, cursor={}, progress=min(start + _CONVERTED_AT_ONCE, total))

    if isinstance(writer, StoredWriter):
        chunks: Iterable[bytes] = (source.read_bytes(),)  # the format of the snapshot itself
    else:
        chunks = write_objects(writer, read, ctx.settings.spool_dir)
    key = f"export/{snapshot.project_id}/{snapshot.id}-{token_hex(4)}.{kind.extension}"
    ctx.objects.put_chunks(key, chunks)

    def finish(conn: Connection) -> None:
        queries.update_conversion(conn, conversion_id, {"status": "completed", "key": key})

    _keep(ctx, key, lambda: job.complete(finish, None))


def _keep(ctx: Context, key: str, commit: Callable[[], None]) -> None:
    """Save the row that names a file; the file goes when that fails."""
    try:
        commit()
    except BaseException:
        ctx.objects.delete(key)
        raise


def _digested(chunks: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for chunk in chunks:
        update(chunk)
        yield chunk


def _nothing(conn: Connection) -> None:
    """Progress is saved by the step itself."""


def snapshot_failed(conn: Connection, args: Mapping[str, Any], error: str) -> None:
    values = {"status": "failed", "error": error, "finished_at": now_us()}
    queries.update_snapshot(conn, args["export_id"], values)


def conversion_failed(conn: Connection, args: Mapping[str, Any], error: str) -> None:
    queries.update_conversion(conn, args["conversion_id"], {"status": "failed", "error": error})
