"""Webhooks of the projects and of the organizations of a 1.x install."""

from typing import Any

from sqlalchemy import Connection

from labelyard.kit.db.foreign import Row
from labelyard.takeover.install.work import Work, time_of
from labelyard.takeover.model import ProjectCounts
from labelyard.webhooks import service as webhooks

_COLUMNS = (
    "id", "url", "send_for_all_actions", "headers", "is_active", "created_at", "updated_at", "send_payload", "organization_id",
)  # fmt: skip


def store_webhooks(work: Work, conn: Connection, old: int, project: Any, counts: ProjectCounts) -> None:
    """Those of a project."""
    for row in work.source.rows("webhook", _COLUMNS, "project_id = ?", (old,), order="id"):
        made = _store(work, conn, row, project.organization_id, project.id)
        work.hooks[project.id, row["url"]] = made
        counts.webhooks += 1


def store_webhooks_of_organizations(work: Work, conn: Connection) -> None:
    """Those of whole organizations. Last of all, so that they are not told of the takeover."""
    for row in work.source.rows("webhook", _COLUMNS, "project_id IS NULL", order="id"):
        organization = work.organization.get(row["organization_id"])
        if organization is not None and row["organization_id"] not in work.kept:
            _store(work, conn, row, organization, None)
            work.report.webhooks += 1


def _store(work: Work, conn: Connection, row: Row, organization_id: int, project_id: int | None) -> int:
    actions = work.source.rows("webhook_action", ("action",), "webhook_id = ?", (row["id"],))
    values = {
        "id": work.new("webhook", row["id"]),
        "organization_id": organization_id,
        "project_id": project_id,
        "url": row["url"],
        "send_payload": bool(row["send_payload"]),
        "send_for_all_actions": bool(row["send_for_all_actions"]),
        "is_active": bool(row["is_active"]),
        "created_at": time_of(row["created_at"]),
        "updated_at": time_of(row["updated_at"]),
    }
    headers = {str(name): str(value) for name, value in work.object("webhook", row, "headers").items()}
    names = [each["action"] for each in actions]
    return webhooks.take_over(conn, work.ctx.secrets, values, headers=headers, actions=names)
