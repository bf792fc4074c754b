"""What the results of a project's annotations and drafts use: controls and labels, counted.

Results are looked through in bounded batches outside the writer; only what changed meanwhile is looked at inside it.
"""

import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection

from labelyard.projects import queries

BATCH = 2_000
MAX_ANNOTATIONS = 200_000  # a summary stops there
MAX_DRAFTS = 20_000
Control = tuple[str, str, str]  # from_name, to_name, type


class _Item(msgspec.Struct, gc=False):
    from_name: Any = None
    to_name: Any = None
    type: Any = None
    value: msgspec.Raw = msgspec.Raw(b"null")


_items = msgspec.json.Decoder(list[_Item]).decode
_values = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_names = msgspec.json.Decoder(list[str | list[str]]).decode
# Keys of a result's `value` that hold texts, not label names.
_NOT_LABELS = frozenset({"text", "points", "vertices", "rle", "html", "chatmessage"})


@dataclass(slots=True)
class Usage:
    """How often each control (by annotations' result items) and each label of a control is used."""

    controls: Counter[Control] = field(default_factory=Counter)
    labels: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, result: str | None) -> None:
        for item in read_items(result):
            if not isinstance(item.from_name, str) or not isinstance(item.type, str):
                continue  # relations belong to no control
            self.controls[(item.from_name, str(item.to_name), item.type)] += 1
            for label in _labels(item):
                self.labels[item.from_name][label] += 1

    def of_label(self, control: str, label: str) -> int:
        return self.labels[control][label] if control in self.labels else 0


def read_items(result: str | None) -> Sequence[_Item]:
    """The items of a stored result; none when it holds something else than objects."""
    if not result or result == "[]":
        return ()
    try:
        return _items(result)
    except msgspec.DecodeError:
        return ()


def _labels(item: _Item) -> Iterable[str]:
    try:
        values = _values(item.value)
        key = "labels" if item.type not in values else item.type
        if key in _NOT_LABELS or key not in values:
            return ()
        names = _names(values[key])
    except msgspec.DecodeError:
        return ()
    return [each if isinstance(each, str) else " / ".join(each) for each in names]


def control_counts(conn: Connection, project_id: int, missing: Callable[[Control], bool]) -> Counter[Control]:
    """Controls that annotations use and for which `missing` holds, with the number of result items."""
    found: Counter[Control] = Counter()
    after = 0
    while rows := queries.results_after(conn, project_id, after, BATCH):
        for row in rows:
            count_missing(found, row.result, missing)
        after = rows[-1].id
    return found


def changed_control_counts(
    conn: Connection, project_id: int, since: int, missing: Callable[[Control], bool]
) -> Counter[Control]:
    """The same over the annotations that changed after event `since`."""
    found: Counter[Control] = Counter()
    for row in queries.results_changed_since(conn, project_id, since):
        count_missing(found, row.result, missing)
    return found


def count_missing(found: Counter[Control], result: str | None, missing: Callable[[Control], bool]) -> None:
    """Count the items of a stored result whose control is missing."""
    for item in read_items(result):
        if isinstance(item.from_name, str) and isinstance(item.type, str):
            control = (item.from_name, str(item.to_name), item.type)
            if missing(control):
                found[control] += 1


class _Cache:
    """Usage by project, good as long as nothing was annotated or drafted since."""

    def __init__(self, size: int = 64) -> None:
        self._lock = threading.Lock()
        self._size = size
        self._kept: OrderedDict[tuple[Any, ...], Usage] = OrderedDict()

    def get(self, key: tuple[Any, ...], make: Callable[[], Usage]) -> Usage:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made


_annotation_cache, _draft_cache = _Cache(), _Cache()


def annotation_usage(conn: Connection, project_id: int, created_at: int) -> Usage:
    """Controls and labels in the project's first MAX_ANNOTATIONS annotations. `created_at` of the project, in µs."""
    key = (project_id, created_at, queries.last_event(conn, project_id))
    return _annotation_cache.get(key, lambda: _annotation_usage(conn, project_id))


def _annotation_usage(conn: Connection, project_id: int) -> Usage:
    usage, after, seen = Usage(), 0, 0
    while seen < MAX_ANNOTATIONS and (rows := queries.results_after(conn, project_id, after, BATCH)):
        for row in rows:
            usage.add(row.result)
        after = rows[-1].id
        seen += len(rows)
    return usage


def draft_usage(conn: Connection, project_id: int, created_at: int) -> Usage:
    """Controls and labels in the project's drafts."""
    key = (project_id, created_at, *queries.draft_mark(conn, project_id))
    return _draft_cache.get(key, lambda: _draft_usage(conn, project_id))


def _draft_usage(conn: Connection, project_id: int) -> Usage:
    usage = Usage()
    for row in queries.draft_results(conn, project_id, MAX_DRAFTS):
        usage.add(row.result)
    return usage
