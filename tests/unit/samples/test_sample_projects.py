"""The sample projects hold together: valid set-ups, tasks that fit them, predictions that fit what is shown."""

import io
import json
import time
import wave

import pytest
from PIL import Image

from labelyard.label.config import parse
from labelyard.label.results import ResultValidator
from labelyard.label.tasks import compile_validator
from labelyard.samples import MEDIA, SampleProject, public_samples, sample_projects, scenes, sounds

PROJECTS = sample_projects()


@pytest.fixture(params=PROJECTS, ids=lambda project: project.title)
def project(request) -> SampleProject:
    return request.param


def test_the_four_kinds_are_there_with_enough_to_do() -> None:
    assert [len(project.tasks) for project in PROJECTS] == [40, 16, 10, 8]
    assert [len(project.media) for project in PROJECTS] == [0, 0, 10, 8]


def test_set_up_is_valid_and_tasks_fit_it(project: SampleProject) -> None:
    config = parse(project.label_config)
    assert config.has_controls
    check = compile_validator(config).check
    for index, task in enumerate(project.tasks):
        check(json.dumps(task).encode(), index)


def test_predictions_fit_the_set_up(project: SampleProject) -> None:
    validator = ResultValidator(parse(project.label_config))
    predictions = [each for task in project.tasks for each in task.get("predictions", [])]
    assert 0 < len(predictions) < len(project.tasks)
    for prediction in predictions:
        assert prediction["result"]
        assert validator.validate_prediction(prediction["result"], prediction["score"]) == []
        ids = [item["id"] for item in prediction["result"]]
        assert len(set(ids)) == len(ids)


def test_texts_are_all_different_and_without_marks() -> None:
    texts = [task["data"]["text"] for project in PROJECTS[:2] for task in project.tasks]
    assert len(set(texts)) == len(texts)
    assert not [text for text in texts if "|" in text or "[" in text]


def test_spans_name_the_text_they_cover() -> None:
    covered = [
        (task["data"]["text"], item["value"])
        for task in PROJECTS[1].tasks
        for prediction in task.get("predictions", [])
        for item in prediction["result"]
    ]
    assert {"Dr Yusuf Adeyemi", "Ingrid Solheim"} <= {value["text"] for _, value in covered}
    assert any(ord(max(text)) > 0xFFFF for text, _ in covered), "offsets behind an emoji count code points"
    for text, value in covered:
        assert text[value["start"] : value["end"]] == value["text"]


def test_media_placeholders_are_replaced_by_urls(project: SampleProject) -> None:
    named = {
        value.removeprefix(MEDIA)
        for task in project.tasks
        for value in task["data"].values()
        if value.startswith(MEDIA)
    }
    assert named == {file.name for file in project.media}
    tasks = project.tasks_with_media({name: f"/data/upload/1/{name}" for name in named})
    assert MEDIA not in json.dumps(tasks)
    if named:
        assert tasks[0]["data"] != project.tasks[0]["data"], "the project itself is not changed"
        with pytest.raises(KeyError):
            project.tasks_with_media({})


def test_pictures_open_and_boxes_lie_inside() -> None:
    for scene in scenes.SCENES:
        content, things = scenes.png(scene), scenes.boxes(scene)
        picture = Image.open(io.BytesIO(content))
        picture.load()
        assert picture.size == (scenes.WIDTH, scenes.HEIGHT)
        assert {label for label, _ in things} >= {"House", "Tree", "Person"}
        for label, (x, y, width, height) in things:
            assert width > 5 and height > 5, (scene.name, label)
            assert x >= 0 and y >= 0
            assert x + width <= scenes.WIDTH and y + height <= scenes.HEIGHT


def test_a_box_frames_what_is_drawn() -> None:
    """The colour of its wall fills a good part of the box of a house."""
    scene = next(scene for scene in scenes.SCENES if scene.name == "street-snow")
    content, things = scenes.png(scene), scenes.boxes(scene)
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    x, y, width, height = next(box for label, box in things if label == "House")
    wall = picture.getpixel((round(x + width * 0.12), round(y + height * 0.75)))
    inside = sum(
        picture.getpixel((column, row)) == wall
        for column in range(round(x), round(x + width), 4)
        for row in range(round(y), round(y + height), 4)
    )
    assert inside > width * height / 16 * 0.2


def test_sounds_are_loud_where_an_event_is_and_quiet_elsewhere() -> None:
    for clip in sounds.CLIPS:
        with wave.open(io.BytesIO(sounds.wav(clip))) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, sounds.RATE)
            assert file.getnframes() == round(clip.seconds * sounds.RATE)
            samples = memoryview(file.readframes(file.getnframes())).cast("h")
        assert max(samples) < 32_000, f"{clip.name} is clipped"
        assert 4 <= clip.seconds <= 8
        quiet = _loudness(samples, 0.0, clip.events[0].start - 0.05)
        for event in clip.events:
            assert event.end <= clip.seconds
            assert _loudness(samples, event.start, event.end) > 5 * quiet, (clip.name, event)


def _loudness(samples, start: float, end: float) -> float:
    part = samples[round(start * sounds.RATE) : round(end * sounds.RATE)]
    return (sum(sample * sample for sample in part) / len(part)) ** 0.5


def test_everything_is_made_the_same_again_and_quickly() -> None:
    before = {file.name: file.make() for project in PROJECTS for file in project.media}
    scenes.png.cache_clear()
    sounds.wav.cache_clear()
    start = time.process_time()
    again = {file.name: file.make() for project in sample_projects() for file in project.media}
    assert again == before
    assert time.process_time() - start < 4.0  # 1.4 s on an idle machine


def test_public_samples_are_what_they_say() -> None:
    files = {path: (kind, make()) for path, (kind, make) in public_samples().items()}
    assert files["/samples/image.png"][1].startswith(b"\x89PNG")
    assert files["/samples/audio.wav"][1][8:12] == b"WAVE"
    assert files["/samples/time-series.csv"][1].splitlines()[0] == b"time,first,second"
    assert set(json.loads(files["/samples/paragraphs.json"][1])[0]) == {"author", "text"}
    assert files["/samples/text.txt"][0].startswith("text/plain")
    assert b"<h1>" in files["/samples/page.html"][1]


def test_the_pdf_finds_its_objects_where_its_table_says() -> None:
    content = public_samples()["/samples/document.pdf"][1]()
    assert content.startswith(b"%PDF-1.4") and content.endswith(b"%%EOF\n")
    table = int(content.rsplit(b"startxref\n", 1)[1].split()[0])
    rows = content[table:].splitlines()
    count = int(rows[1].split()[1])
    for number, row in enumerate(rows[3 : 2 + count], start=1):
        assert content[int(row.split()[0]) :].startswith(b"%d 0 obj" % number)
