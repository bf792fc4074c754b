"""Uploaded files of a 1.x install, walked in batches: there may be as many of them as tasks."""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection

from labelyard.files import service as files
from labelyard.kit.db.foreign import Row
from labelyard.takeover.install.work import Work
from labelyard.takeover.model import ProjectCounts, TakeoverError, inside

_TABLE = "data_import_fileupload"
_BATCH = 1_000


def copy_files(work: Work, projects: Collection[int]) -> None:
    """Copy the uploads of these projects."""
    total = sum(work.source.count(_TABLE, "project_id = ?", (each,)) for each in projects)
    done = 0
    for project in projects:
        for row in _uploads(work, project):
            _copy(work, row)
            done += 1
            work.progress("copying files", done, total)


def _uploads(work: Work, project: int) -> Iterator[Row]:
    last = 0
    while rows := work.source.rows(
        _TABLE,
        ("id", "project_id", "user_id", "file"),
        "project_id = ? AND id > ?",
        (project, last),
        order="id",
        limit=_BATCH,
    ):
        work.go_on()
        yield from rows
        last = rows[-1]["id"]


def uploads_among(work: Work, project: int, ids: Collection[int]) -> set[int]:
    """Which of these uploads are there, and the project's."""
    rows = work.source.of(_TABLE, ("id", "project_id"), "id", sorted(ids)) if ids else []
    return {row["id"] for row in rows if row["project_id"] == project}


def _copy(work: Work, row: Row) -> None:
    name = row["file"]
    file = inside(work.media, name)
    if file is None:
        raise TakeoverError(
            f"{work.media / name}: lies outside of {work.media}.", "Move the file into the directory."
        )
    if not file.is_file():
        if work.allow_missing:
            return
        raise TakeoverError(
            f"{file}: this uploaded file of project {row['project_id']} is missing.",
            "Name the directory of the media with --media, or go on without the files: --allow-missing-media",
        )
    work.staging.copy(file, str(row["id"]))


def _move(work: Work, conn: Connection, old: int, project_id: int) -> None:
    """Where an earlier takeover has files of this project: have all made under its new id. Tasks have to follow."""
    if old == project_id or old not in {row.old_id for row in work.known}:
        return
    if any(files.key_exists(conn, row["file"]) for row in _uploads(work, old)):
        work.moved[old] = (f"upload/{old}/", f"upload/{project_id}/")


def store_files(work: Work, conn: Connection, old: int, project_id: int, counts: ProjectCounts) -> None:
    """Those of a project."""
    _move(work, conn, old, project_id)
    there, here = work.moved.get(old, ("", ""))
    for row in _uploads(work, old):
        key = row["file"]
        if there and key.startswith(there):
            key = here + key.removeprefix(there)
        if files.key_exists(conn, key):
            raise TakeoverError(
                f"{work.media / row['file']}: a file of that name is in this data directory already.",
                "Was this install taken over before? Take it into another directory: --data-dir",
            )
        size = work.staging.adopt(str(row["id"]), key) or 0
        files.record_upload(
            conn, project_id, work.user.get(row["user_id"]), key=key, name=key.rpartition("/")[2].partition("-")[2] or key,
            size=size, upload_id=work.new(_TABLE, row["id"]),
        )  # fmt: skip
        counts.files += 1
