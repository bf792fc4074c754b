"""Views (tabs) of the data manager, and lists of tasks by them or by what a request says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.kit.clock import now_us
from labelyard.kit.errors import Invalid, NotFound
from labelyard.projects import service as projects
from labelyard.tasks.service import Shown
from labelyard.views import listing, queries
from labelyard.views.conditions import Tasks
from labelyard.views.listing import Asked, Matched, Page
from labelyard.views.schemas import SelectedItems, ViewBody
from labelyard.views.selection import Chosen, Wanted, choose, fields_of

MAX_ID = 2**63 - 1
MAX_DATA = 1_000_000  # characters of a view's JSON
# What a change keeps when it does not say anything about it.
_KEPT = ("filters", "ordering")

View = dict[str, Any]


def shape(row: Row[Any]) -> View:
    """A view as the API shows it."""
    return {
        "id": row.id,
        "data": msgspec.Raw(row.data.encode()),
        "order": row.position,
        "user": row.user_id,
        "project": row.project_id,
    }


# --- views --------------------------------------------------------------------------------------------------------


def list_views(conn: Connection, actor: Actor, project_id: int | None) -> list[View]:
    """The views of a project, or of all that exist for the caller, in their order."""
    if project_id is not None:
        projects.get(conn, actor, project_id, "views.any")
    return [shape(row) for row in queries.views(conn, actor, project_id)]


def read(conn: Connection, actor: Actor, view_id: int) -> View:
    """A view. NotFound when it is missing or not for the caller."""
    return shape(_row(conn, actor, view_id))


def _row(conn: Connection, actor: Actor, view_id: int) -> Row[Any]:
    row = queries.view_by_id(conn, actor, view_id) if 0 < view_id <= MAX_ID else None
    if row is None:
        raise NotFound(f"No view with id {view_id}.")
    return row


def _data(row: Row[Any]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(row.data)
    return found


def create(conn: Connection, actor: Actor, body: ViewBody) -> View:
    """A new view, behind the others. Its filters and order are checked: Invalid names what is wrong with them."""
    if body.project is None:
        raise Invalid({"project": ["This field is required."]})
    project_row = projects.get(conn, actor, body.project, "views.any")
    data = body.data or {}
    text = _checked(conn, project_row, data)
    now = now_us()
    place = queries.next_position(conn, project_row.id) if body.order is None else body.order
    view_id = queries.insert_view(
        conn,
        project_id=project_row.id,
        user_id=actor.user_id,
        position=place,
        data=text,
        created_at=now,
        updated_at=now,
    )
    return read(conn, actor, view_id)


def take_over(
    conn: Connection,
    project_id: int,
    user_id: int | None,
    data: Mapping[str, Any],
    *,
    position: int,
    view_id: int | None = None,
) -> int:
    """Store a view as it was elsewhere; `view_id`: a free one. What its filters mean is looked at when it is used."""
    now = now_us()
    values: dict[str, Any] = {} if view_id is None else {"id": view_id}
    text = msgspec.json.encode(data).decode()
    return queries.insert_view(
        conn, **values, project_id=project_id, user_id=user_id, position=position, data=text,
        created_at=now, updated_at=now,
    )  # fmt: skip


def _checked(conn: Connection, project_row: Row[Any], data: Mapping[str, Any]) -> str:
    """The JSON text of a view's data, whose filters, order and selection mean something in this project."""
    choose(_wanted(data), _fields(conn, project_row))
    text = msgspec.json.encode(data).decode()
    if len(text) > MAX_DATA:
        raise Invalid({"data": [f"At most {MAX_DATA} characters of JSON."]})
    return text


def _fields(conn: Connection, project_row: Row[Any]) -> Any:
    return fields_of(projects.label_config(project_row), projects.data_columns(conn, project_row.id))


def _wanted(data: Mapping[str, Any]) -> Wanted:
    return Wanted(
        data.get("filters"), data.get("ordering"), data.get("columnsDisplayType"), selected_of(data)
    )


def selected_of(data: Mapping[str, Any]) -> SelectedItems | None:
    """The selection in a view's data. Invalid when it is none."""
    selected = data.get("selectedItems")
    if not selected:
        return None
    try:
        return SelectedItems.model_validate(selected)
    except ValueError:
        raise Invalid(
            {"selectedItems": ['Expected {"all": false, "included": […]} or {"all": true, "excluded": […]}.']}
        ) from None


def update(conn: Connection, actor: Actor, view_id: int, body: ViewBody) -> View:
    """Replace a view's data; filters and ordering that the new data lack stay. `order` moves it."""
    row = _hold(conn, actor, view_id)
    if body.project is not None and body.project != row.project_id:
        projects.get(conn, actor, body.project, "views.any")
        raise Invalid({"project": ["A view stays in its project."]})
    project_row = projects.get(conn, actor, row.project_id, "views.any")
    values: dict[str, Any] = {"updated_at": now_us()}
    if body.data is not None:
        before = _data(row)
        kept = {name: before[name] for name in _KEPT if name in before and not _says(body.data, name)}
        values["data"] = _checked(conn, project_row, {**body.data, **kept})
    if body.order is not None:
        values["position"] = body.order
    queries.update_view(conn, view_id, **values)
    return read(conn, actor, view_id)


def _says(data: Mapping[str, Any], name: str) -> bool:
    return data.get(name) is not None


def _hold(conn: Connection, actor: Actor, view_id: int) -> Row[Any]:
    projects.get(conn, actor, _row(conn, actor, view_id).project_id, "views.any")
    row = queries.lock_view(conn, view_id)
    if row is None:
        raise NotFound(f"No view with id {view_id}.")
    return row


def delete(conn: Connection, actor: Actor, view_id: int) -> None:
    """Delete a view; its tasks stay."""
    _hold(conn, actor, view_id)
    queries.delete_view(conn, view_id)


def reset(conn: Connection, actor: Actor, project_id: int) -> None:
    """Delete all views of a project."""
    queries.delete_views(conn, projects.get(conn, actor, project_id, "views.any").id)


def reorder(conn: Connection, actor: Actor, project_id: int, ids: list[int]) -> None:
    """Put views of a project in this order; those left out come after them. NotFound for one that it does not have."""
    row = projects.get(conn, actor, project_id, "views.any")
    present = [each.id for each in queries.views(conn, actor, row.id)]
    wanted = list(dict.fromkeys(ids))
    missing = [each for each in wanted if each not in set(present)]
    if missing:
        raise NotFound(f"No view with id {missing[0]}.")
    queries.place_views(conn, row.id, [*wanted, *(each for each in present if each not in set(wanted))])


# --- what is selected in a view -----------------------------------------------------------------------------------


def selected_items(conn: Connection, actor: Actor, view_id: int) -> dict[str, Any]:
    """The selection of a view; without one nothing is selected."""
    return _selection(selected_of(_data(_row(conn, actor, view_id))))


def _selection(selected: SelectedItems | None) -> dict[str, Any]:
    if selected is None:
        return {"all": False, "included": []}
    if selected.all:
        return {"all": True, "excluded": selected.excluded}
    return {"all": False, "included": selected.included}


def select(conn: Connection, actor: Actor, view_id: int, selected: SelectedItems) -> dict[str, Any]:
    """Replace the selection of a view."""
    row = _hold(conn, actor, view_id)
    found = _selection(selected)
    _keep_selection(conn, row, found)
    return found


def change_selection(
    conn: Connection, actor: Actor, view_id: int, selected: SelectedItems, *, add: bool
) -> dict[str, Any]:
    """Add tasks to the selection of a view, or take them out of it. Invalid for a selection of the other kind."""
    row = _hold(conn, actor, view_id)
    before = selected_of(_data(row)) or SelectedItems(all=selected.all)
    if before.all != selected.all:
        raise Invalid({"all": ["The view's selection is of the other kind; replace it."]})
    old, new = (before.excluded, selected.excluded) if before.all else (before.included, selected.included)
    ids = [*old, *new] if add else [each for each in old if each not in set(new)]
    ids = list(dict.fromkeys(ids))
    found = _selection(SelectedItems(all=before.all, included=ids, excluded=ids))
    _keep_selection(conn, row, found)
    return found


def _keep_selection(conn: Connection, row: Row[Any], selected: Mapping[str, Any]) -> None:
    text = msgspec.json.encode({**_data(row), "selectedItems": selected}).decode()
    if len(text) > MAX_DATA:
        raise Invalid({"selectedItems": ["Too many tasks for a list; select all but some."]})
    queries.update_view(conn, row.id, data=text, updated_at=now_us())


# --- lists --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A page of tasks as it is asked for: of a view or a project, by the view's filters or by `wanted`."""

    wanted: Wanted
    project_id: int | None = None
    view_id: int | None = None
    page: int = 1
    page_size: int = 100
    after: int | None = None
    full: bool = False
    include: frozenset[str] | None = None
    resolve: bool = True


def list_tasks(
    conn: Connection,
    actor: Actor,
    request: ListRequest,
    matched: Matched | None = None,
    *,
    impatient: bool = False,
) -> Page:
    """A page of tasks, see `listing.list_page`. NotFound for a view or project that is missing or not the caller's."""
    project_row, chosen = find(conn, actor, request.project_id, request.view_id, request.wanted)
    asked = Asked(
        chosen,
        request.page,
        request.page_size,
        request.after,
        Shown(request.full, request.include, request.resolve),
    )
    return listing.list_page(conn, actor, project_row, asked, matched, impatient=impatient)


def find(
    conn: Connection,
    actor: Actor,
    project_id: int | None,
    view_id: int | None,
    wanted: Wanted,
    *,
    with_selection: bool = False,
) -> tuple[Row[Any], Chosen]:
    """The project, and which tasks of it are meant. A view's filters and order go before those of `wanted`.

    `with_selection`: its selection too, where `wanted` has none.
    """
    if view_id is None:
        if project_id is None:
            raise NotFound("Say which project: ?project=<id>.")
        project_row = projects.get(conn, actor, project_id, "tasks.view")
        return project_row, choose(wanted, _fields(conn, project_row))
    row = _row(conn, actor, view_id)
    if project_id is not None and project_id != row.project_id:
        raise NotFound(f"No view with id {view_id}.")
    project_row = projects.get(conn, actor, row.project_id, "tasks.view")
    merged = _of_view(row, wanted, with_selection=with_selection)
    return project_row, choose(merged, _fields(conn, project_row))


def wanted_of_view(conn: Connection, actor: Actor, project_id: int, view_id: int, wanted: Wanted) -> Wanted:
    """What a view of the project means: its filters and order, and its selection unless `wanted` has one."""
    row = _row(conn, actor, view_id)
    if row.project_id != project_id:
        raise NotFound(f"No view with id {view_id}.")
    return _of_view(row, wanted, with_selection=True)


def _of_view(row: Row[Any], wanted: Wanted, *, with_selection: bool) -> Wanted:
    stored = _wanted(_data(row))
    return Wanted(
        stored.filters,
        stored.ordering or wanted.ordering,
        stored.display_types,
        wanted.selected or (stored.selected if with_selection else None),
        wanted.search,
        wanted.annotated_only,
    )


def tasks_of(conn: Connection, project_row: Row[Any], matched: Matched) -> Tasks:
    """The tasks of a project for filters, with its indexes as they are now."""
    return listing.tasks_of(conn, project_row, projects.counts(conn, project_row.id), matched)
