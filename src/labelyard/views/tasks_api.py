"""The route of task lists."""

from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from labelyard.deps import Ctx, CurrentActor, older_dialect
from labelyard.indexes import service as indexes
from labelyard.kit.errors import Invalid
from labelyard.kit.http.bodies import check_depth
from labelyard.kit.http.errors import nested_errors
from labelyard.kit.http.openapi import error_responses, example_response
from labelyard.kit.http.paging import read_page
from labelyard.kit.http.responses import json_response
from labelyard.tasks.schemas import TASK_EXAMPLE
from labelyard.views import service
from labelyard.views.looking import look, want_indexes
from labelyard.views.schemas import ListQuery, SelectedItems
from labelyard.views.selection import Wanted
from labelyard.views.service import MAX_ID, ListRequest

router = APIRouter(tags=["Tasks"])

PAGE_SIZE, MAX_PAGE_SIZE = 100, 10_000
_QUERY_EXAMPLE = (
    '{"filters":{"conjunction":"and","items":[{"filter":"filter:tasks:data.text","operator":"contains",'
    '"type":"String","value":"ferry"}]},"ordering":["-tasks:id"]}'
)


@router.get(
    "/api/tasks",
    summary="List tasks",
    responses={
        **example_response(
            {
                "total": 1,
                "total_annotations": 0,
                "total_predictions": 0,
                "tasks": [TASK_EXAMPLE],
                "next": None,
            },
            "One page of tasks; the totals are those of the whole list.",
        ),
        **error_responses(400, 401, 403, 404),
        503: {"description": "Too many regular expressions are being matched."},
    },
)
async def list_tasks(
    request: Request,
    ctx: Ctx,
    actor: CurrentActor,
    project: Annotated[
        int | None, Query(ge=1, le=MAX_ID, description="Id of the project.", examples=[3])
    ] = None,
    view: Annotated[
        int | None,
        Query(description="Id of a view: its filters and order go before those of `query`.", examples=[5]),
    ] = None,
    page: Annotated[str, Query(description="Page, from 1.", examples=["1"])] = "1",
    page_size: Annotated[str, Query(description="Tasks a page, at most 10000.", examples=["100"])] = "100",
    after: Annotated[
        int | None,
        Query(
            ge=0,
            le=MAX_ID,
            description="Inner id of the last task seen: the tasks behind it, in place of `page`, where the list is "
            "that of all tasks by id.",
        ),
    ] = None,
    order: Annotated[str, Query(description="Order of the list of 0.x.", examples=["-completed_at"])] = "",
    fields: Annotated[
        str, Query(description="`all` adds annotations, predictions and figures from them; else `task_only`.")
    ] = "task_only",
    include: Annotated[
        str, Query(description="Comma-separated fields; only these and the id are answered.")
    ] = "",
    ordering: Annotated[
        str,
        Query(
            description="Comma-separated: `id`, `created_at`, `total_annotations`, `data.<key>` and the like; `-` in "
            "front reverses.",
            examples=["-data.price"],
        ),
    ] = "",
    search: Annotated[
        str, Query(description="Only tasks with this text anywhere in their data.", examples=["ferry"])
    ] = "",
    selectedItems: Annotated[
        str,
        Query(
            description="JSON: only these tasks, as in `query`.",
            examples=['{"all":false,"included":[17]}'],
        ),
    ] = "",
    only_annotated: Annotated[bool, Query(description="Only tasks that have an annotation.")] = False,
    resolve_uri: Annotated[
        bool,
        Query(
            description="In data, addresses of this server in the place of those of objects in storages (`s3://…`)."
        ),
    ] = True,
    query: Annotated[
        str,
        Query(
            description="JSON with `filters`, `ordering`, `selectedItems`, `search`.",
            examples=[_QUERY_EXAMPLE],
        ),
    ] = "",
) -> Response:
    """One page of a project's tasks or of a view's, by id unless another order is asked for.

    A page past the end is a 404. `next` of the answer, sent as `after`, gives the following page at the same cost
    however far it is. `indexing` (true) says that the list looked at every task because the index that it needs is still
    being made. See [Find tasks](../how-to/find-tasks.md) for filters and orders.

    Without `project`, `view` and a token, it is the list of 0.x: the current project's tasks with their completions,
    bare, ten a page, by `order` (`id`, `completed_at`, `-` in front reverses), with the keys that `fields` names.
    """
    if project is None and view is None and actor.via not in ("token", "jwt"):
        return await older_dialect(request).list_tasks(request, ctx, actor)
    here = read_page(request, default=PAGE_SIZE, maximum=MAX_PAGE_SIZE)
    asked = _list_query(query)
    wanted = Wanted(
        filters=asked.filters,
        ordering=[each for each in ordering.split(",") if each.strip()] or asked.ordering,
        display_types=asked.columnsDisplayType,
        selected=_selected(selectedItems) or asked.selectedItems,
        search=search or asked.search,
        annotated_only=only_annotated,
    )
    listed = ListRequest(
        wanted,
        project_id=project,
        view_id=view,
        page=here.number,
        page_size=here.size or MAX_PAGE_SIZE,
        after=after,
        full=_is_full(fields),
        include=_include(include),
        resolve=resolve_uri,
    )
    found = await look(ctx, service.list_tasks, actor, listed)
    if found.wanted:
        await want_indexes(ctx, found.project_id, found.wanted)
    if found.used:
        await ctx.db.write(indexes.use, found.used)
    if found.wanted:
        return json_response(found.answer | {"indexing": True})
    return json_response(found.answer)


def _is_full(fields: str) -> bool:
    if fields not in ("all", "task_only", ""):
        raise Invalid({"fields": ["Must be all or task_only."]})
    return fields == "all"


def _include(text: str) -> frozenset[str] | None:
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    if any("__" in name for name in names):
        raise Invalid({"include": ['"__" is not allowed in names of fields.']})
    return names or None


def _selected(text: str) -> SelectedItems | None:
    if not text.strip():
        return None
    check_depth(text.encode("utf-8", "replace"))
    try:
        return SelectedItems.model_validate_json(text)
    except ValidationError as error:
        raise Invalid(
            {"selectedItems": nested_errors(error.errors(include_url=False, include_input=False))}
        ) from error


def _list_query(text: str) -> ListQuery:
    if not text.strip():
        return ListQuery()
    plain = text if text.lstrip().startswith("{") else unquote(text)
    check_depth(plain.encode("utf-8", "replace"))
    try:
        return ListQuery.model_validate_json(plain)
    except ValidationError as error:
        raise Invalid(
            {"query": nested_errors(error.errors(include_url=False, include_input=False))}
        ) from error
