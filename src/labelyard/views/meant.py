"""Which tasks a filter, a view or a selection means now, for work that goes on outside of the request."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.kit.db.database import Database
from labelyard.views import matching, queries, service
from labelyard.views.listing import Matched
from labelyard.views.selection import Chosen


@dataclass(frozen=True, slots=True)
class Meant:
    """`ids` rise. `matched` holds what the regular expressions of `chosen` found."""

    chosen: Chosen
    matched: Matched
    ids: "array[int]"


def tasks(db: Database, choose: Callable[[Connection], tuple[Row[Any], Chosen]], last_inner_id: int) -> Meant:
    """The tasks that `choose` means, of those with an inner id up to `last_inner_id`. In a thread of the caller's."""
    row, chosen = db.read_sync(choose)
    matched = matching.match(db, row.id, last_inner_id, chosen.node) if chosen.patterns else {}
    return Meant(chosen, matched, db.read_sync(_ids, row, chosen, matched, last_inner_id))


def _ids(
    conn: Connection, row: Row[Any], chosen: Chosen, matched: Matched, last_inner_id: int
) -> "array[int]":
    rows = queries.matching(
        conn,
        service.tasks_of(conn, row, matched),
        chosen.node,
        (),
        included=chosen.included,
        excluded=chosen.excluded,
        extra=[queries.up_to(last_inner_id)],
    )
    return array("q", (each[0] for each in rows))
