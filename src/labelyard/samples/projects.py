"""The four sample projects: text classification, named entities, boxes on images, regions in sound."""

import re
from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any

from labelyard.samples import scenes, sounds
from labelyard.samples.model import MEDIA, SampleFile, SampleProject
from labelyard.samples.texts import MESSAGES, SENTENCES

_MESSAGES_CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Header value="How does the writer feel?" size="5"/>
  <Choices name="sentiment" toName="text" choice="single" showInline="true" required="true">
    <Choice value="Positive" hotkey="p"/>
    <Choice value="Neutral" hotkey="n"/>
    <Choice value="Negative" hotkey="g"/>
  </Choices>
  <Header value="What is it about?" size="5"/>
  <Choices name="topic" toName="text" choice="multiple" showInline="true">
    <Choice value="Delivery"/>
    <Choice value="Product"/>
    <Choice value="Staff"/>
    <Choice value="Price"/>
    <Choice value="Other"/>
  </Choices>
</View>
"""

_ENTITIES_CONFIG = """<View>
  <Labels name="entity" toName="text">
    <Label value="Person" background="#d97706" hotkey="1"/>
    <Label value="Organisation" background="#2563eb" hotkey="2"/>
    <Label value="Place" background="#059669" hotkey="3"/>
    <Label value="Date" background="#9333ea" hotkey="4"/>
  </Labels>
  <Text name="text" value="$text"/>
</View>
"""

_BOXES_CONFIG = """<View>
  <RectangleLabels name="thing" toName="image">
    <Label value="House" background="#d97706" hotkey="1"/>
    <Label value="Car" background="#dc2626" hotkey="2"/>
    <Label value="Tree" background="#16a34a" hotkey="3"/>
    <Label value="Person" background="#2563eb" hotkey="4"/>
  </RectangleLabels>
  <Image name="image" value="$image" zoom="true" zoomControl="true"/>
</View>
"""

_SOUNDS_CONFIG = """<View>
  <Labels name="sound" toName="audio">
    <Label value="Bird" background="#16a34a" hotkey="1"/>
    <Label value="Bell" background="#d97706" hotkey="2"/>
    <Label value="Engine" background="#dc2626" hotkey="3"/>
    <Label value="Speech" background="#2563eb" hotkey="4"/>
  </Labels>
  <Audio name="audio" value="$audio"/>
  <Choices name="clarity" toName="audio" choice="single" perRegion="true" showInline="true">
    <Choice value="Clear"/>
    <Choice value="Faint"/>
  </Choices>
  <TextArea name="note" toName="audio" perRegion="true" editable="true" placeholder="What do you hear?"/>
</View>
"""

_MODEL = "sample-1"
_ENTITY = re.compile(r"\[([^|\]]+)\|(\w+)\]")


def sample_projects() -> list[SampleProject]:
    """The projects with their tasks; pictures and sounds are made when their `make` is called."""
    return [_messages(), _entities(), _boxes(), _sounds()]


def _messages() -> SampleProject:
    tasks: list[dict[str, Any]] = []
    for number, (sentiment, topic, text) in enumerate(MESSAGES):
        task: dict[str, Any] = {"data": {"text": text}}
        if number % 4 == 1:
            answers = [_choice("sentiment", sentiment, number), _choice("topic", topic, number)]
            task["predictions"] = [_prediction(answers, 0.62 + number % 9 * 0.04)]
        tasks.append(task)
    return SampleProject(
        title="Customer messages",
        description="Text classification: how does the writer feel, and what is it about? Some come with a prediction.",
        label_config=_MESSAGES_CONFIG,
        tasks=tasks,
        media=[],
    )


def _choice(control: str, answer: str, number: int) -> dict[str, Any]:
    return {
        "id": f"{control}-{number}",
        "from_name": control,
        "to_name": "text",
        "type": "choices",
        "value": {"choices": [answer]},
    }


def _entities() -> SampleProject:
    tasks: list[dict[str, Any]] = []
    for number, marked in enumerate(SENTENCES):
        text, spans = _unmark(marked)
        task: dict[str, Any] = {"data": {"text": text}}
        if number % 3 == 2:
            result = [_span(text, start, end, label) for start, end, label in spans]
            task["predictions"] = [_prediction(result, 0.71 + number % 5 * 0.05)]
        tasks.append(task)
    return SampleProject(
        title="Names in the news",
        description="Named entities: mark persons, organisations, places and dates. Some sentences come with a prediction.",
        label_config=_ENTITIES_CONFIG,
        tasks=tasks,
        media=[],
    )


def _unmark(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """`"[Ida|Person] rows."` → `"Ida rows."` and the spans as (start, end, label), in code points, end exclusive."""
    text, spans, done = "", [], 0
    for found in _ENTITY.finditer(marked):
        text += marked[done : found.start()]
        spans.append((len(text), len(text) + len(found[1]), found[2]))
        text += found[1]
        done = found.end()
    return text + marked[done:], spans


def _span(text: str, start: int, end: int, label: str) -> dict[str, Any]:
    return {
        "id": f"entity-{start}",
        "from_name": "entity",
        "to_name": "text",
        "type": "labels",
        "value": {"start": start, "end": end, "text": text[start:end], "labels": [label]},
    }


def _boxes() -> SampleProject:
    tasks: list[dict[str, Any]] = []
    for number, scene in enumerate(scenes.SCENES):
        task: dict[str, Any] = {"data": {"image": f"{MEDIA}{scene.name}.png"}}
        if number % 3 == 1:
            task["predictions"] = [_prediction(list(_found(scene)), 0.78 - number * 0.03)]
        tasks.append(task)
    return SampleProject(
        title="Things in the street",
        description="Image boxes: houses, cars, trees and people in drawn scenes. Some come with boxes that nearly fit.",
        label_config=_BOXES_CONFIG,
        tasks=tasks,
        media=[
            SampleFile(f"{scene.name}.png", "image/png", partial(scenes.png, scene))
            for scene in scenes.SCENES
        ],
    )


def _found(scene: scenes.Scene) -> Iterator[dict[str, Any]]:
    """What a middling detector would find: all but the smallest things, a little beside the mark."""
    random = Random(scene.seed)  # noqa: S311 - a drawing, no secret
    for number, (label, (x, y, width, height)) in enumerate(scenes.boxes(scene)):
        if width * height < 1500:
            continue
        left, top = max(0.0, x + random.uniform(-4, 4)), max(0.0, y + random.uniform(-4, 4))
        yield {
            "id": f"box-{number}",
            "from_name": "thing",
            "to_name": "image",
            "type": "rectanglelabels",
            "original_width": scenes.WIDTH,
            "original_height": scenes.HEIGHT,
            "image_rotation": 0,
            "value": {
                "x": round(left / scenes.WIDTH * 100, 2),
                "y": round(top / scenes.HEIGHT * 100, 2),
                "width": round(min(width, scenes.WIDTH - left) / scenes.WIDTH * 100, 2),
                "height": round(min(height, scenes.HEIGHT - top) / scenes.HEIGHT * 100, 2),
                "rotation": 0,
                "rectanglelabels": [label],
            },
            "score": round(random.uniform(0.55, 0.97), 2),
        }


def _sounds() -> SampleProject:
    tasks: list[dict[str, Any]] = []
    for number, clip in enumerate(sounds.CLIPS):
        task: dict[str, Any] = {"data": {"audio": f"{MEDIA}{clip.name}.wav"}}
        if number % 3 == 2:
            task["predictions"] = [
                _prediction([_heard(clip, event) for event in clip.events], 0.66 + number * 0.02)
            ]
        tasks.append(task)
    return SampleProject(
        title="Sounds of the town",
        description="Audio regions: mark birds, bells, engines and speech, and say how clear each is.",
        label_config=_SOUNDS_CONFIG,
        tasks=tasks,
        media=[
            SampleFile(f"{clip.name}.wav", "audio/wav", partial(sounds.wav, clip)) for clip in sounds.CLIPS
        ],
    )


def _heard(clip: sounds.Clip, event: sounds.Event) -> dict[str, Any]:
    return {
        "id": f"sound-{round(event.start * 1000)}",
        "from_name": "sound",
        "to_name": "audio",
        "type": "labels",
        "original_length": clip.seconds,
        "value": {"start": event.start, "end": event.end, "channel": 0, "labels": [event.label]},
    }


def _prediction(result: list[dict[str, Any]], score: float) -> dict[str, Any]:
    return {"result": result, "score": round(score, 2), "model_version": _MODEL}
