"""What the parts of a takeover of a 1.x install share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from labelyard.context import Context
from labelyard.kit.clock import now_us, parse_iso
from labelyard.kit.db.foreign import ForeignDatabase, ForeignError, Row
from labelyard.takeover.model import Progress, Report, TakeoverError
from labelyard.takeover.staging import Staging


@dataclass(slots=True)
class Work:
    """One takeover: where from, where to, and what has been given which id."""

    ctx: Context
    source: ForeignDatabase
    media: Path
    staging: Staging
    progress: Progress
    allow_missing: bool
    report: Report = field(default_factory=Report)
    offset: dict[str, int] = field(default_factory=dict)  # table there → what is added to its ids
    organization: dict[int, int] = field(default_factory=dict)  # id there → id here
    kept: set[int] = field(
        default_factory=set
    )  # ids there of organizations that came before and stay as they are
    user: dict[int, int] = field(default_factory=dict)
    project: dict[int, int] = field(default_factory=dict)
    new_users: set[int] = field(default_factory=set)  # ids there of those who had no account here
    known_users: set[int] = field(default_factory=set)  # ids there of those who had one
    secret_key: str | None = None  # of the old install, which signs its personal access tokens
    hooks: dict[tuple[int, str], int] = field(default_factory=dict)  # project here and address → webhook here
    known: Sequence[Any] = ()  # projects here that came from this install before
    moved: dict[int, tuple[str, str]] = field(
        default_factory=dict
    )  # project there → prefixes of its files there and here
    cancelled: bool = False  # set from another thread: the transaction gives up at its next batch

    def new(self, table: str, old: int | None) -> int | None:
        """The id here of a row there; None for None."""
        return None if old is None else old + self.offset[table]

    def go_on(self) -> None:
        if self.cancelled:
            raise TakeoverError("Interrupted.", "Run the command again.")

    def place(self, what: str, row: Row, column: str) -> str:
        """Where a value stands, for messages."""
        return f"{self.source.path}: {column} of {what} {row['id']}"

    def value(self, what: str, row: Row, column: str) -> Any:
        """The value of a column with JSON; None for null. TakeoverError names table, id and column."""
        text = row[column]
        if not text:
            return None
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as fault:
            raise TakeoverError(
                f"{self.place(what, row, column)}: {fault}", "Mend that value where it is, and try again."
            ) from None

    def object(self, what: str, row: Row, column: str) -> dict[str, Any]:
        """The same for an object; an empty one for null. TakeoverError for anything else."""
        found = self.value(what, row, column)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise TakeoverError(
                f"{self.place(what, row, column)}: must be an object.",
                "Mend that value where it is, and try again.",
            )
        return found

    def given(self, names: Mapping[str, Any]) -> dict[str, Any]:
        """Of values by column those that are there."""
        return {name: value for name, value in names.items() if value is not None}


def time_of(text: str | None) -> int:
    """Microseconds of a time as the old server wrote it; now for none."""
    if not text:
        return now_us()
    try:
        return parse_iso(text)
    except ValueError as error:
        raise ForeignError(f"{text!r} is no time") from error
