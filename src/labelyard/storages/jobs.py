"""The jobs of storages, as the runner gets to know them. They wait for other servers, so they have its other threads."""

from functools import partial

from labelyard.context import Context
from labelyard.kit.clock import SECOND, now_us
from labelyard.storages import importing, writing

SWEEP_SECONDS = 1.0
CLEAN_SECONDS = 3600.0


def clean(ctx: Context) -> None:
    """Forget the jobs that are done."""
    for kind in (importing.KIND, writing.KIND, writing.KIND_ALL):
        ctx.db.write_sync(ctx.deliveries.forget, kind, now_us() - 3600 * SECOND)


def register(ctx: Context) -> None:
    """Tell the runner how these jobs are done, and look for what is to be written from time to time."""
    ctx.deliveries.register(importing.KIND, partial(importing.run, ctx=ctx), on_failure=importing.failed)
    ctx.deliveries.register(writing.KIND, partial(writing.run, ctx=ctx), on_failure=writing.failed)
    ctx.deliveries.register(writing.KIND_ALL, partial(writing.run_all, ctx=ctx), on_failure=writing.failed)
    ctx.periodic.add("storages", SWEEP_SECONDS, lambda: writing.sweep(ctx))
    ctx.periodic.add("storage jobs", CLEAN_SECONDS, lambda: clean(ctx))
