"""Results of a project's predictions rewritten in batches, for a change of its label config."""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from labelyard.annotations.rewriting import Back, Rewritten, put_back_rows, rewrite_rows
from labelyard.predictions import queries
from labelyard.predictions.queries import AnyRow


def rewrite_predictions(
    conn: Connection, project_id: int, after: int, limit: int, new_result: Callable[[AnyRow], str | None]
) -> Rewritten:
    """Give the next predictions with an id above `after` what `new_result` says (None: nothing)."""
    rows = queries.of_project(conn, project_id, after, limit)
    return rewrite_rows(rows, new_result, partial(queries.update, conn))


def put_back_predictions(conn: Connection, changes: Sequence[Back]) -> int:
    """Undo changes of predictions whose results nobody changed since; how many."""
    rows = queries.by_ids(conn, [each.row_id for each in changes])
    return put_back_rows(rows, changes, partial(queries.update, conn))
