"""The sample task of a config is a task that the config accepts."""

import msgspec
import pytest

from labelyard.label.config import parse
from labelyard.label.registry import TAGS
from labelyard.label.results import ResultValidator
from labelyard.label.samples import SAMPLE_FILES, sample_task, sample_with_results
from labelyard.label.tags.model import Kind
from labelyard.label.tasks import compile_validator
from labelyard.label.templates import templates

OBJECTS = [tag.name for tag in TAGS.values() if tag.kind is Kind.OBJECT]
CONTROLS = [tag for tag in TAGS.values() if tag.kind is Kind.CONTROL and tag.name != "Relations"]


@pytest.mark.parametrize("tag", OBJECTS)
def test_every_object_tag_has_a_sample_it_accepts(tag: str):
    config = parse(f'<View><{tag} name="o" value="$x.y"/><Header value="$title"/></View>')
    task = sample_task(config)
    assert set(task) == {"x", "title"}
    compile_validator(config).check(msgspec.json.encode(task))


@pytest.mark.parametrize("tag", CONTROLS, ids=lambda tag: tag.name)
def test_every_control_tag_has_a_result_it_accepts(tag):
    shown = tag.targets[0] if tag.targets else "Audio" if tag.name == "Labels" else "Text"
    inner = "".join(f'<{child} value="one" name="one" title="One"/>' for child in tag.children)
    config = parse(
        f'<View><{shown} name="o" value="$x"/><{tag.name} name="c" toName="o">{inner}</{tag.name}></View>'
    )
    result = sample_with_results(config)["predictions"][0]["result"]
    assert [item["type"] for item in result] == [tag.result_type]
    assert ResultValidator(config).validate_prediction(result, 0.5) == []
    if tag.result_key:
        assert tag.result_key in result[0]["value"]


def test_samples_point_at_files_that_the_server_has():
    config = parse(
        '<View><Image name="i" value="$i"/><Image name="p" valueList="$p"/><Audio name="a" value="$a"/>'
        '<Text name="t" value="$t" valueType="url"/><Video name="v" value="$v"/>'
        '<TimeSeries name="s" value="$s" timeColumn="when"><Channel column="heat"/></TimeSeries></View>'
    )
    task = sample_task(config)
    found = [task["i"], *task["p"], task["a"], task["t"], task["v"], task["s"].split("?")[0]]
    assert set(found) <= set(SAMPLE_FILES)
    assert task["s"] == "/samples/time-series.csv?time=when&values=heat"


def test_repeated_content_gets_a_list_with_its_fields():
    config = parse(
        '<View><Repeater on="$pages" indexFlag="{{idx}}"><Image name="p{{idx}}" value="$pages[{{idx}}].url"/>'
        '<Header value="$pages[{{idx}}].meta.title"/></Repeater></View>'
    )
    page = {"url": "/samples/image.png", "meta": {"title": "A sample heading"}}
    assert sample_task(config) == {"pages": [page, page]}


def test_comment_with_a_sample_replaces_it():
    view = '<View><Text name="t" value="$x"/></View>'
    assert sample_task(parse('<!-- {"x": "own words"} -->' + view)) == {"x": "own words"}
    own = sample_with_results(
        parse('<!-- {"data": {"x": "own"}, "completions": [{"result": []}]} -->' + view)
    )
    assert own["data"] == {"x": "own"}
    assert own["annotations"] == [{"result": []}]
    assert "x" in sample_task(parse("<!-- { not json -->" + view))


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.id)
def test_samples_of_templates_are_accepted(template):
    config = parse(template.config)
    task = compile_validator(config).check(msgspec.json.encode(sample_with_results(config)))
    assert set(template.keys) <= set(msgspec.json.decode(task.data))
    assert len(task.annotations) == len(task.predictions) == 1


def decode_mask(rle: list[int]) -> list[int]:
    """The values of a brush mask, read bit by bit as the format says."""
    bits = "".join(f"{byte:08b}" for byte in rle)
    at = 0

    def take(count: int) -> int:
        nonlocal at
        at += count
        return int(bits[at - count : at], 2)

    total, word = take(32), take(5) + 1
    sizes = [take(4) + 1 for _ in range(4)]
    values: list[int] = []
    while len(values) < total:
        repeated = take(1)
        run = take(sizes[take(2)]) + 1
        values += [take(word)] * run if repeated else [take(word) for _ in range(run)]
    return values


def test_sample_mask_covers_the_lower_half_of_its_image():
    config = parse(
        '<View><Image name="i" value="$i"/><BrushLabels name="b" toName="i"><Label value="a"/></BrushLabels></View>'
    )
    item = sample_with_results(config)["annotations"][0]["result"][0]
    pixels = item["original_width"] * item["original_height"]
    alpha = decode_mask(item["value"]["rle"])[3::4]
    assert len(alpha) == pixels
    assert set(alpha[: pixels // 2]) == {0}
    assert set(alpha[pixels // 2 :]) == {255}
