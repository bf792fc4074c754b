"""Projects: who may, their config, counters and the bookkeeping that other slices share.

Changing and deleting a project touches tasks, annotations and the queue; that is in `editing`, so that those
slices can use this module.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.access.rights import EVERYWHERE, ProjectRight, require, require_in
from labelyard.actor import Actor
from labelyard.kit.clock import now_us
from labelyard.kit.errors import Invalid, NotFound
from labelyard.label.config import LabelConfig, LabelConfigError, parse
from labelyard.projects import member_queries, queries
from labelyard.projects.queries import ProjectFilter
from labelyard.projects.schemas import ProjectFields
from labelyard.projects.shapes import project_counts_dict, project_dict
from labelyard.users import service as users
from labelyard.visitors import limits
from labelyard.webhooks import outbox

__all__ = ["EMPTY_CONFIG", "ProjectFilter", "ProjectPage", "bump_counts", "create", "get", "label_config"]

EMPTY_CONFIG = "<View></View>"
_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ProjectPage:
    items: list[dict[str, Any]]
    count: int


def get(conn: Connection, actor: Actor, project_id: int, right: ProjectRight = "projects.view") -> Row[Any]:
    """The project's row, with the caller's `member_role`, for those who have the right in it.

    NotFound when it is missing or does not exist for the caller, Forbidden without the right.
    """
    row = queries.by_id(conn, actor, project_id) if 0 < project_id <= _MAX_ID else None
    if row is None:
        raise NotFound(f"No project with id {project_id}.")
    require_in(actor, row, right)
    return row


def row_of(conn: Connection, project_id: int) -> Row[Any] | None:
    """The row of any project: for the server's own work, which no caller asked for."""
    return queries.any_by_id(conn, project_id)


def predicts_when_opened(project_row: Row[Any]) -> bool:
    """Whether the project wants predictions for tasks that are opened and have none."""
    return bool(project_row.evaluate_predictions_automatically and project_row.show_collab_predictions)


def label_config(project_row: Row[Any]) -> LabelConfig:
    """The project's config, parsed; parsing is cached by text."""
    return parse(project_row.label_config)


def checked_config(text: str) -> LabelConfig:
    """`text` parsed. Invalid with every fault (line, tag, attribute, cure) under `label_config`."""
    try:
        return parse(text)
    except LabelConfigError as error:
        raise Invalid({"label_config": error.messages}) from error


def bump_counts(conn: Connection, project_id: int, **deltas: int) -> None:
    """Add to the project's counters: tasks, finished, annotated, annotations, cancelled, ground_truth, predictions, data_changes."""
    unknown = deltas.keys() - set(queries.COUNTERS)
    if unknown:
        raise TypeError(f"no such counter: {', '.join(sorted(unknown))}")
    queries.add_to_counts(conn, project_id, deltas)


def totals(conn: Connection) -> dict[str, int]:
    """How many projects, tasks, annotations and predictions the whole install has, from the counters."""
    return queries.totals(conn)


def counts(conn: Connection, project_id: int) -> Row[Any]:
    """The counters of a project: a row of `schema.project_counts`."""
    return queries.counts(conn, project_id)


def hold_counts(conn: Connection, project_id: int) -> None:
    """Hold the project's counters until the transaction ends: nobody else can insert tasks into it meanwhile."""
    queries.hold_counts(conn, project_id)


def take_inner_ids(conn: Connection, project_id: int, n: int) -> int:
    """The first of `n` consecutive inner ids. Holds the project's counters until the transaction ends.

    Take them before ids are reserved: then the order of inner ids is the order of ids.
    """
    return queries.take_inner_ids(conn, project_id, n)


def draws_places(conn: Connection, project_id: int) -> bool:
    """Whether new tasks of the project get a random place each (`task.rnd`): it is or was sampled uniformly.

    Ask after `take_inner_ids`: what is answered then stays true until the transaction ends.
    """
    return queries.placed_from(conn, project_id) is not None


def has_places(conn: Connection, project_id: int) -> bool:
    """Whether every task of the project has a random place, so that it can be sampled uniformly."""
    return queries.placed_from(conn, project_id) == 1


def data_columns(conn: Connection, project_id: int) -> dict[str, int]:
    """Top-level data key → number of tasks that have it."""
    return queries.data_columns(conn, project_id)


def add_data_columns(conn: Connection, project_id: int, deltas: Mapping[str, int]) -> None:
    """Add to (or take from) the number of tasks that have each data key."""
    queries.add_data_columns(conn, project_id, deltas)


def create(conn: Connection, actor: Actor, fields: ProjectFields) -> dict[str, Any]:
    """A new project with its defaults; the answer's counters are null. Invalid names the field at fault."""
    require(actor, "projects.create")
    values = fields.values()
    values.setdefault("label_config", EMPTY_CONFIG)
    checked_config(values["label_config"])
    now = now_us()
    values |= {
        "organization_id": actor.organization_id,
        "created_by": actor.user_id,
        "created_at": now,
        "updated_at": now,
    }
    if limits.check_projects(conn, actor.organization_id):
        values["members_only"] = True  # who comes by a link to one project sees no other
    project_id = queries.insert(conn, values)
    queries.insert_config(conn, project_id, 1, values["label_config"], actor.user_id, now)
    if values.get("members_only"):
        keep_inside(conn, actor, project_id)
    outbox.note(conn, project_id, "PROJECT_CREATED", [project_id])
    return project_dict(get(conn, actor, project_id), None, _creators(conn, [actor.user_id]))


def take_over(conn: Connection, values: Mapping[str, Any], project_id: int | None = None) -> Row[Any]:
    """Make a project as it was elsewhere, with a free id of its own where one is given; its row.

    `values` are columns of the table, the label config was checked.
    """
    given = dict(values) if project_id is None else {"id": project_id, **values}
    made = queries.insert(conn, given)
    queries.insert_config(
        conn, made, 1, values["label_config"], values.get("created_by"), values["created_at"]
    )
    return queries.row(conn, made)


def keep_inside(conn: Connection, actor: Actor, project_id: int) -> None:
    """The caller opened the project to its members only: put them into its list, unless another role lets them in."""
    if actor.role not in EVERYWHERE:
        member_queries.insert(conn, project_id, actor.user_id, "manager", now_us())


def as_json(
    conn: Connection, row: Row[Any], include: Collection[str] | None = None, *, with_counts: bool = True
) -> dict[str, Any]:
    """The project as the API shows it; `include` limits the fields."""
    counted = queries.counts(conn, row.id) if with_counts else None
    return project_dict(row, counted, _creators(conn, [row.created_by]), include)


def read(
    conn: Connection, actor: Actor, project_id: int, include: Collection[str] | None = None
) -> dict[str, Any]:
    """One project as the API shows it."""
    return as_json(conn, get(conn, actor, project_id), include)


def list_page(
    conn: Connection,
    actor: Actor,
    chosen: ProjectFilter,
    *,
    ordering: str = "",
    include: Collection[str] | None = None,
    offset: int,
    limit: int | None,
) -> ProjectPage:
    """One page of the organization's projects. Invalid for an unknown `ordering`."""
    rows, counted, total = _rows(conn, actor, chosen, ordering, offset, limit)
    creators = _creators(conn, [row.created_by for row in rows])
    return ProjectPage([project_dict(row, counted[row.id], creators, include) for row in rows], total)


def counts_page(
    conn: Connection,
    actor: Actor,
    chosen: ProjectFilter,
    *,
    include: Collection[str] | None = None,
    offset: int,
    limit: int | None,
) -> ProjectPage:
    """One page of the projects' counters only."""
    rows, counted, total = _rows(conn, actor, chosen, "", offset, limit)
    return ProjectPage([project_counts_dict(counted[row.id], include) for row in rows], total)


def _rows(
    conn: Connection, actor: Actor, chosen: ProjectFilter, ordering: str, offset: int, limit: int | None
) -> tuple[Sequence[Row[Any]], dict[int, Row[Any]], int]:
    if ordering.removeprefix("-") not in {"", *queries.ORDERINGS}:
        known = ", ".join(queries.ORDERINGS)
        raise Invalid(
            {
                "ordering": [
                    f'Cannot order projects by "{ordering[:100]}". Known: {known}; "-" in front reverses.'
                ]
            }
        )
    total = queries.count(conn, actor, chosen)
    rows = queries.page(conn, actor, chosen, ordering, offset, limit)
    return rows, queries.counts_of(conn, [row.id for row in rows]), total


def _creators(conn: Connection, ids: Collection[int | None]) -> dict[int, dict[str, Any]]:
    return users.user_refs(conn, {each for each in ids if each is not None})


def annotators(conn: Connection, actor: Actor, project_id: int) -> list[dict[str, Any]]:
    """Who annotated in the project: `[{id, first_name, last_name, email, avatar}]`, by id."""
    get(conn, actor, project_id)
    found = queries.annotators(conn, project_id)
    refs = users.user_refs(conn, found)
    return [
        {name: refs[each].get(name) for name in ("id", "first_name", "last_name", "email", "avatar")}
        for each in found
        if each in refs
    ]


# --- the current project, for the command line and the dialect of 0.x ---------------------------------------------


def first(conn: Connection, actor: Actor) -> Row[Any] | None:
    """The oldest project: the one of a project folder."""
    project_id = queries.first_id(conn, actor)
    return None if project_id is None else get(conn, actor, project_id)


def named(conn: Connection, actor: Actor, title: str) -> Row[Any] | None:
    """The oldest project of that title."""
    project_id = queries.first_id(conn, actor, title)
    return None if project_id is None else get(conn, actor, project_id)


def title_exists(conn: Connection, actor: Actor, title: str) -> bool:
    return queries.first_id(conn, actor, title) is not None
