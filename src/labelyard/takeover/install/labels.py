"""Entries of the label manager of a 1.x install, and their links to projects."""

from sqlalchemy import Connection

from labelyard.labels import service as labels
from labelyard.takeover.install.work import Work, time_of
from labelyard.takeover.model import checked_json

_LABEL = (
    "id", "created_at", "updated_at", "value", "title", "description", "approved", "approved_by_id", "created_by_id",
    "organization_id",
)  # fmt: skip


def store_labels(work: Work, conn: Connection) -> None:
    """All of them; links to projects that were left out stay behind."""
    made: dict[int, int | None] = {}  # id there → id here
    for row in work.source.rows("labels_manager_label", _LABEL, order="id"):
        organization = work.organization.get(row["organization_id"])
        if organization is None:
            continue
        value = checked_json(row["value"], '{["', work.place("label", row, "value")) or '""'
        if row["organization_id"] in work.kept and (
            same := labels.known(conn, organization, row["title"], value)
        ):
            made[row["id"]] = same
            continue
        made[row["id"]] = work.new("labels_manager_label", row["id"])
        values = {
            "id": made[row["id"]],
            "organization_id": organization,
            "title": row["title"],
            "value": value,
            "description": row["description"],
            "approved": bool(row["approved"]),
            "approved_by": work.user.get(row["approved_by_id"]),
            "created_by": work.user.get(row["created_by_id"]),
            "created_at": time_of(row["created_at"]),
            "updated_at": time_of(row["updated_at"]),
        }
        labels.take_over(conn, values)
        work.report.labels += 1
    columns = ("id", "from_name", "label_id", "project_id")
    for row in work.source.rows("labels_manager_labellink", columns, order="id"):
        project = work.project.get(row["project_id"])
        if project is not None and row["label_id"] in made:
            values = {
                "id": work.new("labels_manager_labellink", row["id"]),
                "project_id": project,
                "label_id": made[row["label_id"]],
                "from_name": row["from_name"],
            }
            labels.take_over_link(conn, values)
