"""Many annotations over HTTP."""

from fastapi import APIRouter, Request, Response

from labelyard.access.deleting import check_deletable
from labelyard.annotations import many
from labelyard.annotations.api import ANNOTATIONS, EXAMPLE_RESULT
from labelyard.annotations.results import result_text
from labelyard.annotations.schemas import ManyAnnotations, ManyIds, Selected
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.rawfields import read_fields
from labelyard.kit.http.responses import json_response

router = APIRouter(tags=[ANNOTATIONS])

_GIVEN = ("result", "lead_time", "was_cancelled", "ground_truth", "completed_by")


@router.post(
    "/api/annotations/bulk",
    status_code=201,
    summary="Give many tasks the same annotation",
    openapi_extra=json_body(
        {"tasks": [7, 8, 9], "result": EXAMPLE_RESULT}, schema=ManyAnnotations.model_json_schema()
    ),
    responses={
        **example_response(
            [{"id": 12}, {"id": 13}, {"id": 14}], "The new annotations, in the order of the tasks.", 201
        ),
        **error_responses(400, 401, 403, 404, 413, 415),
    },
)
async def create_annotations(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Annotate up to 500 tasks alike, all or none of them. `tasks` names them; `selected_items` can do it instead, as
    in the data manager, with `project` where all are meant."""
    body = await read_fields(request, ManyAnnotations, raw=("result",))
    given = {name: body[name] for name in _GIVEN if name in body}
    if "result" in given:
        given["result"] = result_text(given["result"])
    selected = body.get("selected_items")
    made = await ctx.db.write(
        many.create,
        actor,
        given,
        tasks=body.get("tasks"),
        selected=None if selected is None else Selected.model_validate(selected),
        project_id=body.get("project"),
    )
    return json_response([{"id": each} for each in made], 201)


@router.post(
    "/api/annotations/bulk-delete",
    summary="Delete many annotations",
    openapi_extra=json_body({"ids": [12, 13], "project": 3}, schema=ManyIds.model_json_schema()),
    responses={
        **example_response({"deleted_count": 2}, "How many are gone."),
        **error_responses(400, 401, 403, 404, 413, 415, 422),
    },
)
async def delete_annotations(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
    """Delete up to 500 annotations of a project, all or none of them. The history keeps what they said."""
    check_deletable(ctx.settings)
    body = await read_body(request, ManyIds)
    deleted = await ctx.db.write(many.delete, actor, body.ids, body.project)
    return json_response({"deleted_count": deleted})
