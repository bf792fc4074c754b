"""ML backends of the projects of a 1.x install. None is called: whether it answers is seen when it is looked at."""

from typing import Any

from sqlalchemy import Connection

from labelyard.kit.db.foreign import Row
from labelyard.ml import service as ml
from labelyard.takeover.install.work import Work, time_of
from labelyard.takeover.model import ProjectCounts, is_base_address

_COLUMNS = (
    "id", "url", "title", "description", "model_version", "created_at", "updated_at", "is_interactive", "timeout",
    "auto_update", "auth_method", "basic_auth_user", "basic_auth_pass", "extra_params",
)  # fmt: skip


def store_models(work: Work, conn: Connection, old: int, project: Any, counts: ProjectCounts) -> None:
    """Those of a project, after its webhooks: the one that tells a backend of annotations is taken over as such."""
    for row in work.source.rows("ml_mlbackend", _COLUMNS, "project_id = ?", (old,), order="id"):
        url = (row["url"] or "").strip().rstrip("/")
        if not is_base_address(url):
            work.report.notes.append(
                f"An ML backend of project {project.id} has an address that cannot be used: {url[:200]!r}."
            )
            continue
        hook = work.hooks.get((project.id, f"{url}/webhook"))
        values = _values(work, row, project, url) | {"webhook_id": hook}
        # Before webhooks were, the server itself told a backend of what was made.
        tell = hook is not None or not work.source.has("webhook")
        ml.take_over(conn, work.ctx.secrets, project, values, row["basic_auth_pass"], tell=tell)
        counts.models += 1


def _values(work: Work, row: Row, project: Any, url: str) -> dict[str, Any]:
    login = row["auth_method"] == "BASIC_AUTH" and bool(row["basic_auth_user"] and row["basic_auth_pass"])
    params = work.value("ML backend", row, "extra_params")
    created = time_of(row["created_at"])
    given = {
        "timeout": row["timeout"] if row["timeout"] and row["timeout"] > 0 else None,
        "auto_update": None if row["auto_update"] is None else bool(row["auto_update"]),
        "extra_params": None if params is None else row["extra_params"],
    }
    return work.given(given) | {
        "id": work.new("ml_mlbackend", row["id"]),
        "project_id": project.id,
        "url": url,
        "title": row["title"] or "",
        "description": row["description"] or "",
        "model_version": row["model_version"] or "",
        "is_interactive": bool(row["is_interactive"]),
        "auth_method": "BASIC_AUTH" if login else "NONE",
        "basic_auth_user": row["basic_auth_user"] if login else None,
        "created_at": created,
        "updated_at": time_of(row["updated_at"]) if row["updated_at"] else created,
    }
