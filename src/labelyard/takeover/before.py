"""Knows a project again that was taken over before, so that nobody has everything twice by mistake.

A project of 1.x is known by what never changes of it: its id and when it was made, in an install that is known by when
its first user came. A directory of 0.x is known by its tasks, or by where it is.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.kit.clock import iso, now_us
from labelyard.kit.crypto import sha256_hex
from labelyard.takeover import queries
from labelyard.takeover.model import TakeoverError

_SHOWN = 5


def refuse(rows: Sequence[Row[Any]], what: str, cure: str) -> None:
    """TakeoverError that names the projects here, when there are any."""
    if not rows:
        return
    named = [
        f"project {row.id} {row.title!r}"
        + (f" (there {row.old_id})" if row.old_id is not None else "")
        + f" on {(iso(row.created_at) or '')[:10]}"
        for row in rows[:_SHOWN]
    ]
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    raise TakeoverError(f"{what} was taken over before, as {', '.join(named)}{more}.", cure)


def place_of(path: Path) -> str:
    """What a place is known by: not its name, which is nobody's business in a database that moves elsewhere."""
    return sha256_hex(str(path.resolve()))


def remember(conn: Connection, project_id: int, identity: str, path: Path, old_id: int | None = None) -> None:
    """Write down where a project came from."""
    queries.insert(conn, project_id, identity, place_of(path), old_id, now_us())
