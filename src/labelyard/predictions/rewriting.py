"""Results of a project's predictions rewritten in batches, for a change of its label config."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from labelyard.annotations.rewriting import Change, Rewritten
from labelyard.kit.clock import now_us
from labelyard.predictions import queries
from labelyard.predictions.queries import AnyRow


def rewrite_predictions(
    conn: Connection, project_id: int, after: int, limit: int, new_result: Callable[[AnyRow], str | None]
) -> Rewritten:
    """Give the next predictions with an id above `after` what `new_result` says (None: nothing)."""
    rows = queries.of_project(conn, project_id, after, limit)
    if not rows:
        return Rewritten(None)
    made = Rewritten(rows[-1].id)
    now = now_us()
    for row in rows:
        result = new_result(row)
        if result is not None:
            at = max(now, row.updated_at + 1)
            queries.update(conn, row.id, {"result": result, "updated_at": at})
            made.changes.append(Change(row.id, row.result, at))
    return made


def put_back_predictions(conn: Connection, changes: Sequence[Change]) -> int:
    """Undo changes of predictions that nobody changed since; how many."""
    known = {each.row_id: each for each in changes}
    done = 0
    for row in queries.by_ids(conn, list(known)):
        if row.updated_at == known[row.id].mark:
            queries.update(conn, row.id, {"result": known[row.id].before, "updated_at": now_us()})
            done += 1
    return done
