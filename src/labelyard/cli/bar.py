"""A progress bar on a terminal. Only who shows one loads what draws it: a server that runs has no use for it."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)


class Bar:
    def __init__(self, label: str, unit: str) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TextColumn(unit),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(label, total=None)
        self.start, self.stop = self._progress.start, self._progress.stop

    def update(self, done: int, total: int | None) -> None:
        self._progress.update(self._task, completed=done, total=total)
