"""Exports have the columns, values and order that scripts written for Label Studio 1.x read."""

import csv
import io
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelyard.formats.readers.base import Source
from labelyard.formats.readers.tables import read_csv, read_tsv
from labelyard.formats.writers.base import StoredWriter
from labelyard.formats.writers.model import ExportAnnotation, ExportTask, named_data
from labelyard.formats.writers.registry import AVAILABLE, BY_NAME, listing
from labelyard.formats.writers.tables import TableWriter
from labelyard.label.config import parse

CONFIG = parse(
    """<View>
  <Text name="text" value="$text"/>
  <Labels name="ner" toName="text"><Label value="PER"/><Label value="LOC"/></Labels>
  <Choices name="mood" toName="text"><Choice value="good"/><Choice value="bad"/></Choices>
  <Choices name="topics" toName="text" choice="multiple"><Choice value="a"/><Choice value="b"/></Choices>
  <TextArea name="note" toName="text" perRegion="true"/>
  <Rating name="stars" toName="text"/>
</View>"""
)
FIXED = {"annotation_id", "annotator", "created_at", "id", "lead_time", "updated_at"}


def region(control, kind, value, **extra):
    return {"id": "r", "from_name": control, "to_name": "text", "type": kind, "value": value, **extra}


def annotation(number, result, *, task=1, at="2026-01-02T03:04:05.000000Z", cancelled=False, by=7):
    return ExportAnnotation(
        id=number,
        completed_by=by,
        result=msgspec.Raw(json.dumps(result).encode()),
        was_cancelled=cancelled,
        ground_truth=False,
        created_at=at,
        updated_at=at,
        draft_created_at=None,
        lead_time=1.5,
        prediction={},
        result_count=len(result),
        unique_id=None,
        import_id=None,
        last_action=None,
        bulk_created=False,
        task=task,
        project=3,
        updated_by=None,
        parent_prediction=None,
        parent_annotation=None,
    )


def task(number, data, *annotations):
    return ExportTask(
        id=number,
        annotations=list(annotations),
        file_upload=None,
        drafts=[],
        predictions=[11],
        data=msgspec.Raw(json.dumps(data).encode()),
        meta=msgspec.Raw(b"{}"),
        created_at="2026-01-01T00:00:00.000000Z",
        updated_at="2026-01-01T00:00:00.000000Z",
        allow_skip=True,
        inner_id=number,
        total_annotations=len(annotations),
        cancelled_annotations=0,
        total_predictions=0,
        comment_count=0,
        unresolved_comment_count=0,
        last_comment_updated_at=None,
        project=3,
        updated_by=None,
        comment_authors=[],
    )


def written(name, *batches, config=CONFIG):
    make = BY_NAME[name].make
    assert make is not None
    writer = make(config)
    assert not isinstance(writer, StoredWriter)
    if writer.needs_scan:
        for batch in batches:
            writer.scan(batch)
    return b"".join([writer.begin(), *(writer.batch(batch) for batch in batches), writer.end()])


def table(*batches, name="CSV", config=CONFIG):
    text = written(name, *batches, config=config).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter="," if name == "CSV" else "\t"))


def test_json_min_shortens_single_answers_and_keeps_the_rest():
    result = [
        region("ner", "labels", {"start": 0, "end": 3, "labels": ["PER"]}),
        {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"},
        region("mood", "choices", {"choices": ["good"]}),
        region("topics", "choices", {"choices": ["a", "b"]}),
        region("note", "textarea", {"text": ["first"]}),
        region("note", "textarea", {"text": ["second", "third"]}),
        region("stars", "rating", {"rating": 4}),
        region("gone", "choices", {"choices": ["x"]}),
    ]
    [found] = json.loads(written("JSON_MIN", [task(1, {"text": "Ann", "n": 7}, annotation(5, result))]))
    assert list(found.items()) == [
        ("text", "Ann"),
        ("n", 7),
        ("id", 1),
        ("ner", [{"start": 0, "end": 3, "labels": ["PER"]}]),
        ("mood", "good"),
        ("topics", {"choices": ["a", "b"]}),
        ("note", ["first", {"text": ["second", "third"]}]),
        ("stars", [{"rating": 4}]),
        ("annotator", 7),
        ("annotation_id", 5),
        ("created_at", "2026-01-02T03:04:05.000000Z"),
        ("updated_at", "2026-01-02T03:04:05.000000Z"),
        ("lead_time", 1.5),
    ]


def test_a_region_of_an_image_keeps_the_size_of_the_original():
    config = parse(
        '<View><Image name="img" value="$image"/><RectangleLabels name="box" toName="img">'
        '<Label value="cat"/></RectangleLabels></View>'
    )
    result = [
        region(
            "box",
            "rectanglelabels",
            {"x": 1, "rectanglelabels": ["cat"]},
            original_width=20,
            original_height=10,
        )
    ]
    [found] = json.loads(
        written("JSON_MIN", [task(1, {"image": "/i.png"}, annotation(5, result))], config=config)
    )
    assert found["box"] == [{"x": 1, "rectanglelabels": ["cat"], "original_width": 20, "original_height": 10}]


def test_there_is_one_record_per_annotation_that_was_not_skipped_newest_first():
    tasks = [
        task(
            1,
            {"text": "a"},
            annotation(1, [], at="2026-01-01T00:00:00.000000Z"),
            annotation(2, [], at="2026-02-01T00:00:00.000000Z"),
            annotation(3, [], cancelled=True),
        ),
        task(2, {"text": "all skipped"}, annotation(4, [], cancelled=True)),
        task(3, {"text": "none"}),
    ]
    found = json.loads(written("JSON_MIN", tasks))
    assert [(each["id"], each["annotation_id"]) for each in found] == [(1, 2), (1, 1), (3, None)]
    assert [(row["id"], row["annotation_id"], row["annotator"]) for row in table(tasks)] == [
        ("1", "2", "7"),
        ("1", "1", "7"),
        ("3", "", ""),
    ]


def test_a_table_quotes_texts_and_ends_rows_with_crlf():
    data = {"text": 'say "hi",\nbye', "n": 7, "f": 1.5, "flag": True, "none": None, "list": [1, "a/é"]}
    made = annotation(5, [region("topics", "choices", {"choices": ["a", "b"]})])
    assert written("CSV", [task(1, data, made)]).decode() == (
        '"annotation_id","annotator","created_at","f","flag","id","lead_time","list","n","none","text","topics",'
        '"updated_at"\r\n'
        '5,"7","2026-01-02T03:04:05.000000Z",1.5,True,1,1.5,"[1,""a\\/é""]",7,"","say ""hi"",\nbye",'
        '"{""choices"":[""a"",""b""]}","2026-01-02T03:04:05.000000Z"\r\n'
    )


def test_columns_are_the_union_of_all_batches():
    one = task(1, {"text": "a"}, annotation(1, [region("mood", "choices", {"choices": ["good"]})]))
    two = task(2, {"other": "b"}, annotation(2, [region("stars", "rating", {"rating": 2})]))
    rows = table([one], [two])
    assert set(rows[0]) == FIXED | {"text", "other", "mood", "stars"}
    assert list(rows[0]) == sorted(rows[0])
    assert (rows[0]["stars"], rows[1]["stars"]) == ("", '[{"rating":2}]')


def test_a_data_key_named_like_an_answered_control_moves_aside_in_every_row():
    config = parse(
        '<View><Text name="t" value="$mood"/><Choices name="mood" toName="t"><Choice value="good"/></Choices></View>'
    )
    tasks = [
        task(1, {"mood": "I am data"}, annotation(1, [region("mood", "choices", {"choices": ["good"]})])),
        task(2, {"mood": "me too"}, annotation(2, [])),
    ]
    rows = table(tasks, config=config)
    assert [(row["_data_mood"], row["mood"]) for row in rows] == [("I am data", "good"), ("me too", "")]
    assert json.loads(written("JSON_MIN", tasks, config=config))[0]["mood"] == "good"


def test_chats_are_messages_and_a_transcript():
    config = parse('<View><Chat name="chat" value="$messages"/></View>')
    result = [
        region("chat", "chatmessage", {"chatmessage": {"role": "user", "content": "hello"}}),
        region("chat", "chatmessage", {"chatmessage": {"role": "assistant", "content": "yo"}}),
    ]
    made = task(1, {"messages": []}, annotation(1, result))
    [row] = table([made], config=config)
    assert row["chat_transcript"] == "user: hello\nassistant: yo"
    assert json.loads(row["chat"]) == [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "yo"},
    ]


def test_strange_results_leave_the_record_standing():
    made = annotation(
        1, [None, 5, {"from_name": 3}, region("mood", "choices", "x"), region("mood", 9, {"choices": 1})]
    )
    [found] = json.loads(written("JSON_MIN", [task(1, {"text": "a"}, made)]))
    assert found["mood"] == [{"choices": 1}] or found["mood"] == {"choices": 1}


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1).filter(
    lambda name: name.strip() and name not in FIXED
)
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")) | st.integers(
    -(2**53), 2**53
)


@given(
    st.lists(st.dictionaries(NAMES, CELLS, min_size=1, max_size=4), min_size=1, max_size=5),
    st.sampled_from(["CSV", "TSV"]),
)
def test_a_written_table_is_read_back_as_the_same_data(tmp_path_factory, rows, name):
    path = tmp_path_factory.mktemp("table") / "export"
    path.write_bytes(written(name, [task(number, row) for number, row in enumerate(rows)]))
    read = read_csv if name == "CSV" else read_tsv
    found = [json.loads(bytes(item)) for _, item in read(Source(path, "export.csv"))]
    assert len(found) == len(rows)
    for back, row in zip(found, rows, strict=True):
        assert {key: str(back[key]) for key in row} == {key: str(value) for key, value in row.items()}


def test_formulas_can_be_made_harmless():
    writer = TableWriter(CONFIG, ",", safe_formulas=True)
    batch = [task(1, {"text": '=HYPERLINK("x")', "n": -1})]
    writer.scan(batch)
    text = (writer.begin() + writer.batch(batch)).decode()
    assert '"\'=HYPERLINK(""x"")"' in text
    assert ",-1," in text


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('{"$undefined$": "a", "n": 1.10}', '{"text":"a","n":1.10}'),
        ('{"text": "$undefined$"}', '{"text": "$undefined$"}'),
    ],
)
def test_a_value_without_a_key_is_shown_under_the_first_data_key(stored, shown):
    assert named_data(stored, "text") == shown
    assert named_data(stored, None) == stored


def test_every_documented_format_is_listed_and_those_that_work_come_first():
    entries = listing()
    assert [entry["name"] for entry in entries if not entry.get("disabled")] == list(AVAILABLE)
    assert AVAILABLE == ("JSON", "JSON_MIN", "CSV", "TSV")
    assert {entry["name"] for entry in entries} == {
        "JSON",
        "JSON_MIN",
        "CSV",
        "TSV",
        "CONLL2003",
        "COCO",
        "COCO_WITH_IMAGES",
        "VOC",
        "YOLO",
        "YOLO_WITH_IMAGES",
        "YOLO_OBB",
        "YOLO_OBB_WITH_IMAGES",
        "BRUSH_TO_NUMPY",
        "BRUSH_TO_PNG",
        "ASR_MANIFEST",
        "BRUSH_TO_COCO",
        "DOCLANG",
    }
    assert all({"title", "description", "link"} <= set(entry) for entry in entries)
