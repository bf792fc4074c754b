"""The next task out of a list of the data manager: the tasks of a view, in its order."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.kit.db.perdatabase import PerDatabase
from labelyard.projects import service as projects
from labelyard.queue import answers
from labelyard.queue import service as queue
from labelyard.queue.answers import Answer
from labelyard.views import listing, queries
from labelyard.views.listing import Matched
from labelyard.views.selection import Chosen

_SLICE = 1_000  # tasks that are looked at in one go
_ENOUGH = 20  # candidates, of which others may take some first
_WALKS = 10_000


class _Walks:
    """Where people stand in lists: everything before was done, taken, or not for them when it was looked at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: OrderedDict[Hashable, int] = OrderedDict()

    def get(self, name: Hashable) -> int:
        with self._lock:
            return self._at.get(name, 0)

    def put(self, name: Hashable, position: int) -> None:
        with self._lock:
            self._at[name] = position
            self._at.move_to_end(name)
            if len(self._at) > _WALKS:
                self._at.popitem(last=False)


_walks: PerDatabase[_Walks] = PerDatabase(_Walks)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Tasks that could be handed out, the first one first."""

    project_id: int
    ids: Sequence[int]


def candidates(
    conn: Connection,
    actor: Actor,
    project_row: Row[Any],
    chosen: Chosen,
    matched: Matched | None = None,
    *,
    exclude: Collection[int] = (),
    impatient: bool = False,
) -> Candidates:
    """Tasks of a list that the caller holds, else the first ones that are open to them; none of `exclude`.

    Unmatched and Behind as for `listing.list_page`.
    """
    counts = projects.counts(conn, project_row.id)
    tasks = listing.tasks_of(conn, project_row, counts, matched)
    tasks.impatient = impatient
    ids, _ = listing.all_ids(conn, tasks, counts, chosen, matched)
    tasks.impatient = False
    held = [
        each for each in queue.held_by(conn, actor, project_row.id) if each in ids and each not in exclude
    ]
    if held:
        return Candidates(project_row.id, held)
    walks, name = _walks.of(conn), (actor.user_id, project_row.id, chosen)
    start = walks.get(name)
    if start >= len(ids):
        start = 0
    # What lies before may have opened again, so the walk ends where it began.
    for at in [*range(start, len(ids), _SLICE), *range(0, start, _SLICE)]:
        part = ids[at : at + _SLICE]
        open_ids = queue.open_among(conn, actor, project_row.id, part)
        found = [each for each in part if each in open_ids and each not in exclude][:_ENOUGH]
        if found and not chosen.settled:
            # The list may be some seconds old.
            still = queries.matching(conn, tasks, chosen.node, (), included=found)
            passing = {each[0] for each in still}
            found = [each for each in found if each in passing]
        if found:
            walks.put(name, at)
            return Candidates(project_row.id, found)
    return Candidates(project_row.id, ())


def take(conn: Connection, actor: Actor, found: Candidates, ttl_seconds: int) -> Answer | None:
    """Hold the first of the candidates that is still to be had; the task as `next` shows it. None: nobody left any."""
    project_row = projects.get(conn, actor, found.project_id, "annotations.create")
    taken = queue.take_first(conn, actor, project_row, found.ids, ttl_seconds=ttl_seconds)
    return None if taken is None else answers.answer_of(conn, actor, project_row, taken)
