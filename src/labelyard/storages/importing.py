"""The job that makes tasks of the objects of a source: each object once, whenever the server dies.

It walks the objects in the order of their keys. What it makes of a part of them, the links from tasks to keys and the key
that it reached are saved in one transaction; an object that has a task already costs one look into an index.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.imports import service as imports
from labelyard.imports.objects import ObjectProblem, tasks_of
from labelyard.kit.clock import SECOND, now_us
from labelyard.kit.errors import BadRequest, Problem
from labelyard.kit.jobs.runner import JobRun
from labelyard.kit.objects.store import Listed, StoreError, check_key
from labelyard.kit.patterns import Matcher, PatternError, PatternTooSlow
from labelyard.label.tasks import TaskProblem
from labelyard.projects import service as projects
from labelyard.storages import queries
from labelyard.storages.connecting import Keeper, Store, open_row, options_of, url_of
from labelyard.tasks import service as tasks
from labelyard.tasks.service import NewTask
from labelyard.users import service as users

KIND = "storages.sync"
READERS = 8  # objects read at the same time
PART_BYTES = 32 * 1024 * 1024  # of objects that are read before their tasks are stored
PART_OBJECTS = 250
PART_TASKS = 2_000  # in one transaction
MAX_SHOWN = 20  # objects that are named among those left out

Made = list[tuple[NewTask, str, int]]  # task, key, row in the object


class Counts(msgspec.Struct, omit_defaults=True):
    """Of a sync: objects seen, of which some had tasks before, some do not match, some are wrong; tasks made."""

    seen: int = 0
    known: int = 0
    filtered: int = 0
    added: int = 0
    wrong: int = 0
    errors: list[tuple[str, str]] = []  # key and reason


class Cursor(msgspec.Struct, omit_defaults=True):
    """Objects up to the key `after` are done, and the first `rows` tasks of the object `key`."""

    after: str = ""
    key: str = ""
    rows: int = 0
    counts: Counts = msgspec.field(default_factory=Counts)


def run(job: JobRun, *, ctx: Context) -> dict[str, Any]:
    """The job. What the store refuses ends it as failed; `sync` then begins anew, and finds what it made."""
    storage_id = job.args["storage_id"]
    row = ctx.db.read_sync(queries.any_by_id, storage_id)
    if row is None or not row.active:
        return {}
    began = now_us()
    so_far = msgspec.json.encode(msgspec.convert(job.cursor, Cursor).counts).decode()
    ctx.db.write_sync(queries.update, storage_id, {"status": "in_progress", "error": None, "counts": so_far})
    try:
        sync = _Sync(ctx, job, row)
        sync.run()
    except (StoreError, Problem) as error:
        raise BadRequest(str(error)) from error  # the job's end says so in the row, see `failed`
    except PatternTooSlow:
        raise BadRequest("regex_filter takes too long on one of the keys.") from None

    counts = sync.cursor.counts

    def finish(conn: Connection) -> None:
        queries.update(
            conn,
            storage_id,
            {
                "status": "completed_with_errors" if counts.wrong else "completed",
                "error": _left_out(counts) if counts.wrong else None,
                "counts": msgspec.json.encode(
                    {"duration": (now_us() - began) / SECOND, **msgspec.to_builtins(counts)}
                ).decode(),
                "synced_at": now_us(),
                "synced_count": counts.added,
            },
        )

    found: dict[str, Any] = msgspec.to_builtins(counts)
    job.complete(finish, found)
    return found


def failed(conn: Connection, args: dict[str, Any], error: str) -> None:
    """In the transaction that ends a failed job."""
    queries.update(conn, args["storage_id"], {"status": "failed", "error": error})


def _left_out(counts: Counts) -> str:
    shown = [f"{key}: {reason}" for key, reason in counts.errors]
    more = counts.wrong - len(shown)
    return "\n".join([*shown, *([f"… and {more} more"] if more > 0 else [])])


class _Sync:
    def __init__(self, ctx: Context, job: JobRun, row: Row[Any]) -> None:
        self.ctx, self.job, self.row = ctx, job, row
        self.options = options_of(row)
        self.cursor = msgspec.convert(job.cursor, Cursor)
        self.store: Store = ctx.db.read_sync(open_row, Keeper.of(ctx), row)
        self.actor: Actor = ctx.db.read_sync(_worker, row)
        self.people = imports.people_of(ctx, self.actor)
        project = ctx.db.read_sync(projects.get, self.actor, row.project_id)
        self.label_config: str = project.label_config
        self.data_key = self.options.data_key or projects.label_config(project).first_data_key

    def run(self) -> None:
        options = self.options
        with ExitStack() as stack:
            matcher = stack.enter_context(self._matcher()) if options.regex_filter else None
            pool = stack.enter_context(ThreadPoolExecutor(READERS, "storage-read"))
            try:
                pages = self.store.pages(
                    options.folder, recursive=options.recursive_scan, after=self.cursor.after
                )
                for page in pages:
                    self._page(page, matcher, pool)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _matcher(self) -> Matcher:
        try:
            return Matcher(self.options.regex_filter, at_start=True)
        except PatternError as error:
            raise BadRequest(f"regex_filter: {error}") from error

    def _page(self, page: Sequence[Listed], matcher: Matcher | None, pool: ThreadPoolExecutor) -> None:
        counts = self.cursor.counts
        seen = {each.key: counts.seen + number for number, each in enumerate(page, 1)}
        objects = [each for each in page if not each.key.endswith("/")]
        if matcher is not None and objects:
            kept = matcher.search([each.key for each in objects])
            objects = [each for each, keep in zip(objects, kept, strict=True) if keep]
        counts.filtered += len(page) - len(objects)
        known: set[str] = self.ctx.db.read_sync(
            queries.known_keys, self.row.id, [each.key for each in objects]
        )
        known.discard(self.cursor.key)  # begun, and not to its end
        counts.known += len(known)
        for part in _parts([each for each in objects if each.key not in known], self.options.use_blob_urls):
            self._part(part, pool, seen[part[-1].key])
        if page:
            counts.seen = seen[page[-1].key]
            self._save([], Cursor(after=page[-1].key, counts=counts))

    def _part(self, part: Sequence[Listed], pool: ThreadPoolExecutor, seen: int) -> None:
        made: Made = []
        for each, found in zip(part, pool.map(self._read, part), strict=True):
            counts = self.cursor.counts
            if isinstance(found, str):
                counts.wrong += 1
                if len(counts.errors) < MAX_SHOWN:
                    counts.errors = [*counts.errors, (each.key, found)]
                continue
            done = self.cursor.rows if each.key == self.cursor.key else 0
            made += [(task, each.key, number) for number, task in enumerate(found) if number >= done]
            while len(made) > PART_TASKS:
                portion, made = made[:PART_TASKS], made[PART_TASKS:]
                _, key, number = portion[-1]
                self._save(portion, Cursor(self.cursor.after, key, number + 1, counts))
        self.cursor.counts.seen = seen
        self._save(made, Cursor(part[-1].key, counts=self.cursor.counts))

    def _read(self, listed: Listed) -> Sequence[NewTask] | str:
        """The tasks of an object, or why there is none. StoreError when the store is at fault, not the object."""
        try:
            key = check_key(listed.key)
            if self.options.use_blob_urls:
                return [self._of_blob(key)]
            limit = self.ctx.settings.max_import_bytes
            if listed.size > limit:
                return f"larger than the limit of {limit} bytes"
            return tasks_of(self.store.get(key, limit), self.label_config, self.people)
        except (ObjectProblem, TaskProblem) as problem:
            return str(problem)
        except StoreError as error:
            if error.code in ("bad_key", "not_found", "too_large"):
                return error.message
            raise

    def _of_blob(self, key: str) -> NewTask:
        url = url_of(self.ctx.settings, self.row.kind, self.options, key)
        data = msgspec.json.encode({self.data_key or "data": url})
        tasks.validator(self.label_config).check(b'{"data":' + data + b"}", 0)
        return NewTask(data.decode())

    def _save(self, made: Made, reached: Cursor) -> None:
        reached.counts.added += len(made)

        def store(conn: Connection) -> None:
            # Whoever looks at the storage sees how far it is.
            counts = msgspec.json.encode(reached.counts).decode()
            queries.update(conn, self.row.id, {"counts": counts})
            if not made:
                return
            project = projects.get(conn, self.actor, self.row.project_id)
            ids = tasks.insert_tasks(conn, project, self.actor.user_id, [task for task, _, _ in made])
            links = [(task_id, key, row) for task_id, (_, key, row) in zip(ids, made, strict=True)]
            queries.insert_links(conn, self.row.id, links)

        self.job.commit(store, cursor=msgspec.to_builtins(reached), progress=reached.counts.seen, bulk=True)
        self.cursor = reached


def _worker(conn: Connection, row: Row[Any]) -> Actor:
    """Who made the storage; its project's owner when they are gone."""
    if row.created_by is not None:
        return users.worker(conn, row.created_by, row.project_id)
    return users.cli_actor_for(conn, row.project_id)


def _parts(objects: Sequence[Listed], unread: bool) -> Iterator[Sequence[Listed]]:
    """Objects in runs that fit into memory together; all at once where they are not read."""
    if unread:
        if objects:
            yield objects
        return
    part: list[Listed] = []
    size = 0
    for each in objects:
        if part and (len(part) == PART_OBJECTS or size + each.size > PART_BYTES):
            yield part
            part, size = [], 0
        part.append(each)
        size += each.size
    if part:
        yield part
