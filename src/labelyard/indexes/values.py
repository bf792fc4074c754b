"""What an index keeps of a task's data. Pure.

A change of these rules has to raise VERSION: indexes that older rules made are then made anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from labelyard.kit.jsonvalues import at, number_of, scalars, text_of

VERSION = 1
# Texts are compared by so many characters: what is behind them makes no difference to an order.
PREFIX = 256

Kind = Literal["text", "number", "search"]
Paths = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class DataKey:
    """A value of a task's data: the first that is there of some paths of object keys."""

    paths: Paths

    @property
    def spec(self) -> str:
        """How the key is written in the store."""
        return msgspec.json.encode(self.paths).decode()

    def text(self, data: str) -> str | None:
        """The first PREFIX characters of the value's text."""
        found = next((each for each in map(text_of, self._values(data)) if each is not None), None)
        return None if found is None else found[:PREFIX]

    def number(self, data: str) -> float | None:
        return next((each for each in map(number_of, self._values(data)) if each is not None), None)

    def _values(self, data: str) -> Sequence[msgspec.Raw | None]:
        return [at(data, path) for path in self.paths]


def key_of(spec: str) -> DataKey:
    """The key that `DataKey.spec` wrote."""
    return DataKey(msgspec.json.decode(spec, type=Paths))


def search_text(data: str) -> str:
    """All that a search looks through: texts, numbers and booleans anywhere in the data, a line each."""
    return "\n".join(scalars(data))


# JSON text of a task's data → what the index keeps of it.
def value_of(kind: Kind, spec: str) -> Callable[[str], str | float | None]:
    """What an index of this kind keeps of a task's data; None where the task has no such value."""
    if kind == "search":
        return search_text
    key = key_of(spec)
    return key.text if kind == "text" else key.number
