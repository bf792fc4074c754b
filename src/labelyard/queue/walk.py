"""The order in which one annotator walks through a project's open tasks, and where in it they stand. Pure.

A walk is a list of stretches; each is an ordered range of one key (`id`, `rnd` or a score) that one index serves. A
position says: every open task up to here is one that this annotator has had (or holds). So asking for the next task
starts behind the position instead of walking over what was done, and when a task opens again behind somebody's
position, the position is moved back to it (`rewound`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from labelyard.sampling import HIGHEST_SCORE, LOWEST_SCORE, SEQUENTIAL, UNCERTAINTY, UNIFORM

QUEUE_TEXTS = {
    SEQUENTIAL: "Sequence queue",
    UNIFORM: "Uniform random queue",
    UNCERTAINTY: "Active learning or random queue",
    LOWEST_SCORE: "Lowest score queue",
    HIGHEST_SCORE: "Highest score queue",
}

_BEYOND_RND = 1 << 62  # task.rnd has 62 bits

Score = Literal["score", "mean_score"]
Order = Literal["id", "rnd", "score", "mean_score"]
_SCORES: dict[str, Score] = {
    UNCERTAINTY: "score",
    LOWEST_SCORE: "mean_score",
    HIGHEST_SCORE: "mean_score",
}
# Values of the ordering columns of the last task of a stretch, negative ones where it goes down; () = before its first.
Key = tuple[int | float, ...]


class OrderedTask(Protocol):
    """What a walk looks at in a task row."""

    id: int
    rnd: int
    score: float | None
    mean_score: float | None
    overlap: int


class ScoredTask(msgspec.Struct, gc=False):
    """As much of a task as walks by score look at."""

    id: int
    score: float | None
    mean_score: float | None
    overlap: int
    rnd: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Tasks in the order of one key, then by id.

    Of `rnd` those with `low` <= rnd < `high` where given; of a score those that have one, from the highest down where
    `falling`. `without` leaves those that have that score out; `overlap_only` those with an overlap of 1.
    """

    order: Order
    low: int | None = None
    high: int | None = None
    overlap_only: bool = False
    without: Score | None = None
    falling: bool = False

    def has(self, task: OrderedTask) -> bool:
        if self.overlap_only and task.overlap <= 1:
            return False
        if self.order in ("score", "mean_score"):
            return getattr(task, self.order) is not None
        if self.without is not None and getattr(task, self.without) is not None:
            return False
        if self.order == "rnd":
            return (self.low is None or task.rnd >= self.low) and (self.high is None or task.rnd < self.high)
        return True

    def key(self, task: OrderedTask) -> Key:
        if self.order == "id":
            return (task.id,)
        if self.order == "rnd":
            return (task.rnd, task.id)
        score: float = getattr(task, self.order) or 0.0
        return (-score if self.falling else score, task.id)


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Stretch number and the key of the last task walked in it."""

    stretch: int = 0
    key: Key = ()

    def before(self, other: "Position") -> bool:
        return (self.stretch, self.key) < (other.stretch, other.key)


class Cursor(msgspec.Struct, frozen=True):
    """What is stored of a walk: where it started (a `rnd` value), where it stands, the newest task it knows of."""

    start: int = 0
    position: Position = Position()
    last_inner_id: int = 0

    def at(self, position: Position) -> "Cursor":
        return Cursor(self.start, position, self.last_inner_id)


def encode(cursor: Cursor) -> str:
    return msgspec.json.encode(cursor).decode()


def decode(text: str) -> Cursor:
    return msgspec.json.decode(text, type=Cursor)


def name_of(sampling: str, overlap_first: bool) -> str:
    """The kind of walk, as the store names it. A stored walk of another kind says nothing about this one."""
    return f"{sampling}+overlap" if overlap_first else sampling


def queue_text(name: str) -> str:
    """What the API calls a walk of this kind; an unknown sampling is walked sequentially."""
    return QUEUE_TEXTS.get(name.partition("+")[0], QUEUE_TEXTS[SEQUENTIAL])


def stretches(name: str, start: int) -> list[Stretch]:
    """The stretches of a kind of walk in their order; an unknown sampling is walked sequentially."""
    sampling, _, overlap = name.partition("+")
    found: list[Stretch] = []
    for overlap_only in (True, False) if overlap else (False,):
        if sampling == UNIFORM:
            found.append(Stretch("rnd", low=start, overlap_only=overlap_only))
            if start > 0:
                found.append(Stretch("rnd", high=start, overlap_only=overlap_only))
        elif sampling in _SCORES:
            score = _SCORES[sampling]
            found.append(Stretch(score, overlap_only=overlap_only, falling=sampling == HIGHEST_SCORE))
            found.append(Stretch("id", without=score, overlap_only=overlap_only))
        else:
            found.append(Stretch("id", overlap_only=overlap_only))
    return found


def just_before(walk: Sequence[Stretch], task: OrderedTask) -> Position:
    """The position from which `task` is the next one: in the first stretch that has it."""
    for number, stretch in enumerate(walk):
        if stretch.has(task):
            *head, last = stretch.key(task)
            return Position(number, (*head, last - 1))
    return Position()


def end(walk: Sequence[Stretch], newest_id: int) -> Position:
    """The position behind every task of today: no task is left in any stretch."""
    last = walk[-1]
    key: Key = (_BEYOND_RND, 0) if last.order == "rnd" else (newest_id,)
    return Position(len(walk) - 1, key)


def before_all(name: str, start: int, tasks: Sequence[OrderedTask]) -> Position:
    """The position of a walk from which all of `tasks` (one at least) are still to come."""
    walk = stretches(name, start)
    places = (just_before(walk, task) for task in tasks)
    return min(places, key=lambda place: (place.stretch, place.key))


def back_at(cursor: Cursor, position: Position) -> Cursor:
    """The cursor moved back to a position; where it is not yet there, it stays."""
    return cursor.at(position) if position.before(cursor.position) else cursor


def rewound(name: str, cursor: Cursor, tasks: Sequence[OrderedTask]) -> Cursor:
    """The cursor moved back so that none of `tasks` lies behind it."""
    return back_at(cursor, before_all(name, cursor.start, tasks)) if tasks else cursor


def by_score(name: str) -> bool:
    """Whether a kind of walk follows scores."""
    return name.partition("+")[0] in _SCORES
