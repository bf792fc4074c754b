"""Positions in long lists whose keys are remembered, so that a far page costs the way from the nearest known one."""

import bisect
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K")

LISTS = 64
KEYS = 1024  # remembered positions a list
STRIDE = 20_000  # positions that are passed over in one go on the way to a far page


class Boundaries(Generic[K]):
    """List and its state → position → key of the item before it. A list in another state is another list."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lists: OrderedDict[Hashable, tuple[Any, list[int], list[K]]] = OrderedDict()

    def nearest(self, name: Hashable, state: Hashable, position: int) -> tuple[int, K] | None:
        """The highest remembered `(position, key before it)` not above `position`; None when there is none."""
        with self._lock:
            known = self._lists.get(name)
            if known is None or known[0] != state:
                return None
            self._lists.move_to_end(name)
            place = bisect.bisect_right(known[1], position)
            return (known[1][place - 1], known[2][place - 1]) if place else None

    def near(
        self, name: Hashable, state: Hashable, position: int, step: Callable[[K | None, int], K | None]
    ) -> tuple[int, K | None]:
        """A place not above `position`, and nearer than STRIDE unless the list ends before: (place, key before it).

        `step(key, n)` gives the key of the n-th item behind that of `key` (None: behind the start), None past the end.
        What is passed on the way is remembered, so that going anywhere in a list costs the whole way through it once.
        """
        known = self.nearest(name, state, position)
        place, key = known if known is not None else (0, None)
        while position - place >= STRIDE:
            passed = step(key, STRIDE)
            if passed is None:
                break
            place, key = place + STRIDE, passed
            self.remember(name, state, place, passed)
        return place, key

    def remember(self, name: Hashable, state: Hashable, position: int, key: K) -> None:
        """Keep a key; beyond KEYS of a list every other one is forgotten."""
        with self._lock:
            known = self._lists.get(name)
            if known is None or known[0] != state:
                known = (state, [], [])
                self._lists[name] = known
                if len(self._lists) > LISTS:
                    self._lists.popitem(last=False)
            _, positions, keys = known
            place = bisect.bisect_left(positions, position)
            if place < len(positions) and positions[place] == position:
                return
            positions.insert(place, position)
            keys.insert(place, key)
            if len(positions) > KEYS:
                del positions[::2]
                del keys[::2]
