"""Checking many items of an import at once, a column at a time.

What most imports bring is thousands of items of one shape, all of them good. These are decoded, checked and turned into
columns with a few calls that each see all of them. Whatever is unusual or may be wrong is left to the check of one item
(`prepare`), which knows every rule and names the fault.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from labelyard.annotations.service import NewAnnotations
from labelyard.imports.nested import (
    MAX_OVERLAP,
    MODEL_VERSION_UNKNOWN,
    NestedProblem,
    People,
    UnknownPerson,
    import_id_of,
    time_of,
)
from labelyard.kit.db.columns import Texts, json_list, listed, slices_of
from labelyard.kit.rawjson import is_plain
from labelyard.label.jsontext import MAX_DEPTH
from labelyard.label.results import ResultValidator
from labelyard.label.tasks import TaskValidator
from labelyard.predictions.service import NewPredictions
from labelyard.tasks.service import NewTasks


class _Annotation(msgspec.Struct, gc=False):
    result: Raw
    id: Any = None
    completed_by: Any = None
    was_cancelled: bool | None = None
    skipped: Any = None
    ground_truth: bool | None = None
    lead_time: float | None = None
    created_at: Any = None
    updated_at: Any = None
    draft_created_at: Any = None
    unique_id: Any = None


class _Prediction(msgspec.Struct, gc=False):
    result: Raw
    score: Annotated[float, Meta(ge=0, le=1)] | None = None
    model_version: str | None = None


class _Item(msgspec.Struct, gc=False):
    """A task with an envelope. Of what may stand in it, the fields that are not told apart here must be null."""

    data: Raw
    annotations: list[_Annotation] | None = None
    predictions: list[_Prediction] | None = None
    meta: Raw | UnsetType = UNSET
    overlap: Annotated[int, Meta(ge=1, le=MAX_OVERLAP)] | None = None
    allow_skip: bool | None = None
    completions: None = None
    drafts: None = None


_items = msgspec.json.Decoder(list[_Item]).decode


class Unusual(Exception):
    """One of the items has to be looked at by itself."""


class Blocks:
    """Makes columns of items for one label config."""

    def __init__(self, tasks: TaskValidator, results: ResultValidator, people: People) -> None:
        self._fitting = tasks.fitting
        self._results = results.fitting
        self._people = people

    def block_of(self, items: Sequence[bytes], *, well_formed: bool) -> NewTasks | None:
        """The tasks of JSON items; None when one of them is unusual or may be wrong.

        `well_formed`: the items are parts of a text that passed `kit.rawjson`.
        """
        try:
            return self._block_of(items, well_formed)
        except (Unusual, msgspec.ValidationError, NestedProblem, UnknownPerson):
            return None

    def _block_of(self, items: Sequence[bytes], well_formed: bool) -> NewTasks:
        if self._fitting is None:
            raise Unusual
        whole = json_list(items)
        if not well_formed:
            _refuse_deep(items)
            if not is_plain(whole):
                raise Unusual
        columns = self._fitting.keys(whole, items[0], bare=True)
        if columns is not None:
            return NewTasks(columns, slices_of(whole, items))
        made = _items(whole)
        data = [bytes(each.data) for each in made]
        columns = self._fitting.keys((found := listed(data)).buffer, data[0])
        if columns is None:
            raise Unusual
        return NewTasks(
            columns,
            found,
            meta=_metas([each.meta for each in made]),
            overlap=_or_none([each.overlap for each in made]),
            allow_skip=_flags([each.allow_skip for each in made], True),
            annotations=self._annotations([each.annotations or () for each in made]),
            predictions=self._predictions([each.predictions or () for each in made]),
        )

    def _annotations(self, nested: Sequence[Sequence[_Annotation]]) -> NewAnnotations | None:
        made = list(chain.from_iterable(nested))
        if not made:
            return None
        result = _results([each.result for each in made])
        counts = self._results.annotations(result.buffer)
        if counts is None:
            raise Unusual
        cancelled = [
            each.skipped is True if each.was_cancelled is None else each.was_cancelled for each in made
        ]
        return NewAnnotations(
            places=_places(nested),
            result=result,
            result_count=counts,
            completed_by=[self._people.id_of(each.completed_by) for each in made],
            was_cancelled=cancelled,
            # Compatible with Label Studio 1.x: what was imported is true unless it says otherwise.
            ground_truth=[each.ground_truth is not False for each in made],
            lead_time=_or_none([each.lead_time for each in made]),
            created_at=_times([each.created_at for each in made], "created_at"),
            updated_at=_times([each.updated_at for each in made], "updated_at"),
            draft_created_at=_times([each.draft_created_at for each in made], "draft_created_at"),
            unique_id=_or_none(
                [each.unique_id if isinstance(each.unique_id, str) else None for each in made]
            ),
            import_id=_or_none([import_id_of(each.id) for each in made]),
        )

    def _predictions(self, nested: Sequence[Sequence[_Prediction]]) -> NewPredictions | None:
        made = list(chain.from_iterable(nested))
        if not made:
            return None
        result = _results([each.result for each in made])
        if not self._results.predictions(result.buffer):
            raise Unusual
        return NewPredictions(
            places=_places(nested),
            result=result,
            score=[each.score for each in made],
            model_version=[
                MODEL_VERSION_UNKNOWN if each.model_version is None else each.model_version for each in made
            ],
        )


def _refuse_deep(texts: Sequence[bytes]) -> None:
    """Unusual when a text may be nested deeper than results and tasks may be."""
    if max(map(len, texts), default=0) <= 2 * MAX_DEPTH:
        return
    for text in texts:
        if len(text) > 2 * MAX_DEPTH and text.count(b"[") + text.count(b"{") > MAX_DEPTH:
            raise Unusual


def _results(given: Sequence[Raw]) -> Texts:
    texts = [bytes(each) for each in given]
    _refuse_deep(texts)
    return listed(texts)


def _places(nested: Sequence[Sequence[object]]) -> list[int]:
    """For each of what is nested, the place of its task."""
    if all(map((1).__eq__, map(len, nested))):
        return list(range(len(nested)))
    return [place for place, each in enumerate(nested) for _ in each]


def _or_none(values: list[Any]) -> list[Any] | None:
    """A column, None when nothing is in it."""
    return None if values.count(None) == len(values) else values


def _flags(values: list[bool | None], default: bool) -> list[bool] | None:
    if values.count(None) == len(values):
        return None
    return [default if value is None else value for value in values]


def _times(values: list[Any], key: str) -> list[int | None] | None:
    if values.count(None) == len(values):
        return None
    return [time_of(value, key) for value in values]


def _metas(values: list[Raw | UnsetType]) -> list[str] | None:
    if values.count(UNSET) == len(values):
        return None
    return [_meta(value) for value in values]


def _meta(value: Raw | UnsetType) -> str:
    text = b"null" if isinstance(value, UnsetType) else bytes(value)
    if text == b"null":
        return "{}"
    if text[:1] not in (b"{", b"["):
        raise Unusual
    return text.decode()
