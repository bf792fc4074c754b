"""The JSON export keeps everything, in the keys and order of Label Studio 1.x, byte for byte as it is stored."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from labelyard.formats.writers.json_tasks import JsonWriter
from labelyard.formats.writers.model import (
    ExportAnnotation,
    ExportTask,
    StoredTasks,
    named_data,
    upload_name,
)
from labelyard.kit.clock import iso, moment

TASK_KEYS = [
    *(
        "id",
        "annotations",
        "file_upload",
        "drafts",
        "predictions",
        "data",
        "meta",
        "created_at",
        "updated_at",
    ),
    *("allow_skip", "inner_id", "total_annotations", "cancelled_annotations", "total_predictions"),
    *("comment_count", "unresolved_comment_count", "last_comment_updated_at", "project", "updated_by"),
    "comment_authors",
]
ANNOTATION_KEYS = [
    *("id", "completed_by", "result", "was_cancelled", "ground_truth", "created_at", "updated_at"),
    *("draft_created_at", "lead_time", "prediction", "result_count", "unique_id", "import_id", "last_action"),
    *("bulk_created", "task", "project", "updated_by", "parent_prediction", "parent_annotation"),
    "last_created_by",
]
T0 = 1_767_323_045_000_000  # 2026-01-02T03:04:05Z


def task_row(number, data, *, allow_skip=1, cancelled=0, meta="{}", **changes):
    row = {
        "id": number, "inner_id": number, "data": data, "total": 0, "predicted": 0, "upload": None, "created": T0,
        "updated": T0, "updated_by": None,
    }  # fmt: skip
    assert not changes.keys() - row.keys()
    rest = [allow_skip, cancelled, meta]
    usual = (True, 0, "{}")
    return (*{**row, **changes}.values(), None if tuple(rest) == usual else json.dumps(rest))


def annotation_row(
    number, task, result, *, cancelled=0, truth=0, bulk=0, drafted=None, prediction=None, annotation=None, beside=None,
    **changes,
):  # fmt: skip
    row = {
        "id": number, "task": task, "lead_time": 1.5, "result": result, "unique_id": None, "import_id": None,
        "by": 7, "created": T0, "updated": T0, "count": 1, "last_action": None, "updated_by": None,
    }  # fmt: skip
    assert not changes.keys() - row.keys()
    rest = [cancelled, truth, bulk, drafted, prediction, annotation, beside]
    return (
        *{**row, **changes}.values(),
        json.dumps(rest) if any(each not in (0, None) for each in rest) else None,
    )


def stored(tasks=(), annotations=(), *, predictions=None, drafts=None, uploads=None, first_key="text"):
    return StoredTasks(3, first_key, tasks, annotations, predictions or {}, drafts or {}, uploads or {})


def written(*batches):
    writer = JsonWriter()
    return b"".join(
        [writer.begin(), *(chunk for batch in batches for chunk in writer.stored(batch)), writer.end()]
    )


def test_keys_in_their_order_and_stored_json_untouched():
    result = '[{"odd": [1.10, null]}]'
    found = written(
        stored(
            [task_row(1, '{"text": "a/é"}', upload=9, total=1)],
            [annotation_row(5, 1, result), annotation_row(6, 4, "[]")],
            predictions={1: [11, 12]},
            uploads={9: "upload/3/ab-names.csv"},
        ),
        stored(),
        stored([task_row(2, '{"$undefined$": 1.10}')]),
    )
    first, second = json.loads(found)
    assert list(first) == TASK_KEYS == list(ExportTask.__struct_fields__)
    (made,) = first["annotations"]
    assert list(made) == ANNOTATION_KEYS == list(ExportAnnotation.__struct_fields__)
    assert (made["id"], made["task"], made["project"], made["created_at"]) == (
        5,
        1,
        3,
        "2026-01-02T03:04:05.000000Z",
    )
    assert (first["file_upload"], first["predictions"], first["drafts"]) == ("ab-names.csv", [11, 12], [])
    assert result.encode() in found
    assert '{"text": "a/é"}'.encode() in found
    assert b'{"text":1.10}' in found
    assert second["id"] == 2
    assert written() == written(stored()) == b"[]"


# Neighbours have the same values more often than not.
ids = st.integers(1, 2) | st.integers(1, 2**63 - 1)
times = st.sampled_from([T0, T0 + 1]) | st.integers(0, 253_402_300_799_999_999)  # to the end of the year 9999
truth = st.sampled_from([0, 1, True, False])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
json_lists = st.lists(texts | st.floats(allow_nan=False, allow_infinity=False), max_size=3).map(json.dumps)


@st.composite
def batches(draw):
    tasks: list[Any] = []
    annotations: list[Any] = []
    drafts: dict[int, Any] = {}
    for number in draw(st.lists(st.integers(1, 9), unique=True, max_size=3)):
        data = json.dumps(draw(st.dictionaries(texts | st.just("$undefined$"), texts, max_size=3)))
        tasks.append(
            task_row(
                number, data, allow_skip=draw(truth), upload=draw(st.sampled_from([None, 1, 2])), created=draw(times),
                updated=draw(times), updated_by=draw(st.none() | ids), predicted=draw(st.integers(0, 9)),
            )
        )  # fmt: skip
        drafts[number] = draw(st.lists(ids, max_size=2))
        annotations.extend(
            annotation_row(
                draw(ids), number, draw(st.none() | json_lists), by=draw(st.none() | ids), cancelled=draw(truth),
                truth=draw(truth), created=draw(times), updated=draw(times), drafted=draw(st.none() | times),
                lead_time=draw(st.none() | st.floats(allow_nan=False, allow_infinity=False)),
                unique_id=draw(st.none() | st.uuids().map(str)), import_id=draw(st.none() | ids),
                last_action=draw(st.none() | texts), bulk=draw(truth), updated_by=draw(st.none() | ids),
                prediction=draw(st.none() | ids), annotation=draw(st.none() | ids),
                beside=draw(st.none() | st.just('{"id": 4, "score": 0.50}')),
            )
            for _ in range(draw(st.integers(0, 2)))
        )  # fmt: skip
    return stored(
        tasks, annotations, drafts=drafts, uploads={1: 'upload/3/a"b.csv'}, first_key=draw(st.none() | texts)
    )


@given(batches())
def test_it_is_the_text_of_the_objects_that_other_writers_get(batch):
    assert written(batch) == msgspec.json.encode(as_tasks(batch))


def as_tasks(stored: StoredTasks) -> list[ExportTask]:
    """The batch as objects, whose encoding the written text is held against."""
    annotations: dict[int, list[ExportAnnotation]] = {}
    for row in stored.annotations:
        annotations.setdefault(row[1], []).append(_annotation(row, stored.project_id))
    return [_task(row, stored, annotations.get(row[0], [])) for row in stored.tasks]


def _task(row: tuple[Any, ...], stored: StoredTasks, annotations: list[ExportAnnotation]) -> ExportTask:
    task_id, inner_id, data, total, predicted, upload_id, created_at, updated_at, updated_by, rest = row
    allow_skip, cancelled, meta = json.loads(rest) if rest else (True, 0, "{}")
    return ExportTask(
        task_id,
        annotations,
        upload_name(stored.uploads, upload_id),
        stored.drafts.get(task_id, []),
        stored.predictions.get(task_id, []),
        Raw(named_data(data, stored.first_key).encode()),
        Raw(meta.encode()),
        moment(created_at),
        moment(updated_at),
        bool(allow_skip),
        inner_id,
        total,
        cancelled,
        predicted,
        0,
        0,
        None,
        stored.project_id,
        updated_by,
        [],
    )


def _annotation(row: tuple[Any, ...], project_id: int) -> ExportAnnotation:
    (
        made_id, task_id, lead_time, result, unique_id, import_id, completed_by, created_at, updated_at, result_count,
        last_action, updated_by, rest,
    ) = row  # fmt: skip
    (
        was_cancelled, ground_truth, bulk_created, draft_created_at, parent_prediction, parent_annotation, beside,
    ) = json.loads(rest) if rest else (0, 0, 0, None, None, None, None)  # fmt: skip
    return ExportAnnotation(
        made_id,
        completed_by,
        Raw((result or "[]").encode()),
        bool(was_cancelled),
        bool(ground_truth),
        moment(created_at),
        moment(updated_at),
        iso(draft_created_at),
        lead_time,
        Raw((beside or "{}").encode()),
        result_count,
        unique_id,
        import_id,
        last_action,
        bool(bulk_created),
        task_id,
        project_id,
        updated_by,
        parent_prediction,
        parent_annotation,
    )
