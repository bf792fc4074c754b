"""Labels of an organization, and their links to controls of its projects."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.access.rights import EVERYWHERE, ProjectRight, may_in
from labelyard.actor import Actor
from labelyard.kit.clock import iso, now_us
from labelyard.kit.errors import Forbidden, Invalid, NotFound
from labelyard.labels import queries
from labelyard.labels.schemas import LabelChanges, LinkChanges, NewLabel, NewLink
from labelyard.projects import results
from labelyard.projects import service as projects
from labelyard.webhooks import outbox

MAX_ID = 2**63 - 1
MAX_AT_ONCE = 1_000
MAX_VALUE = 10_000  # characters of a value's JSON

Json = dict[str, Any]


def take_over(conn: Connection, values: Mapping[str, Any]) -> None:
    """Store a label as it was elsewhere: columns of the table, with a free id where it has one."""
    queries.insert_label(conn, values)


def known(conn: Connection, organization_id: int, title: str, value: str) -> int | None:
    """The id of a label of the organization with this title and value (JSON text); None without one."""
    return queries.label_like(conn, organization_id, title, value)


def take_over_link(conn: Connection, values: Mapping[str, Any]) -> None:
    """The same for a link of a label to a project."""
    queries.insert_link_row(conn, values)


# --- labels -------------------------------------------------------------------------------------------------------


def _plain(row: Row[Any]) -> Json:
    return {
        "id": row.id,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "value": msgspec.Raw(row.value.encode()),
        "title": row.title,
        "description": row.description,
        "approved": row.approved,
        "created_by": row.created_by,
        "approved_by": row.approved_by,
        "organization": row.organization_id,
    }


def _shown(conn: Connection, actor: Actor, rows: Sequence[Row[Any]], *, expand: bool = False) -> list[Json]:
    """Labels as the API shows them, with their links to projects that exist for the caller."""
    of_label: dict[int, list[Row[Any]]] = {}
    for link in queries.links_of(conn, actor, [row.id for row in rows]):
        of_label.setdefault(link.label_id, []).append(link)
    return [
        {
            **_plain(row),
            "links": [_link(each) if expand else each.id for each in of_label.get(row.id, ())],
            "projects": [each.project_id for each in of_label.get(row.id, ())],
        }
        for row in rows
    ]


def _link(row: Row[Any]) -> Json:
    return {"id": row.id, "from_name": row.from_name, "project": row.project_id, "label": row.label_id}


def list_labels(
    conn: Connection, actor: Actor, offset: int, limit: int | None, *, expand: bool
) -> tuple[list[Json], int]:
    """A page of the labels that exist for the caller, and how many there are."""
    rows, count = queries.labels(conn, actor, offset, limit)
    return _shown(conn, actor, rows, expand=expand), count


def get_label(conn: Connection, actor: Actor, label_id: int, *, expand: bool = False) -> Json:
    """A label. NotFound when it is missing or not for the caller."""
    return _shown(conn, actor, [_label(conn, actor, label_id)], expand=expand)[0]


def _label(conn: Connection, actor: Actor, label_id: int) -> Row[Any]:
    row = queries.label_by_id(conn, actor, label_id) if 0 < label_id <= MAX_ID else None
    if row is None:
        raise NotFound(f"No label with id {label_id}.")
    return row


def create_labels(conn: Connection, actor: Actor, wanted: Sequence[NewLabel]) -> list[Json]:
    """Make labels and link each to its project, all or none; a label with that title is used again as it is.

    Invalid names the label (by its place in the list) and the field.
    """
    if not 0 < len(wanted) <= MAX_AT_ONCE:
        raise Invalid(f"Expected a list of 1 to {MAX_AT_ONCE} labels.")
    faults: list[Json] = [_faults(conn, actor, each) for each in wanted]
    if any(faults):
        raise Invalid(faults)
    made = []
    for each in wanted:
        row = queries.label_by_title(conn, actor, each.title) or _insert(conn, actor, each)
        if queries.link_of(conn, each.project, row.id) is None:
            _add_link(conn, each.project, row.id, each.from_name)
        made.append((row, each))
    shown = _shown(conn, actor, [row for row, _ in made])
    return [
        {key: value for key, value in label.items() if key != "links"}
        | {"project": each.project, "from_name": each.from_name}
        for label, (_, each) in zip(shown, made, strict=True)
    ]


def _faults(conn: Connection, actor: Actor, wanted: NewLabel) -> Json:
    faults: Json = {}
    try:
        projects.get(conn, actor, wanted.project, "labels.create")
    except NotFound as error:
        faults["project"] = [error.detail]
    if len(_text(wanted.value)) > MAX_VALUE:
        faults["value"] = [f"At most {MAX_VALUE} characters of JSON."]
    return faults


def _insert(conn: Connection, actor: Actor, wanted: NewLabel) -> Row[Any]:
    now = now_us()
    values = {
        "organization_id": actor.organization_id,
        "title": wanted.title,
        "value": _text(wanted.value),
        "description": wanted.description,
        "approved": wanted.approved,
        "approved_by": actor.user_id if wanted.approved else None,
        "created_by": actor.user_id,
        "created_at": now,
        "updated_at": now,
    }
    return queries.insert_label(conn, values)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def update_label(conn: Connection, actor: Actor, label_id: int, body: LabelChanges) -> Json:
    """Change a label, for those who may in every project that has it. Results that hold it stay as they are."""
    row = _for_change(conn, actor, label_id, "labels.change")
    values: Json = {"updated_at": now_us()}
    given = body.model_fields_set
    if body.title is not None:
        values["title"] = body.title
    if "value" in given and body.value is not None:
        values["value"] = _text(body.value)
        if len(values["value"]) > MAX_VALUE:
            raise Invalid({"value": [f"At most {MAX_VALUE} characters of JSON."]})
    if "description" in given:
        values["description"] = body.description
    if body.approved is not None and body.approved != row.approved:
        values |= {"approved": body.approved, "approved_by": actor.user_id if body.approved else None}
    return _shown(conn, actor, [queries.update_label(conn, label_id, values)])[0]


def delete_label(conn: Connection, actor: Actor, label_id: int) -> None:
    """Delete a label with its links, for those who may in every project that has it. Results stay as they are."""
    _for_change(conn, actor, label_id, "labels.delete")
    queries.delete_label(conn, label_id)


def _for_change(conn: Connection, actor: Actor, label_id: int, right: ProjectRight) -> Row[Any]:
    row = _label(conn, actor, label_id)
    if actor.role in EVERYWHERE:
        return row
    seen = {link.project_id: link for link in queries.links_of(conn, actor, [label_id])}
    linked = queries.all_projects_of(conn, label_id)
    if not linked and row.created_by == actor.user_id:
        return row
    if not linked or any(each not in seen or not may_in(actor, seen[each], right) for each in linked):
        raise Forbidden
    return row


# --- links --------------------------------------------------------------------------------------------------------


def list_links(
    conn: Connection, actor: Actor, project_id: int | None, offset: int, limit: int | None, *, expand: bool
) -> tuple[list[Json], int]:
    """A page of links, newest first, and how many there are. NotFound for a project that is not the caller's."""
    if project_id is not None:
        projects.get(conn, actor, project_id, "labels.view")
    rows, count = queries.links(conn, actor, project_id, offset, limit)
    return _shown_links(conn, rows, expand=expand), count


def get_link(conn: Connection, actor: Actor, link_id: int, *, expand: bool = False) -> Json:
    """A link. NotFound when it is missing or not for the caller."""
    return _shown_links(conn, [_link_row(conn, actor, link_id)], expand=expand)[0]


def _link_row(conn: Connection, actor: Actor, link_id: int, right: ProjectRight = "labels.view") -> Row[Any]:
    row = queries.link_by_id(conn, actor, link_id) if 0 < link_id <= MAX_ID else None
    if row is None:
        raise NotFound(f"No label link with id {link_id}.")
    if not may_in(actor, row, right):
        raise Forbidden
    return row


def _shown_links(conn: Connection, rows: Sequence[Row[Any]], *, expand: bool) -> list[Json]:
    labels = queries.labels_by_ids(conn, {row.label_id for row in rows})
    return [
        {
            "id": row.id,
            "annotations_count": results.annotation_usage(
                conn, row.project_id, row.project_created_at
            ).of_label(row.from_name, label_name(labels[row.label_id].value)),
            "from_name": row.from_name,
            "project": row.project_id,
            "label": _plain(labels[row.label_id]) if expand else row.label_id,
        }
        for row in rows
    ]


def label_name(value: str) -> str:
    """The label that the JSON text of a value means, as results are counted by: a path is joined by ` / `."""
    found = msgspec.json.decode(value)
    if isinstance(found, list) and all(isinstance(each, str) for each in found):
        return " / ".join(found)
    return found if isinstance(found, str) else value


def create_link(conn: Connection, actor: Actor, wanted: NewLink) -> Json:
    """Give a label to a control of another project too. Invalid names what is not there, or that it is linked already."""
    faults: Json = {}
    try:
        projects.get(conn, actor, wanted.project, "labels.create")
    except NotFound as error:
        faults["project"] = [error.detail]
    if queries.label_by_id(conn, actor, wanted.label) is None:
        faults["label"] = [f"No label with id {wanted.label}."]
    if faults:
        raise Invalid(faults)
    if queries.link_of(conn, wanted.project, wanted.label) is not None:
        raise Invalid("The project has this label already.")
    link_id = _add_link(conn, wanted.project, wanted.label, wanted.from_name)
    return get_link(conn, actor, link_id)


def _add_link(conn: Connection, project_id: int, label_id: int, from_name: str) -> int:
    link_id = queries.insert_link(conn, project_id, label_id, from_name)
    outbox.note(conn, project_id, "LABEL_LINK_CREATED", [link_id])
    return link_id


def for_webhooks(conn: Connection, link_id: int) -> Json:
    """A link as webhooks tell of it; only its id when it is gone."""
    row = queries.any_link_by_id(conn, link_id)
    return {"id": link_id} if row is None else _link(row)


def update_link(conn: Connection, actor: Actor, link_id: int, body: LinkChanges) -> Json:
    """Move a label to another control of its project."""
    row = _link_row(conn, actor, link_id, "labels.change")
    if body.from_name is not None:
        queries.update_link(conn, link_id, body.from_name)
        outbox.note(conn, row.project_id, "LABEL_LINK_UPDATED", [link_id])
    return get_link(conn, actor, link_id)


def delete_link(conn: Connection, actor: Actor, link_id: int) -> None:
    """Take a label off a project; the label stays."""
    row = _link_row(conn, actor, link_id, "labels.delete")
    queries.delete_link(conn, link_id)
    outbox.note(conn, row.project_id, "LABEL_LINK_DELETED", outbox.deleted([link_id]))
