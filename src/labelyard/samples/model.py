"""What a sample project consists of. Task data names its media by `media:<file name>` until the files have a URL."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MEDIA = "media:"


@dataclass(frozen=True, slots=True)
class SampleFile:
    name: str  # file name, unique in its project
    content_type: str
    make: Callable[[], bytes]  # the same bytes at every call


@dataclass(frozen=True, slots=True)
class SampleProject:
    title: str
    description: str
    label_config: str
    tasks: list[
        dict[str, Any]
    ]  # {"data": {…}} and, for some, "predictions": [{"result", "score", "model_version"}]
    media: list[SampleFile]

    def tasks_with_media(self, urls: Mapping[str, str]) -> list[dict[str, Any]]:
        """The tasks with every `media:<file name>` replaced by its URL. KeyError when a file has none."""
        tasks = copy.deepcopy(self.tasks)
        for task in tasks:
            for key, value in task["data"].items():
                if isinstance(value, str) and value.startswith(MEDIA):
                    task["data"][key] = urls[value.removeprefix(MEDIA)]
        return tasks
