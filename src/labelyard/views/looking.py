"""Reading lists as far as the readers of the database can, and what has to happen in between."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from anyio import to_thread

from labelyard.context import Context
from labelyard.indexes import jobs as index_jobs
from labelyard.indexes import service as indexes
from labelyard.indexes.values import Kind
from labelyard.kit.db.perdatabase import PerDatabase
from labelyard.views import matching
from labelyard.views.conditions import Behind
from labelyard.views.listing import Matched, Unmatched

T = TypeVar("T")

_PATIENCE = 4  # times that tasks are added to an index first
_ASK_AGAIN_SECONDS = 5.0

# (project, kind, path) → when the index was asked for last.
_asked: PerDatabase[dict[tuple[int, str, str], float]] = PerDatabase(dict)


async def look(ctx: Context, read: Callable[..., T], *args: Any) -> T:
    """`read(conn, *args, matched, impatient=…)`, regular expressions matched and indexes caught up as it asks for it."""
    matched: Matched | None = None
    attempt = 0
    while True:
        try:
            return await ctx.db.read(read, *args, matched, impatient=attempt < _PATIENCE)
        except Unmatched as need:
            # Not in a reader's thread: others want to read meanwhile.
            matched = await to_thread.run_sync(
                matching.match, ctx.db, need.project_id, need.last_inner_id, need.chosen.node
            )
        except Behind as behind:
            attempt += 1
            await ctx.db.write(indexes.catch_up, behind.project_id, behind.kind, behind.path)


async def want_indexes(ctx: Context, project_id: int, wanted: Sequence[tuple[Kind, str]]) -> None:
    """See to it that a project gets these indexes; nobody waits for them."""
    now = time.monotonic()
    asked = await ctx.db.look_up(_asked.of)
    fresh = [each for each in wanted if now - asked.get((project_id, *each), -1e9) > _ASK_AGAIN_SECONDS]
    if fresh:
        asked.update({(project_id, *each): now for each in fresh})
        await ctx.db.write(index_jobs.want, ctx.jobs, project_id, fresh)
        ctx.jobs.notify()
