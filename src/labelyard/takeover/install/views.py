"""Views (tabs) of the projects of a 1.x install."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from labelyard.takeover.install.work import Work
from labelyard.takeover.model import ProjectCounts
from labelyard.views import service as views


def store_views(work: Work, conn: Connection, old: int, project_id: int, counts: ProjectCounts) -> None:
    columns = ("id", "data", "ordering", "filter_group_id", "selected_items", "user_id", "order")
    order = '"order", id' if work.source.has("data_manager_view", "order") else "id"
    for number, row in enumerate(
        work.source.rows("data_manager_view", columns, "project_id = ?", (old,), order=order)
    ):
        data = work.object("view", row, "data")
        if row["filter_group_id"] is not None:
            data["filters"] = _filters(work, row["filter_group_id"])
        ordering = work.value("view", row, "ordering")
        if ordering:
            data["ordering"] = ordering
        selected = work.object("view", row, "selected_items")
        if selected:
            shift = work.offset["task"]
            data["selectedItems"] = {
                name: [each + shift for each in value] if isinstance(value, list) else value
                for name, value in selected.items()
            }
        views.take_over(
            conn, project_id, work.user.get(row["user_id"]), data,
            position=number if row["order"] is None else row["order"],
            view_id=work.new("data_manager_view", row["id"]),
        )  # fmt: skip
        counts.views += 1


def _filters(work: Work, group: int) -> Mapping[str, Any]:
    found = work.source.rows("data_manager_filtergroup", ("conjunction",), "id = ?", (group,))
    ids = [
        row["filter_id"]
        for row in work.source.rows(
            "data_manager_filtergroup_filters", ("filter_id",), "filtergroup_id = ?", (group,)
        )
    ]
    rows = (
        work.source.of(
            "data_manager_filter", ("id", "column", "type", "operator", "value", "index"), "id", ids
        )
        if ids
        else []
    )
    items = [
        {
            "filter": row["column"],
            "operator": row["operator"],
            "type": row["type"],
            "value": work.value("filter", row, "value"),
        }
        for row in sorted(rows, key=lambda each: (each["index"] or 0, each["id"]))
    ]
    return {"conjunction": found[0]["conjunction"] if found else "and", "items": items}
