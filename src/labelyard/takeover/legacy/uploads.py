"""Uploaded files of a 0.x project. They keep their names, so that their addresses stay what they were."""

import hashlib
from pathlib import Path

from sqlalchemy import Connection

from labelyard.files import service as files
from labelyard.takeover.legacy.directory import Directory
from labelyard.takeover.model import Progress, ProjectCounts, TakeoverError
from labelyard.takeover.staging import Staging


def copy_uploads(source: Directory, staging: Staging, progress: Progress) -> None:
    """Copy them beside ours. TakeoverError for a copy that is not like its file."""
    total = sum(1 for _ in source.uploads())
    for number, path in enumerate(source.uploads(), 1):
        if _digest(path) != _digest(staging.copy(path, path.name)):
            raise TakeoverError(f"{path}: the copy differs from the file.", "Check the disk, and try again.")
        progress("copying files", number, total)


def store_uploads(
    conn: Connection, staging: Staging, project_id: int, user_id: int | None, counts: ProjectCounts
) -> None:
    """Make the copies uploads of the project."""
    for name in staging.names():
        key = files.key_of(project_id, name)
        shown = name.partition("-")[2] or name
        size = staging.adopt(name, key) or 0
        files.record_upload(conn, project_id, user_id, key=key, name=shown, size=size)
        counts.files += 1


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
