"""What can be done to many tasks at once: rights, dialogs, forms, and what is done to a batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row

from labelyard.access.rights import ProjectRight, may_in
from labelyard.actor import Actor
from labelyard.dedupe import service as dedupe
from labelyard.kit.errors import Invalid
from labelyard.ml import retrieving as ml
from labelyard.projects import service as projects
from labelyard.tasks import changing
from labelyard.tasks import service as tasks
from labelyard.views import duplicates, queries
from labelyard.views.caching import ALL, Caching
from labelyard.views.schemas import ActionBody

Json = dict[str, Any]
# Does something to some tasks of a project, as the parameters say; how many things it was done to.
Act = Callable[[Connection, Actor, Row[Any], Sequence[int], Mapping[str, Any]], int]
_MAX_TEXT = 1_000


@dataclass(frozen=True, slots=True)
class Action:
    """An action: `rights` of a project that it needs all of; `done` says what was done, with `{n}` in it.

    `undone`: what it deletes can be brought back, and its answer says how.
    """

    id: str
    title: str
    order: int
    rights: tuple[ProjectRight, ...]
    done: str
    act: Act
    text: str
    question: str = ""
    hidden: bool = False
    reload: bool = False
    undone: bool = False
    form: Callable[[Connection, Actor, Row[Any]], list[Json]] = field(default=lambda *_: [])
    parameters: Callable[[ActionBody], Json] = field(default=lambda _body: {})

    def shape(self) -> Json:
        """The action as the API lists it."""
        rights: Any = self.rights[0] if len(self.rights) == 1 else list(self.rights)
        dialog = {"type": "confirm", "title": self.question or f"{self.title}?", "text": self.text}
        shown = {
            "id": self.id,
            "title": self.title,
            "order": self.order,
            "permission": rights,
            "dialog": dialog,
        }
        return shown | {"reload": True} if self.reload else shown

    def allowed(self, actor: Actor, project_row: Row[Any]) -> bool:
        return all(may_in(actor, project_row, right) for right in self.rights)


# --- what is done to a batch --------------------------------------------------------------------------------------


def _delete(
    conn: Connection, actor: Actor, row: Row[Any], ids: Sequence[int], given: Mapping[str, Any]
) -> int:
    return tasks.delete_rows(conn, actor, row, ids, deletion_id=given.get("deletion"))


def _delete_annotations(
    conn: Connection, actor: Actor, row: Row[Any], ids: Sequence[int], given: Mapping[str, Any]
) -> int:
    return tasks.delete_annotations(conn, actor, row, ids, completed_by=given.get("annotator"))


def _delete_predictions(
    conn: Connection, actor: Actor, row: Row[Any], ids: Sequence[int], given: Mapping[str, Any]
) -> int:
    return tasks.delete_predictions(conn, actor, row, ids, model_version=given.get("model_version"))


def _retrieve_predictions(
    conn: Connection, _actor: Actor, _row: Row[Any], ids: Sequence[int], given: Mapping[str, Any]
) -> int:
    """The tasks wait in the runs that were made for them; `views.retrieving` starts those."""
    ml.add(conn, given["runs"], ids)
    return len(ids)


def _accept_predictions(
    conn: Connection, actor: Actor, row: Row[Any], ids: Sequence[int], given: Mapping[str, Any]
) -> int:
    return tasks.accept_predictions(conn, actor, row, ids, model_versions=given.get("model_versions"))


def _cache_labels(
    conn: Connection, actor: Actor, row: Row[Any], ids: Sequence[int], given: Mapping[str, Any]
) -> int:
    caching = Caching(**given)
    dedupe.hold_all(conn, row.id)
    texts = changing.texts_of(conn, row.id, ids)
    results = queries.results_of_tasks(conn, list(texts), predictions=caching.predictions)
    new = {
        task_id: changing.NewData(_with_key(data, caching.key, caching.text(results.get(task_id, ()))))
        for task_id, (data, _) in texts.items()
    }
    changing.change_data(conn, row, actor.user_id, new)
    return len(new)


def _with_key(data: str, key: str, text: str) -> str:
    """JSON text of data with a text under a key, everything else as it was written."""
    fields = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    fields[key] = msgspec.Raw(msgspec.json.encode(text))
    return msgspec.json.encode(fields).decode()


# --- what actions ask for -----------------------------------------------------------------------------------------


def _fields(*fields: Json) -> list[Json]:
    return [{"columnCount": 1, "fields": list(fields)}]


def _versions_form(conn: Connection, _actor: Actor, row: Row[Any]) -> list[Json]:
    versions = queries.model_versions(conn, row.id)
    field = {
        "type": "select",
        "name": "model_version",
        "label": "Choose predictions",
        "options": versions,
        "value": row.model_version if row.model_version in versions else next(iter(versions), None),
    }
    return _fields(field)


def _annotator_form(conn: Connection, actor: Actor, row: Row[Any]) -> list[Json]:
    people = [
        {"value": str(each["id"]), "label": each["email"]}
        for each in projects.annotators(conn, actor, row.id)
    ]
    field = {"type": "select", "name": "annotator", "label": "Annotator", "options": people}
    return _fields(field | {"placeholder": "All", "searchable": True})


def _caching_form(_conn: Connection, _actor: Actor, row: Row[Any]) -> list[Json]:
    controls = [ALL, *projects.label_config(row).controls]
    return _fields(
        {"type": "select", "name": "control_tag", "label": "Choose a control tag", "options": controls},
        {
            "type": "input",
            "name": "custom_control_tag",
            "label": "Custom control tag if it's not in label config",
        },
        {"type": "select", "name": "with_counters", "label": "With counters", "options": ["Yes", "No"]},
        {"type": "select", "name": "source", "label": "Source", "options": ["Annotations", "Predictions"]},
    )


def _versions(body: ActionBody) -> Json:
    given = body.model_version
    if given is None or given == "" or given == []:
        return {}
    versions = given if isinstance(given, list) else [given]
    if len(versions) > _MAX_TEXT or any(len(each) > _MAX_TEXT or "\x00" in each for each in versions):
        raise Invalid({"model_version": [f"At most {_MAX_TEXT} names of at most {_MAX_TEXT} characters."]})
    return {"model_versions": versions}


def _annotator(body: ActionBody) -> Json:
    given = body.annotator
    if given is None or given == "":
        return {}
    text = str(given)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid({"annotator": ["A person is named by id."]})
    return {"annotator": int(text)}


def _caching(body: ActionBody) -> Json:
    control = (body.custom_control_tag or body.control_tag or ALL).strip()
    if not control or len(control) > _MAX_TEXT or "\x00" in control:
        raise Invalid({"control_tag": [f"A name of at most {_MAX_TEXT} characters."]})
    counters = body.with_counters
    source = (body.source or "Annotations").lower()
    if source not in ("annotations", "predictions"):
        raise Invalid({"source": ["Must be Annotations or Predictions."]})
    return {
        "control": control,
        "with_counters": str(counters).lower() not in ("false", "no", "0"),
        "predictions": source == "predictions",
    }


ACTIONS: Final[Mapping[str, Action]] = {
    each.id: each
    for each in (
        Action(
            "retrieve_tasks_predictions", "Retrieve predictions", 90, ("predictions.any",),
            "Retrieved predictions of {n} tasks", _retrieve_predictions,
            "The selected tasks are sent to the ML backends that are connected to the project.",
        ),
        Action(
            "predictions_to_annotations", "Create annotations from predictions", 91, ("tasks.change",),
            "Created {n} annotations", _accept_predictions,
            "Each prediction becomes an annotation of yours, but for those that became one before.",
            form=_versions_form, parameters=_versions,
        ),
        Action(
            "remove_duplicates", "Remove duplicated tasks", 95, ("projects.change", "tasks.delete"),
            "Removed {n} duplicated tasks", duplicates.remove,
            "Of tasks with the same data one stays: one that has annotations, else the oldest. Tasks that have "
            "annotations or drafts all stay; nothing is moved between tasks.",
            reload=True,
        ),
        Action(
            "delete_tasks", "Delete tasks", 100, ("tasks.delete",), "Deleted {n} tasks", _delete,
            "The tasks go with all their annotations, predictions and drafts. This cannot be undone.",
            question="Delete the selected tasks?", reload=True,
        ),
        Action(
            "delete_tasks_annotations", "Delete annotations", 101, ("tasks.change", "annotations.review"),
            "Deleted {n} annotations", _delete_annotations,
            "All annotations of these tasks go, those of other people too. The tasks stay. Managers can bring them back.",
            question="Delete the annotations of the selected tasks?", form=_annotator_form, parameters=_annotator,
            undone=True,
        ),
        Action(
            "delete_tasks_predictions", "Delete predictions", 102, ("predictions.any",),
            "Deleted {n} predictions", _delete_predictions,
            "The predictions of all models on these tasks go. The tasks stay.",
            question="Delete the predictions of the selected tasks?",
        ),
        Action(
            "cache_labels", "Cache labels in the data", 130, ("tasks.change",), "Cached labels of {n} tasks",
            _cache_labels, "The labels of each task's results are written into its data, to filter and order by.",
            hidden=True, form=_caching_form, parameters=_caching,
        ),
    )
}  # fmt: skip
NEXT_TASK: Final = "next_task"


def listed(actor: Actor, project_row: Row[Any]) -> list[Json]:
    """The actions that the caller may do in a project."""
    return [each.shape() for each in ACTIONS.values() if not each.hidden and each.allowed(actor, project_row)]
