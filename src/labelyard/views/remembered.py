"""What was worked out about long lists and is still true, or nearly.

A list that depends on nothing but tasks and their data is true as long as the project's counters say that none came,
went or changed. One that depends on annotations and the like is worked out anew each time, unless that is slow: then
it may be as old as a small multiple of the time that it took, so that a large project is not busy with it all the time.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

V = TypeVar("V")

QUICK_SECONDS = 0.05  # what takes no longer is never answered from memory when it may have changed
AGE_PER_COST = 20
MAX_AGE_SECONDS = 30.0
MAX_BYTES = 64 << 20
_OVERHEAD = 500  # bytes of an entry beside its ids


@dataclass(slots=True)
class Known(Generic[V]):
    """A value that took `cost` seconds. `settled`: nothing but the state can make it wrong.

    `quick`: the cost up to which it is worked out anew rather than being old.
    """

    value: V
    state: Hashable
    cost: float
    settled: bool
    quick: float = QUICK_SECONDS
    at: float = field(default_factory=time.monotonic)

    def holds(self, state: Hashable) -> bool:
        if state != self.state:
            return False
        if self.settled:
            return True
        return self.cost >= self.quick and time.monotonic() - self.at < min(
            self.cost * AGE_PER_COST, MAX_AGE_SECONDS
        )


class Memory(Generic[V]):
    """The values used last, up to a number of bytes."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, tuple[Known[V], int]] = OrderedDict()
        self._max_bytes, self._bytes = max_bytes, 0

    def get(self, name: Hashable, state: Hashable) -> V | None:
        """The value of this name, if it holds in this state."""
        with self._lock:
            found = self._known.get(name)
            if found is None or not found[0].holds(state):
                return None
            self._known.move_to_end(name)
            return found[0].value

    def put(self, name: Hashable, known: Known[V], size: int = 0) -> None:
        """Keep a value of `size` bytes; the least used ones go. One that is larger than everything is not kept."""
        with self._lock:
            before = self._known.pop(name, None)
            if before is not None:
                self._bytes -= before[1]
            if size > self._max_bytes:
                return
            self._known[name] = (known, size + _OVERHEAD)
            self._bytes += size + _OVERHEAD
            while self._bytes > self._max_bytes:
                _, (_, gone) = self._known.popitem(last=False)
                self._bytes -= gone
