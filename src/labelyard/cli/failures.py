"""Words for what goes wrong around a command: settings, files and databases that cannot be used."""

import socket

from sqlalchemy.exc import DBAPIError

from labelyard.cli.output import problem_lines
from labelyard.kit.db.open import DatabaseUrlError
from labelyard.kit.errors import Problem
from labelyard.settings import SettingsError


def explain(error: BaseException) -> tuple[str, str] | None:
    """Message and cure of an error that is no bug of ours; None for any other."""
    if isinstance(error, SettingsError | DatabaseUrlError):
        return str(error), ""
    if isinstance(error, Problem):
        return "\n  ".join(problem_lines(error)), ""
    if isinstance(error, BrokenPipeError):
        return None  # whoever read our output has seen enough; click ends quietly
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror):
        place = f"{error.filename}: " if error.filename else ""
        return (
            f"{place}{error.strerror or error}.",
            "Check that the path is right and may be read and written.",
        )
    if isinstance(error, DBAPIError):
        reason = str(error.orig).strip().splitlines() or ["no reason given"]
        return f"The database cannot be used: {reason[0]}.", _DATABASE_CURE
    return None


_DATABASE_CURE = (
    "Check the disk and the file labelyard.sqlite3 (or LABELYARD_DATABASE_URL and that server); "
    "older states are in the directory backups."
)
