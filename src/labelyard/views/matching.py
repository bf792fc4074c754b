"""Regular expressions of filters over the tasks of a project: which tasks have a match."""

import threading
import time
from array import array
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from labelyard.kit.db.database import Database
from labelyard.kit.db.dialect import dialect_of
from labelyard.kit.errors import Invalid, Unavailable
from labelyard.kit.patterns import Matcher, PatternTooSlow
from labelyard.views import queries
from labelyard.views.conditions import Tasks, Truth
from labelyard.views.filters import Group, Node, Test, tests

SECONDS = 20.0
_BATCH = 2_000  # texts
_TOO_SLOW = (
    "This regular expression takes too long. Write a simpler one, or narrow the list by another filter."
)
# Each match keeps a process and a reader busy.
_at_once = threading.BoundedSemaphore(2)


def match(db: Database, project_id: int, last_inner_id: int, node: Node) -> "Mapping[Test, array[int]]":
    """Ids of the tasks that pass each regex test of a filter, found in a thread of the caller's.

    Invalid when an expression does not come to an end on some text, or all of them within SECONDS.
    """
    wanted = dict.fromkeys(test for test in tests(node) if test.operator == "regex")
    if not _at_once.acquire(timeout=SECONDS):
        raise Unavailable(
            "Other filters with regular expressions are being worked on. Try again in a minute."
        )
    try:
        deadline = time.monotonic() + SECONDS
        return {test: _matches(db, project_id, last_inner_id, node, test, deadline) for test in wanted}
    except PatternTooSlow:
        raise Invalid({"filter_group": {"filters": [{"value": [_TOO_SLOW]}]}}) from None
    finally:
        _at_once.release()


def _matches(
    db: Database, project_id: int, last_inner_id: int, node: Node, test: Test, deadline: float
) -> "array[int]":
    found = array("q")
    after = 0
    with Matcher(test.value) as matcher:
        while after < last_inner_id:
            rows = db.read_sync(_texts, project_id, node, test, after)
            for start in range(0, len(rows), _BATCH):
                part = rows[start : start + _BATCH]
                hits = matcher.search([text for _, text in part])
                found.extend(task_id for (task_id, _), hit in zip(part, hits, strict=True) if hit)
            if time.monotonic() > deadline:
                raise PatternTooSlow
            after += queries.WINDOW
    return found


def _texts(conn: Connection, project_id: int, node: Node, test: Test, after: int) -> list[tuple[int, str]]:
    tasks = Tasks(dialect_of(conn), project_id, "")
    rows = queries.texts_between(conn, tasks, test, _rest(tasks, node), after)
    return [(row[0], row[1]) for row in rows]


def _rest(tasks: Tasks, node: Node) -> Truth:
    """What has to hold beside the regex tests, so that not every text is looked at."""
    if not isinstance(node, Group) or node.conjunction == "or":
        return sa.true()
    plain = [part for part in node.parts if all(test.operator != "regex" for test in tests(part))]
    return tasks.truth(Group("and", tuple(plain)))
