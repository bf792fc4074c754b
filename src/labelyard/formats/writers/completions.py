"""JSON as Label Studio 0.x exports it: `{"id", "data", "completions", "predictions"}`, results as they are stored."""

from collections.abc import Iterator
from typing import Any

import msgspec

from labelyard.formats.writers.model import StoredTasks, annotation_rest, named_data, task_rest
from labelyard.formats.writers.registry import OutputFormat

_SECOND = 1_000_000
_encode = msgspec.json.Encoder().encode


class CompletionsWriter:
    def __init__(self) -> None:
        self._first = True

    def begin(self) -> bytes:
        return b"["

    def stored(self, batch: StoredTasks) -> Iterator[bytes]:
        text = ",".join(one_by_one(batch).values())
        if text:
            comma = "" if self._first else ","
            self._first = False
            yield (comma + text).encode()

    def end(self) -> bytes:
        return b"]"


def one_by_one(batch: StoredTasks) -> dict[int, str]:
    """Task id → the task's JSON text, as 0.x has it in `completions/<id>.json` and in storages."""
    made: dict[int, list[str]] = {}
    for row in batch.annotations:
        made.setdefault(row[1], []).append(_completion(row))
    return {row[0]: _task(row, batch, made.get(row[0], [])) for row in batch.tasks}


def _task(row: tuple[Any, ...], batch: StoredTasks, completions: list[str]) -> str:
    task_id, data, meta = row[0], row[2], task_rest(row[-1]).meta
    kept = "" if meta == "{}" else f'"meta":{meta},'
    predictions = ",".join(_prediction(each) for each in batch.predictions.get(task_id) or ())
    return (
        f'{{"id":{task_id},"data":{named_data(data, batch.first_key)},{kept}'
        f'"completions":[{",".join(completions)}],"predictions":[{predictions}]}}'
    )


def _completion(row: tuple[Any, ...]) -> str:
    made_id, lead_time, result, created_at = row[0], row[2], row[3], row[7]
    rest = annotation_rest(row[-1])
    more = "" if lead_time is None else f',"lead_time":{_encode(lead_time).decode()}'
    more += ',"was_cancelled":true' if rest.was_cancelled else ""
    more += ',"ground_truth":true' if rest.ground_truth else ',"ground_truth":false'
    return f'{{"id":{made_id},"created_at":{created_at // _SECOND},"result":{result or "[]"}{more}}}'


_KEYS = ("id", "result", "score", "model_version")
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _prediction(text: Any) -> str:
    """Of a prediction's JSON text, what 0.x knows."""
    if not isinstance(text, str):
        return str(text)
    fields = _fields(text)
    return _encode({name: fields[name] for name in _KEYS if name in fields}).decode()


COMPLETIONS = OutputFormat(
    "JSON",
    "JSON",
    "Every task with its data, completions and predictions.",
    "JSON",
    make=lambda config: CompletionsWriter(),
    extension="json",
    content_type="application/json",
)
