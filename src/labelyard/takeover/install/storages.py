"""Storages of the projects of a 1.x install: of S3 and of local files, with what they made which task from."""

from typing import Any

from sqlalchemy import Connection

from labelyard.kit.db.foreign import Row
from labelyard.storages import service as storages
from labelyard.storages.connecting import LOCAL_KIND, S3_KIND, SECRETS, Options
from labelyard.takeover.install.work import Work, time_of
from labelyard.takeover.model import ProjectCounts

_BATCH = 10_000  # links
_TEXTS = ("bucket", "prefix", "region_name", "s3_endpoint", "aws_sse_kms_key_id", "path", "regex_filter")
_FLAGS = ("use_blob_urls", "recursive_scan", "presign", "can_delete_objects")
_COMMON = ("title", "description", "created_at", "last_sync", "last_sync_count")
_ROLES = {"import": "source", "export": "target"}


def store_storages(work: Work, conn: Connection, old: int, project: Any, counts: ProjectCounts) -> None:
    """Those of a project. The next sync brings only what is new."""
    for way, role in _ROLES.items():
        table = f"io_storages_s3{way}storage"
        columns: tuple[str, ...] = ("id", *_COMMON, *_TEXTS, *_FLAGS, *SECRETS, "presign_ttl")
        for row in work.source.rows(table, columns, "project_id = ?", (old,), order="id"):
            secrets = {name: row[name] for name in SECRETS if row[name]}
            made = _store(work, conn, row, project, S3_KIND, role, _options(row), secrets)
            _links(work, conn, f"{table}link", row["id"], made, role)
            counts.storages += 1
        table = f"io_storages_localfiles{way}storage"
        columns = ("localfilesmixin_ptr_id", *_COMMON, "can_delete_objects", "recursive_scan")
        for row in work.source.rows(table, columns, "project_id = ?", (old,), order="localfilesmixin_ptr_id"):
            number = row["localfilesmixin_ptr_id"]
            [place] = work.source.rows(
                "io_storages_localfilesmixin", ("path", "regex_filter", "use_blob_urls"), "id = ?", (number,)
            )
            options = Options(
                path=place["path"] or "",
                regex_filter=place["regex_filter"] or "",
                use_blob_urls=bool(place["use_blob_urls"]),
                recursive_scan=bool(row["recursive_scan"]),
                can_delete_objects=bool(row["can_delete_objects"]),
            )
            made = _store(work, conn, row, project, LOCAL_KIND, role, options, {})
            _links(work, conn, f"{table}link", number, made, role)
            counts.storages += 1


def _options(row: Row) -> Options:
    given: dict[str, Any] = {name: row[name] or "" for name in _TEXTS}
    given |= {name: bool(row[name]) for name in _FLAGS if row[name] is not None}
    if row["presign_ttl"]:
        given["presign_ttl"] = row["presign_ttl"]
    return Options(**given)


def _store(
    work: Work,
    conn: Connection,
    row: Row,
    project: Any,
    kind: str,
    role: str,
    options: Options,
    secrets: dict[str, str],
) -> int:
    created = time_of(row["created_at"])
    values = {
        "project_id": project.id,
        "created_by": project.created_by,
        "role": role,
        "kind": kind,
        "dialect": "1.x",
        "title": row["title"] or "",
        "description": row["description"] or "",
        "synced_at": None if row["last_sync"] is None else time_of(row["last_sync"]),
        "synced_count": row["last_sync_count"],
        "created_at": created,
        "updated_at": created,
    }
    return storages.take_over(conn, work.ctx.secrets, values, options, secrets)


def _links(work: Work, conn: Connection, table: str, old: int, made: int, role: str) -> None:
    if role == "target":
        return
    last = 0
    while rows := work.source.rows(
        table,
        ("id", "task_id", "key", "row_index"),
        "storage_id = ? AND id > ? AND task_id IN (SELECT id FROM task)",
        (old, last),
        order="id",
        limit=_BATCH,
    ):
        work.go_on()
        last = rows[-1]["id"]
        shift = work.offset["task"]
        links = [(row["task_id"] + shift, row["key"], row["row_index"] or 0) for row in rows]
        storages.take_over_links(conn, made, links)
