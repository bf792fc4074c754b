"""Reading what the formats of records write: one entry per annotation, and little of each task."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from labelyard.exports import queries
from labelyard.exports.queries import Row, Rows
from labelyard.exports.reading import BATCH, BATCH_CHARACTERS, FIRST_BATCH, Selection
from labelyard.formats.writers.model import named_data
from labelyard.formats.writers.records import NO_FACTS, Entry, Facts
from labelyard.kit.clock import moment
from labelyard.kit.db.database import Database
from labelyard.label.config import parse

_CREATED_AT = 4


def entries(db: Database, chosen: Selection) -> Iterator[list[Entry]]:
    """The entries of an export, in order of the tasks' ids, a task's own newest first; skipped ones are left out.

    Batches are as large as `reading.batches`. `kept`, `only_annotated` and what may be written in the place of ids are
    not looked at.
    """
    first_key = parse(chosen.label_config).first_data_key
    size, place = min(FIRST_BATCH, BATCH), 0  # the last inner id, or how many of the ids are done
    while chosen.ids is None or place < len(chosen.ids):
        ids = None if chosen.ids is None else chosen.ids[place : place + size]
        tasks, annotations = db.read_sync(_read, chosen, place, size, ids)
        if ids is None and not tasks:
            return
        place = tasks[-1][1] if ids is None else place + size
        weight = sum([len(row[2]) for row in tasks]) + sum([len(row[3] or "") for row in annotations])
        fitting = BATCH_CHARACTERS * max(1, len(tasks)) // max(1, weight)
        size = max(1, min(BATCH, 4 * size, fitting))
        yield _entries(tasks, annotations, first_key)


def _read(
    conn: Connection, chosen: Selection, after: int, size: int, ids: Sequence[int] | None
) -> tuple[Rows, Rows]:
    project_id = chosen.project_id
    if ids is None:
        tasks = queries.page(conn, project_id, after, chosen.last, size, chosen.tasks, records=True)
    else:
        tasks = queries.by_ids(conn, project_id, ids, chosen.tasks, records=True)
    return tasks, queries.record_annotations(conn, project_id, [row[0] for row in tasks if row[3]])


def _entries(tasks: Rows, annotations: Rows, first_key: str | None) -> list[Entry]:
    by_task: dict[int, list[Row]] = {}
    for row in annotations:
        by_task.setdefault(row[1], []).append(row)
    made: list[Entry] = []
    for task_id, _, data, _, cancelled in tasks:
        named = named_data(data, first_key)
        rows = by_task.get(task_id)
        if rows is None:
            if not cancelled:
                made.append(Entry(task_id, named, None, NO_FACTS))
            continue
        if len(rows) > 1:
            rows.sort(key=_created_at, reverse=True)
        for made_id, _, by, result, created_at, updated_at, lead_time in rows:
            facts = Facts(by, made_id, moment(created_at), moment(updated_at), lead_time)
            made.append(Entry(task_id, named, result or "[]", facts))
    return made


def _created_at(row: Row) -> Any:
    return row[_CREATED_AT]
