"""Small chores that are done now and then for as long as the server runs."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from labelyard.kit.log import Logger

log = Logger("labelyard.periodic")


@dataclass(slots=True)
class _Chore:
    name: str
    seconds: float
    run: Callable[[], object]
    due: float


class Periodic:
    """Runs chores one after the other in a thread of its own. A chore that fails is logged and run again next time.

    Several servers on one database each run theirs, so a chore must bear being done twice at once.
    """

    def __init__(self) -> None:
        self._chores: list[_Chore] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="periodic", daemon=True)

    def add(self, name: str, seconds: float, run: Callable[[], object]) -> None:
        """Run `run` every `seconds`, the first time that long after the start. Before `start`."""
        self._chores.append(_Chore(name, seconds, run, 0.0))

    def start(self) -> None:
        now = time.monotonic()
        for chore in self._chores:
            chore.due = now + chore.seconds
        if self._chores:
            self._thread.start()

    def stop(self) -> None:
        """Stop after the chore that is being done."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while True:
            chore = min(self._chores, key=lambda each: each.due)
            if self._stopping.wait(max(chore.due - time.monotonic(), 0)):
                return
            try:
                chore.run()
            except Exception:
                log.exception("periodic chore failed", chore=chore.name)
            chore.due = time.monotonic() + chore.seconds
