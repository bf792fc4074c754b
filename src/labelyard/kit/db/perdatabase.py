"""What a process remembers about one database. Tests, and nobody else so far, open several in one process."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

T = TypeVar("T")


class PerDatabase(Generic[T]):
    """One `T` for each engine that connections come from; it goes with the engine.

    Readers and writers have engines of their own, so what a transaction saw that was rolled back later stays away from
    readers.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: WeakKeyDictionary[Engine, T] = WeakKeyDictionary()

    def of(self, conn: Connection) -> T:
        with self._lock:
            found = self._made.get(conn.engine)
            if found is None:
                found = self._made[conn.engine] = self._make()
            return found
