"""Predictions that come with new tasks, by the thousand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from labelyard.db import schema
from labelyard.kit.clock import now_us
from labelyard.kit.db.columns import Column, Same, Texts, counting, listed, numbers, numbers_at, texts
from labelyard.kit.db.dialect import reserve_ids
from labelyard.predictions import queries
from labelyard.predictions.queries import AnyRow
from labelyard.predictions.scores import UNDEFINED


@dataclass(slots=True)
class NewPrediction:
    """A prediction to import. `result` is checked JSON text of a list, `score` None or 0 to 1."""

    result: str
    score: float | None = None
    model_version: str | None = None
    cluster: int | None = None
    mislabeling: float = 0.0
    created_at: int | None = None
    id: int | None = None
    updated_at: int | None = None


class NewPredictions(msgspec.Struct, array_like=True):
    """The same for a run of new tasks, a column at a time; None for a column without a value.

    `places` are the tasks that they are on, from 0, rising.
    """

    places: list[int]
    result: Texts
    score: list[float | None]
    model_version: list[str | None]
    cluster: list[int | None] | None = None
    mislabeling: list[float] | None = None
    created_at: list[int | None] | None = None
    # Of predictions that keep what they had elsewhere: free ids.
    id: list[int] | None = None
    updated_at: list[int | None] | None = None


_OWN = NewPredictions.__struct_fields__.index("id")


def in_columns(rows: Sequence[tuple[int, NewPrediction]]) -> NewPredictions | None:
    """Predictions with the places of their tasks, rising; None for none. Either all have an id, or none."""
    if not rows:
        return None
    new = [each for _, each in rows]
    kept = () if new[0].id is None else NewPredictions.__struct_fields__[_OWN:]
    return NewPredictions(
        [place for place, _ in rows],
        listed([each.result.encode() for each in new]),
        *([getattr(each, name) for each in new] for name in NewPredictions.__struct_fields__[2:_OWN]),
        **{name: [getattr(each, name) for each in new] for name in kept},
    )


def totals(new: NewPredictions | None, tasks: int) -> list[int]:
    """How many predictions each of `tasks` new tasks has."""
    if new is not None and new.places == list(range(tasks)):
        return [1] * tasks  # one each, as mostly
    found = [0] * tasks
    if new is not None:
        for place, number in Counter(new.places).items():
            found[place] = number
    return found


def version_to_follow(conn: Connection, project_row: AnyRow, new: NewPredictions) -> str:
    """The version whose scores count. The first that comes becomes the project's when it has none."""
    version: str = project_row.model_version
    named = next((each for each in new.model_version if each), None)
    if not version and named:
        return queries.name_model_version(conn, project_row.id, named)
    return version


def insert_imported(
    conn: Connection, project_id: int, task_ids: Sequence[int], new: NewPredictions
) -> Sequence[int]:
    """Insert predictions of tasks that this transaction inserted with these ids; their ids.

    The caller has checked results, and writes counters and scores.
    """
    rows, now = len(new.places), now_us()
    ids = new.id or reserve_ids(conn, schema.prediction, rows)
    created = new.created_at or [now]
    columns: dict[str, Column] = {
        "id": counting(ids),
        "task_id": numbers_at(task_ids, new.places),
        "project_id": Same(project_id),
        "result": new.result,
        "score": numbers(new.score),
        "model_version": texts([each or UNDEFINED for each in new.model_version]),
        "cluster": numbers(new.cluster or [None]),
        "mislabeling": numbers(new.mislabeling or [0.0]),
        "created_at": numbers([now if each is None else each for each in created]),
        "updated_at": numbers([now if each is None else each for each in new.updated_at or [now]]),
    }
    queries.insert_columns(conn, rows, columns)
    return ids
