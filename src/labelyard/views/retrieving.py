"""The action that has the ML backends of a project predict for the tasks of a list."""

from typing import Any, Final

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.ml import retrieving as ml
from labelyard.views import jobs
from labelyard.views.actions import ACTIONS
from labelyard.views.selection import Wanted

ACTION: Final = "retrieve_tasks_predictions"


async def perform(ctx: Context, actor: Actor, project_id: int, wanted: Wanted) -> dict[str, Any]:
    """Ask all backends about the tasks that are meant; the answer of the action, when they are done.

    Unavailable when a backend does not answer; what it answered before is kept. Conflict while one is at it already.
    """
    run_ids = await ctx.db.write(ml.prepare, actor, project_id)
    if not run_ids:
        words = "Retrieved 0 predictions: no ML backend is connected to this project"
        return {"processed_items": 0, "detail": words}
    try:
        await jobs.perform(ctx, actor, project_id, ACTION, wanted, {"runs": run_ids})
    except BaseException:
        await ctx.db.write(ml.drop, run_ids)
        raise
    job_ids = await ctx.db.write(ml.start, ctx, actor, run_ids)
    found = await ml.outcome(ctx, run_ids, job_ids, jobs.ACTION_SECONDS)
    detail = ACTIONS[ACTION].done.format(n=found.tasks)
    if found.failed:
        detail += f", {found.failed} could not be predicted"
    return {"processed_items": found.tasks, "detail": detail}
