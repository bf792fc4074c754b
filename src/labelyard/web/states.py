"""What other editions keep of the states of objects; here so that scripts that ask find no surprise."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.annotations import service as annotations
from labelyard.deps import Ctx, CurrentActor
from labelyard.kit.errors import Forbidden, Invalid, NotFound
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body
from labelyard.kit.http.paging import page_object, read_page
from labelyard.kit.http.responses import json_response
from labelyard.projects import service as projects
from labelyard.tasks import access as tasks

router = APIRouter(tags=["Tasks"])

_MAX_ID = 2**63 - 1
EntityName = Annotated[str, Path(description="`task`, `annotation` or `project`.", examples=["task"])]


class Transition(BaseModel):
    transition_name: str = Field(min_length=1, max_length=256)
    transition_data: dict[str, Any] | None = None


def _check(conn: Connection, actor: Actor, entity_name: str, entity_id: int) -> None:
    """NotFound when the object is missing or not for the caller."""
    if not 0 < entity_id <= _MAX_ID:
        raise NotFound
    if entity_name == "task":
        tasks.get_row(conn, actor, entity_id)
    elif entity_name == "annotation":
        annotations.get(conn, actor, entity_id)
    elif entity_name == "project":
        projects.get(conn, actor, entity_id)
    else:
        raise NotFound


@router.get(
    "/api/fsm/entities/{entity_name}/{entity_id}/history",
    summary="List the states of an object",
    responses={
        **example_response({"count": 0, "next": None, "previous": None, "results": []}, "None."),
        **error_responses(401, 404),
    },
)
async def state_history(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    entity_name: EntityName,
    entity_id: int,
    page: Annotated[str, Query(description="Page, from 1.")] = "1",
    page_size: Annotated[str, Query(description="Entries on a page.")] = "100",
) -> Response:
    """Objects have no states of their own here, so the list is empty, as where they are switched off.

    Who changed an annotation, and when, is at `/api/annotations/{id}/history`.
    """
    await ctx.db.read(_check, actor, entity_name, entity_id)
    wanted = read_page(request, default=100, maximum=1000)
    return json_response(page_object(request, [], 0, wanted.number, wanted.size))


@router.post(
    "/api/fsm/entities/{entity_name}/{entity_id}/transition",
    summary="Move an object to another state",
    openapi_extra=json_body({"transition_name": "complete"}, schema=Transition.model_json_schema()),
    responses={
        **example_response(
            {"success": True, "new_state": "completed", "state_record": None}, "Not answered by this release."
        ),
        **error_responses(400, 401, 404, 413, 415),
    },
)
async def execute_transition(
    request: Request, ctx: Ctx, actor: CurrentActor, entity_name: EntityName, entity_id: int
) -> Response:
    """Objects have no states of their own here: every transition is unknown (400)."""
    await ctx.db.read(_check, actor, entity_name, entity_id)
    await read_body(request, Transition)
    raise Invalid({"transition_name": ["Unknown transition for this entity."]})


@router.get(
    "/api/tasks/{task_id}/agreement",
    summary="Get the agreement on a task",
    responses={
        **example_response({"agreement": 0.87}, "Not answered by this release."),
        **error_responses(401, 403, 404),
    },
)
async def task_agreement(ctx: Ctx, actor: CurrentActor, task_id: int) -> Response:
    """How far the annotations of a task agree is not worked out by this release (403)."""
    await ctx.db.read(_check, actor, "task", task_id)
    raise Forbidden("Agreement on tasks is not worked out by this release.")
