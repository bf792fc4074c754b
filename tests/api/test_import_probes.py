"""Every kind of import request that Label Studio 1.23 was seen to answer, and what it is answered here.

What is imported has the data and counts that it has there. `Better` is where the answer differs on purpose; each of
these stands in docs/reference/compatibility.md.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.importing import EMPTY, exported, new_project
from tests.support.media import image

TEXT = """<View><Text name="t" value="$text"/>
  <Choices name="c" toName="t"><Choice value="pos"/><Choice value="neg"/></Choices></View>"""
IMAGE = """<View><Image name="i" value="$image"/>
  <RectangleLabels name="c" toName="i"><Label value="car"/></RectangleLabels></View>"""
TWO = '<View><Text name="t" value="$text"/><Image name="i" value="$image"/></View>'
MANY = """<View><Text name="t" value="$text"/>
  <Choices name="c" toName="t"><Choice value="pos"/></Choices><TextArea name="ta" toName="t"/>
  <Rating name="ra" toName="t"/><Number name="nu" toName="t"/><DateTime name="dt" toName="t"/>
  <Taxonomy name="tx" toName="t"><Choice value="A"><Choice value="B"/></Choice></Taxonomy></View>"""
POS = {"from_name": "c", "to_name": "t", "type": "choices", "value": {"choices": ["pos"]}}
CAR = {"from_name": "c", "to_name": "i", "type": "rectanglelabels"}


@dataclass(frozen=True)
class Probe:
    """A request and its answer: the data of the tasks, or words of the error."""

    name: str
    body: Any  # JSON, or files as (name, bytes), or a form
    tasks: list[Any] | None = None
    words: str = ""
    config: str = TEXT
    params: Any = None
    columns: list[str] | None = None  # data_columns
    annotations: int = 0
    predictions: int = 0

    def __str__(self) -> str:
        return self.name


class Better(Probe):
    """An answer that differs from Label Studio's on purpose."""


def csv(name: str, text: bytes, file: str = "a.csv") -> tuple[str, Any]:
    return name, [(file, text)]


FILES = [
    Probe(*csv("csv basic", b'id,text,n\n1,hello,2\n2,"a, ""q""\nnl",3\n'),
          [{"id": 1, "text": "hello", "n": 2}, {"id": 2, "text": 'a, "q"\nnl', "n": 3}], columns=["id", "text", "n"]),
    Better(*csv("csv types and empty cells", b"text,i,f,b,d,na,e\nx,1,1.5,true,2020-01-01,NA,\ny,,2,false,,null,z\n"),
           [{"text": "x", "i": 1, "f": 1.5, "b": "true", "d": "2020-01-01", "na": "NA", "e": ""},
            {"text": "y", "i": "", "f": 2, "b": "false", "d": "", "na": "null", "e": "z"}]),
    Better(*csv("csv int column with gap", b"text,i\nx,1\ny,\n"), [{"text": "x", "i": 1}, {"text": "y", "i": ""}]),
    Better(*csv("csv leading zeros and big ints", b"text,zip,big,hexa\nx,00123,123456789012345678901234567890,1e5\n"),
           [{"text": "x", "zip": "00123", "big": "123456789012345678901234567890", "hexa": "1e5"}]),
    Probe(*csv("csv text all numeric", b"text\n1\n2\n"), [{"text": 1}, {"text": 2}]),
    Better(*csv("csv text mixed NaN text", b'text,k\nNone,1\nnan,2\nN/A,3\n"",4\n'),
           [{"text": "None", "k": 1}, {"text": "nan", "k": 2}, {"text": "N/A", "k": 3}, {"text": "", "k": 4}]),
    Probe(*csv("csv utf8 bom", "\ufefftext,k\nhé,1\n".encode()), [{"text": "hé", "k": 1}], columns=["text", "k"]),
    Better(*csv("csv latin1", "text,k\ncafé,1\n".encode("latin-1")), [{"text": "café", "k": 1}]),
    Better(*csv("csv utf16", "text,k\ncafé,1\n".encode("utf-16")), [{"text": "café", "k": 1}]),
    Probe(*csv("csv semicolon", b"text;k\nhello, you;1\n"), [{"text": "hello, you", "k": 1}]),
    Probe(*csv("csv semicolon tie", b"text;k,j\nhello;1,2\n"), words='"text" key is expected in task data'),
    Better(*csv("csv pipe", b"text|k\nhello|1\n"), [{"text": "hello", "k": 1}]),
    Better(*csv("csv tab in csv", b"text\tk\nhello\t1\n"), [{"text": "hello", "k": 1}]),
    Probe(*csv("tsv basic", b'text\tk\nhello\t1\n"q ""x"" y"\t2\n', "a.tsv"),
          [{"text": "hello", "k": 1}, {"text": 'q "x" y', "k": 2}]),
    Better(*csv("csv duplicate headers", b"text,k,k\na,1,2\n"), words="columns 2 and 3 have the same name"),
    Probe(*csv("csv blank lines and spaces", b"\n\ntext , k\n\n a ,1\n   \nb,2\n"), words='"text" key is expected'),
    Better(*csv("csv ragged long row", b"text,k\na,1,2\nb,2\n"), words="line 2: expected 2 fields, saw 3"),
    Probe(*csv("csv ragged second row long", b"text,k\na,1\nb,2,3\n"), words="line 3: expected 2 fields, saw 3"),
    Probe(*csv("csv ragged short row", b"text,k,m\na,1\nb\n"), [{"text": "a", "k": 1, "m": ""}, {"text": "b", "k": "", "m": ""}]),
    Probe(*csv("csv json in cell", b'text,j,l\na,"{""x"":1}","[1,2]"\n'), [{"text": "a", "j": '{"x":1}', "l": "[1,2]"}]),
    Probe(*csv("csv dotted header", b"text,a.b\nx,1\n"), [{"text": "x", "a.b": 1}]),
    Probe(*csv("csv header only", b"text,k\n"), words="No tasks added"),
    Probe(*csv("csv empty file", b""), words="Failed to parse input file a.csv: "),
    Probe(*csv("csv no text column", b"foo,k\na,1\n"), words='Error at item 0: "text" key is expected'),
    Probe(*csv("csv big field 2MB", b'text,k\n"' + b"x" * 2_000_000 + b'",1\n'), [{"text": "x" * 2_000_000, "k": 1}]),
    Probe(*csv("csv crlf and cr", b"text,k\r\na,1\r\nb,2\r\n"), [{"text": "a", "k": 1}, {"text": "b", "k": 2}]),
    Probe(*csv("csv old mac cr", b"text,k\ra,1\rb,2\r"), [{"text": "a", "k": 1}, {"text": "b", "k": 2}]),
    Probe(*csv("csv unclosed quote", b'text,k\n"a,1\nb,2\n'), words="line 2: a quote"),
    Better(*csv("csv null byte", b"text,k\na\0b,1\n"), words="NUL"),
    Better(*csv("csv uppercase ext", b"text,k\na,1\n", "a.CSV"), [{"text": "a", "k": 1}]),
    Probe(*csv("csv project without config", b"foo,k\na,1\n"), [{"foo": "a", "k": 1}], config=EMPTY),
    Better(*csv("txt basic", "line one\n\n  line three \nlast\fff\u2028ls\n".encode(), "a.txt"),
           [{"text": "line one"}, {"text": ""}, {"text": "  line three "}, {"text": "last\fff\u2028ls"}], columns=["$undefined$"]),
    Better(*csv("txt latin1", "café\n".encode("latin-1"), "a.txt"), [{"text": "café"}]),
    Better(*csv("txt bom", b"\xef\xbb\xbfhello\n", "a.txt"), [{"text": "hello"}]),
    Probe(*csv("txt empty", b"", "a.txt"), words="No tasks added"),
    Better(*csv("txt two objects config", b"line one\n", "a.txt"), words="more than one data key", config=TWO),
    Probe(*csv("json list", b'[{"text":"a"},{"data":{"text":"b"},"meta":{"m":1}}]', "a.json"), [{"text": "a"}, {"text": "b"}], columns=["text"]),
    Probe(*csv("json single dict", b'{"text":"a"}', "a.json"), [{"text": "a"}]),
    Better(*csv("json bom", b'\xef\xbb\xbf[{"text":"a"}]', "a.json"), [{"text": "a"}]),
    Probe(*csv("json empty list", b"[]", "a.json"), words="No tasks added"),
    Probe(*csv("json list of strings", b'["a","b"]', "a.json"), words="Error at item 0: Task root must be dict"),
    Better(*csv("json jsonl", b'{"text":"a"}\n{"text":"b"}\n', "a.json"), [{"text": "a"}, {"text": "b"}]),
    Probe(*csv("json data not dict", b'[{"data":[1,2]}]', "a.json"), words="Error at item 0: Task[data] must be"),
    Probe(*csv("json empty data", b'[{"data":{}}]', "a.json"), words='"text" key is expected'),
    Better(*csv("json NaN", b'[{"text":"a","x":NaN}]', "a.json"), words="Failed to parse input file a.json: "),
    Probe(*csv("json invalid", b'[{"text":"a",}]', "a.json"), words="Failed to parse input file a.json: "),
    Probe(*csv("json duplicate keys big int", b'[{"text":"a","text":"b","n":12345678901234567890123}]', "a.json"),
          [{"text": "b", "n": 12345678901234567890123}], columns=["text", "n"]),
    Better(*csv("jsonl ext", b'{"text":"a"}\n', "a.jsonl"), [{"text": "a"}]),
    Probe(*csv("zip ext", b"PK", "a.zip"), words=".zip extension is not supported"),
    Probe(*csv("no ext", b"x", "a"), words=" extension is not supported"),
    Probe(*csv("html", "<b>hi</b>\n<p>é".encode(), "a.html"), [{"text": "<b>hi</b>\n<p>é"}], columns=["$undefined$"]),
    Probe(*csv("xml", b"<a>1</a>", "a.xml"), [{"text": "<a>1</a>"}]),
    Better(*csv("png single", image(), "im g#1é.png"), [{"image": "im_g_1%C3%A9.png"}], config=IMAGE, columns=["$undefined$"]),
    Probe(*csv("svg script", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "a.svg"),
          [{"image": "a.svg"}], config=IMAGE),
    Probe(*csv("png on two object config", b"x", "a.png"), words="Your label config has more than one data key", config=TWO),
    Probe("two files same columns", [("a.csv", b"text,k\na,1\n"), ("b.csv", b"text,z\nb,2\n")],
          [{"text": "a", "k": 1}, {"text": "b", "z": 2}], columns=["text"]),
    Probe("two files disjoint columns", [("a.csv", b"text,k\na,1\n"), ("b.csv", b"foo,z\nb,2\n")],
          words="inconsistent data", config=EMPTY),
    Probe("csv plus png", [("a.csv", b"image,k\na,1\n"), ("b.png", b"x")], words="inconsistent data", config=IMAGE),
    Probe(*csv("commit false", b"text,k\na,1\n"), [], params={"commit_to_project": "false"}, columns=["text", "k"]),
]  # fmt: skip
BODIES = [
    Probe("return ids", [{"text": "a"}], [{"text": "a"}], params={"return_task_ids": "1"}),
    Probe("body single dict", {"text": "a"}, [{"text": "a"}]),
    Probe("body empty list", [], words="No tasks added"),
    Probe("body mixed raw and data", [{"text": "a"}, {"data": {"text": "b"}, "annotations": [{"result": []}]}],
          [{"text": "a"}, {"text": "b"}], annotations=1),
    Probe("body missing key", [{"text": "a"}, {"foo": "b"}],
          words='Error at item 1: "text" key is expected in task data [assume: item as is = task root with values]'),
    Probe("body wrong type", [{"text": {"x": 1}}], words="Error at item 0: "),
    Probe("body null", None, words="load_tasks: No data found"),
    Probe("body string list", ["a"], words='Error at item 0: Task root must be dict with "data", "meta", "annotations", "predictions" fields'),
    Probe("annotations full", [{"data": {"text": "a"}, "annotations": [
        {"id": 77, "result": [{"id": "z", **POS}], "was_cancelled": True, "lead_time": 3.3},
        {"result": [{"bogus": 1}], "ground_truth": False}]}], [{"text": "a"}], annotations=2),
    Probe("annotations bad completed_by email", [{"data": {"text": "a"}, "annotations": [{"result": [], "completed_by": {"email": "no@x.co"}}]}],
          words="Unknown annotator's email no@x.co"),
    Probe("annotations bad completed_by int", [{"data": {"text": "a"}, "annotations": [{"result": [], "completed_by": 999}]}],
          words="Import data contains completed_by=999 which is not a valid annotator's email or ID"),
    Probe("annotations no result", [{"data": {"text": "a"}, "annotations": [{}]}], words='must have "result" fields'),
    Probe("annotations result not list", [{"data": {"text": "a"}, "annotations": [{"result": {}}]}],
          words='"result" field in annotation must be list'),
    Probe("annotations not list", [{"data": {"text": "a"}, "annotations": {}}], words="Error at item 0: Task[annotations] must be list"),
    Probe("annotation unknown control ok", [{"data": {"text": "a"}, "annotations": [{"result": [{**POS, "from_name": "NOPE"}]}]}],
          [{"text": "a"}], annotations=1),
]  # fmt: skip


def predicted(*regions: Any, data: Any = None, **fields: Any) -> list[Any]:
    return [{"data": data or {"text": "a"}, "predictions": [{"result": list(regions), **fields}]}]


def rectangle(**value: float) -> list[Any]:
    return predicted({**CAR, "value": {"rectanglelabels": ["car"], **value}}, data={"image": "u"})


# Predictions are checked always; Label Studio does so only behind a flag that is off as it comes.
PREDICTIONS = [
    Probe("pred ok", predicted(POS, score=0.5), [{"text": "a"}], predictions=1),
    Better("pred bad label", predicted({**POS, "value": {"choices": ["zzz"]}}), words="Task 0, prediction 0: Region 0: Invalid value for control 'c'"),
    Better("pred score 1.5", predicted(POS, score=1.5), words="Task 0, prediction 0: Score must be between 0.00 and 1.00"),
    Better("pred score str", predicted(POS, score="abc"), words="Task 0, prediction 0: "),
    Probe("pred score numeric str", predicted(POS, score="0.5"), [{"text": "a"}], predictions=1),
    Better("pred choices string", predicted({**POS, "value": {"choices": "pos"}}), words="Region 0: Invalid value for control 'c'"),
    Better("pred wrong from_name", predicted({**POS, "from_name": "x"}), words="Region 0: 'x' not found"),
    Better("pred wrong to_name", predicted({**POS, "to_name": "x"}), words="Region 0: 'to_name' 'x'"),
    Better("pred wrong type", predicted({**POS, "type": "labels"}), words="Region 0: "),
    Probe("pred no result", [{"data": {"text": "a"}, "predictions": [{}]}], words='Prediction must have "result" fields'),
    Better("pred missing fields", predicted({"from_name": "c"}), words="Region 0: "),
    Better("pred result dict short form", [{"data": {"text": "a"}, "predictions": [{"result": {"choices": ["pos"]}}]}],
           words="Task 0, prediction 0: "),
    Probe("pred no id gets id", predicted(POS), [{"text": "a"}], predictions=1),
    Better("pred rect bounds", rectangle(x=-5, y=101, width=1, height=1, rotation=0), words="Region 0: ", config=IMAGE),
    Probe("pred rect negative only", rectangle(x=-5, y=10, width=1, height=1, rotation=0), [{"image": "u"}], config=IMAGE, predictions=1),
]  # fmt: skip
FIELDS = [
    Probe("preann csv", [("a.csv", b"text,c\nhello,pos\nbye,neg\n")], [{"text": "hello", "c": "pos"}, {"text": "bye", "c": "neg"}],
          params={"preannotated_from_fields": "c"}, predictions=2),
    Better("preann csv with blank", [("a.csv", b"text,c\nhello,pos\nbye,\n")], words="Task 1, prediction 0: Region 0",
           params={"preannotated_from_fields": "c"}),
    Better("preann missing field", [{"text": "a"}], words="Task 0: Preannotated field 'c' not found in task data",
           params={"preannotated_from_fields": "c"}),
    Probe("preann null value", [{"text": "a", "c": None}], [{"text": "a", "c": None}], params={"preannotated_from_fields": "c"}),
    Better("preann unknown label", [{"text": "a", "c": "zzz"}], words="Task 0, prediction 0: Region 0",
           params={"preannotated_from_fields": "c"}),
    Better("preann field not a control", [{"text": "a", "prediction": "pos"}], words="Task 0, prediction 0: Region 0",
           params={"preannotated_from_fields": "prediction"}),
    Probe("preann list value", [{"text": "a", "c": ["pos", "neg"]}], [{"text": "a", "c": ["pos", "neg"]}],
          params={"preannotated_from_fields": "c"}, predictions=1),
    Probe("preann dict value", [{"text": "a", "c": {"choices": ["pos"]}}], [{"text": "a", "c": {"choices": ["pos"]}}],
          params={"preannotated_from_fields": "c"}, predictions=1),
    Probe("preann many controls", [{"text": "a", "c": "pos", "ta": "note", "ra": 3, "nu": 2.5, "dt": "2020-01-01", "tx": [["A", "B"]]}],
          [{"text": "a", "c": "pos", "ta": "note", "ra": 3, "nu": 2.5, "dt": "2020-01-01", "tx": [["A", "B"]]}],
          params={"preannotated_from_fields": "c,ta;ra|nu,dt,tx"}, predictions=6, config=MANY),
    Better("preann repeated param", [{"text": "a", "c": "pos", "ta": "note"}], [{"text": "a", "c": "pos", "ta": "note"}],
           params={"preannotated_from_fields": ["c", "ta"]}, predictions=2, config=MANY),
    Probe("preann drops annotations", [{"data": {"text": "a", "c": "pos"}, "annotations": [{"result": []}]}], [{"text": "a", "c": "pos"}],
          params={"preannotated_from_fields": "c"}, predictions=1),
]  # fmt: skip
FORMS = [
    Probe(
        "urlencoded inplace json", {"url": '[{"text": "inplace"}]'}, [{"text": "inplace"}], columns=["text"]
    ),
    Probe(
        "urlencoded bad url",
        {"url": "http://localhost:1/a.csv"},
        words="http://localhost:1/a.csv cannot be imported",
    ),
    Probe("urlencoded no url", {"other": "x"}, words="No data found"),
]


def all_words(errors: Any) -> str:
    listed = [text for key, texts in errors.items() if key != "rows" for text in texts]
    return "\n".join(text for text in listed if isinstance(text, str))


def send(client: Any, project: int, probe: Probe) -> Any:
    path = f"/api/projects/{project}/import"
    if probe in FORMS:
        return client.post(path, data=probe.body)
    if isinstance(probe.body, list) and probe.body and isinstance(probe.body[0], tuple):
        return client.post(path, files=[("file", each) for each in probe.body], params=probe.params)
    return client.post(path, json=probe.body, params=probe.params)


@pytest.mark.parametrize("probe", FILES + BODIES + PREDICTIONS + FIELDS + FORMS, ids=str)
def test_a_probe(client: Any, probe: Probe) -> None:
    project = new_project(client, probe.config)
    answer = send(client, project, probe)
    if probe.tasks is None:
        assert answer.status_code == 400, answer.text
        body = answer.json()
        assert body["detail"] == "Validation error" and probe.words in all_words(body["validation_errors"])
        assert exported(client, project) == []
        return
    assert answer.status_code == 201, answer.text
    body = answer.json()
    kept = probe.params != {"commit_to_project": "false"}
    assert body["task_count"] == len(probe.tasks) or not kept
    assert (body["annotation_count"], body["prediction_count"]) == (
        (probe.annotations, probe.predictions) if kept else (None, None)
    )
    stored = [task["data"] for task in exported(client, project)]
    for data, wanted in zip(stored, probe.tasks, strict=True):
        assert {**data, **(_of_file(data) if "/" in str(data.get("image")) else {})} == wanted
    if probe.columns is not None:
        assert sorted(body["data_columns"]) == sorted(probe.columns)
    is_file = "files" in str(answer.request.headers.get("content-type")) or body["found_formats"] != []
    assert bool(body["file_upload_ids"]) is is_file
    assert ("task_ids" in body) is (probe.params == {"return_task_ids": "1"})


def _of_file(data: Any) -> dict[str, Any]:
    """The name behind the random part of the address of a stored file."""
    return {"image": data["image"].rpartition("/")[2].partition("-")[2]}


def test_no_probe_is_missing() -> None:
    names = [probe.name for probe in FILES + BODIES + PREDICTIONS + FIELDS + FORMS]
    assert len(names) == len(set(names)) >= 103
