"""Tasks in an object of a storage: one task, a list of tasks, or a task a line, as JSON."""

from collections.abc import Sequence

from labelyard.formats.readers.json_tasks import is_lines
from labelyard.imports.nested import NestedProblem, People, PredictionProblem, UnknownPerson, result_validator
from labelyard.imports.prepare import new_task
from labelyard.kit.rawjson import RawJsonError, lines, split
from labelyard.label.tasks import TaskProblem
from labelyard.tasks.service import NewTask, validator


class ObjectProblem(ValueError):
    """Why no task can be made of an object: item, key and reason."""


def tasks_of(text: bytes, label_config: str, people: People) -> Sequence[NewTask]:
    """The tasks in the text, each checked against the label config. ObjectProblem for the first that is wrong."""
    check, results = validator(label_config).check, result_validator(label_config)
    made = []
    for index, item in enumerate(_items(text)):
        try:
            made.append(new_task(check(item, index, well_formed=True), None, results, people))
        except TaskProblem as problem:
            raise ObjectProblem(str(problem)) from None
        except (NestedProblem, PredictionProblem, UnknownPerson) as problem:
            raise ObjectProblem(f"item {index}: {problem}") from None
    return made


def _items(text: bytes) -> list[bytes]:
    try:
        if not is_lines(text):
            return [bytes(each) for each in split(text).items]
    except RawJsonError as error:
        hint = "" if text.lstrip()[:1] in (b"{", b"[") else " To show the file itself, set use_blob_urls."
        raise ObjectProblem(f"Not a task in JSON: {error}.{hint}") from None
    found = []
    for number, line, fault in lines(text):
        if fault is not None:
            raise ObjectProblem(f"Line {number} is not a task in JSON: {fault}.")
        found.append(line)
    return found
