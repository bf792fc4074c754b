"""Labels of results as a text in a task's data: what the action `cache_labels` writes. Pure.

Compatible with Label Studio 1.x: `cache_<control>` holds `good: 2, bad: 1`, or `good, bad` without counters.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

ALL = "ALL"
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Caching:
    """Which labels go where: of one control or of `ALL`, from annotations or from predictions."""

    control: str = ALL
    with_counters: bool = True
    predictions: bool = False

    @property
    def key(self) -> str:
        """The key of the task's data that is written."""
        name = "all" if self.control == ALL else self.control
        return f"cache_predictions_{name}" if self.predictions else f"cache_{name}"

    def text(self, results: Iterable[str | None]) -> str:
        """The labels in these results (JSON texts of lists), by name."""
        found = Counter(label for result in results for label in self._labels(result))
        names = sorted(found)
        return ", ".join(f"{name}: {found[name]}" if self.with_counters else name for name in names)

    def _labels(self, result: str | None) -> Iterator[str]:
        items = _decode(result) if result else []
        for item in items if isinstance(items, list) else []:
            if not isinstance(item, dict) or self.control not in (ALL, item.get("from_name")):
                continue
            value, kind = item.get("value"), item.get("type")
            found = value.get(kind) if isinstance(value, dict) and isinstance(kind, str) else None
            for label in found if isinstance(found, list) else []:
                text = _label(label)
                if text is not None:
                    yield text


def _label(value: Any) -> str | None:
    """A label as a text; the path of a taxonomy as its parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return " / ".join(value)
    return None
