"""Slows down guessing: counts attempts by key in memory, forgives on success."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

_MAX_KEYS = 10_000


@dataclass(slots=True)
class _Attempts:
    count: int = 0
    last: float = 0.0


@dataclass(slots=True)
class AttemptLimit:
    """`free` attempts by key, then a pause that doubles with each further one, from `pause` up to `longest` seconds.

    After `longest` seconds of silence all is forgotten.
    """

    free: int
    pause: float = 5.0
    longest: float = 900.0
    clock: Callable[[], float] = time.monotonic
    _keys: dict[str, _Attempts] = field(default_factory=dict)

    def attempt(self, key: str) -> float:
        """Count an attempt; 0.0 when it may go on, else the seconds to wait. A refused attempt is not counted."""
        now = self.clock()
        known = self._keys.get(key)
        if known is None or now - known.last > self.longest:
            self._make_room(now)
            known = self._keys[key] = _Attempts()
        beyond = known.count - self.free
        if beyond >= 0:
            pause = min(self.longest, self.pause * 2.0 ** min(beyond, 30))
            left = known.last + pause - now
            if left > 0:
                return left
        known.count += 1
        known.last = now
        return 0.0

    def forgive(self, key: str) -> None:
        """The attempt was good."""
        self._keys.pop(key, None)

    def _make_room(self, now: float) -> None:
        if len(self._keys) < _MAX_KEYS:
            return
        self._keys = {key: value for key, value in self._keys.items() if now - value.last <= self.longest}
        while len(self._keys) >= _MAX_KEYS:
            self._keys.pop(next(iter(self._keys)))
