"""The operations of the API as tests walk through them, with a good body for each that takes one."""

from dataclasses import dataclass
from typing import Any

from labelyard.app import openapi_document
from labelyard.legacy.older_api import OLDER
from tests.support.model_server import lasting_model_server
from tests.support.world import CONFIG, HOOK, RESULT, World

DOCUMENT = openapi_document()
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    description: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def media(self) -> dict[str, Any]:
        """Media type → description of the body; {} without a body."""
        found: dict[str, Any] = self.description.get("requestBody", {}).get("content", {})
        return found

    @property
    def fields(self) -> dict[str, Any]:
        """Field of the body → its schema."""
        found: dict[str, Any] = self.media.get(JSON, {}).get("schema", {}).get("properties", {})
        return found

    @property
    def is_import(self) -> bool:
        return self.path.endswith(("/import", "/tasks/bulk")) or self.path == "/api/import"

    @property
    def of_current_project(self) -> bool:
        """Whether its path names no project, as in the dialect of 0.x."""
        parameters = self.description.get("parameters", [])
        return any("in place of the current one" in each.get("description", "") for each in parameters)

    def url(self, world: World, **ids: Any) -> str:
        name = world.avatar_name if self.path.startswith("/data/avatars/") else world.upload_name
        fixed = {
            "name": name,
            "action_id": "delete_tasks",
            "session_id": "0" * 16,
            "entity_name": "task",
            "version": 1,
        }
        values = {**world.ids, **fixed, **ids}
        url = self.path.format(**values)
        if self.path.startswith("/api/dm/") and "/views" not in self.path:
            url += f"?project={ids.get('project', world.project)}" + (
                "&id=delete_tasks" if self.writes else ""
            )
        if self.path.endswith("/predict/test"):
            url += "?random=true"
        if self.path == "/api/project-switch":
            url += f"?uuid={values['uuid']}"
        if (self.path in ("/api/tasks", "/api/ml") and self.method == "GET") or self.of_current_project:
            url += f"?project={ids.get('project', world.project)}"
        return url


OPERATIONS = [
    Operation(method.upper(), path, description)
    for path, methods in DOCUMENT["paths"].items()
    for method, description in methods.items()
]


def good_body(operation: Operation, world: World) -> Any:
    """A body that the operation takes, in which tests then spoil one thing."""
    if newer := OLDER.get(str(operation)):
        operation = next(each for each in OPERATIONS if str(each) == newer)
    name = operation.path.rpartition("/")[2]
    if operation.is_import:
        return [{"text": "four"}]
    if operation.path.startswith("/api/storages/"):
        where = {"bucket": "moods"} if "/s3" in operation.path else {"path": "/nowhere"}
        return {"project": world.project, **where}
    if (
        name in {"validate", "sample-task", "validate-config", "import-example"}
        or operation.path == "/api/project/config"
    ):
        return {"label_config": CONFIG}
    if name in {"refresh", "rotate", "blacklist"}:
        return {"refresh": "a.b.c"}
    bodies: dict[str, Any] = {
        "/api/annotations/bulk": {"tasks": [world.ids["task_id"]], "result": RESULT},
        "/api/annotations/bulk-delete": {"ids": [world.ids["annotation_id"]], "project": world.project},
        "/api/tasks": {"project": world.project, "data": {"text": "five"}},
        "/api/tasks/{task_id}": {"data": {"text": "six"}},
        "/api/dm/actions": {"selectedItems": {"all": False, "included": []}},
        "/api/dm/views": {"project": world.project, "data": {"title": "Other"}},
        "/api/dm/views/{view_id}": {"data": {"title": "Other"}},
        "/api/dm/views/{view_id}/selected-items": {"all": True, "excluded": []},
        "/api/dm/views/order": {"project": world.project, "ids": [world.ids["view_id"]]},
        "/api/dm/views/reset": {"project": world.project},
        "/api/labels": [
            {"title": "Other", "value": ["other"], "from_name": "mood", "project": world.project}
        ],
        "/api/labels/bulk": {"old_label": ["good"], "new_label": ["fine"], "project": world.project},
        "/api/labels/{label_id}": {"approved": True},
        "/api/label_links": {"project": world.project, "label": world.ids["label_id"], "from_name": "mood"},
        "/api/label_links/{link_id}": {"from_name": "mood"},
        "/api/project": {"title": "New moods"},
        "/api/ml": {"project": world.project, "url": lasting_model_server().url},
        "/api/ml/{backend_id}": {"title": "Moods"},
        "/api/ml/{backend_id}/interactive-annotating": {"task": world.ids["task_id"]},
        "/api/ml/{backend_id}/predict": {"tasks": [world.ids["task_id"]]},
        "/api/models": {"name": "my-model"},
        "/api/models/predictions": {"data": {"text": "five"}},
        "/api/project/storage-settings": {"type": "tasks-json"},
        "/api/projects": {"title": "Other moods"},
        "/api/projects/{project_id}/model-versions": {"model_version": "v1"},
        "/api/current-user": {"first_name": "Mo"},
        "/api/projects/{project_id}": {"title": "New moods"},
        "/api/projects/{project_id}/config-migrations": {
            "label_config": CONFIG.replace("bad", "poor"),
            "labels": {"mood": {"bad": "poor"}},
        },
        "/api/projects/{project_id}/reimport": {"file_upload_ids": [world.ids["upload_id"]]},
        "/api/projects/{project_id}/file-uploads": {"file_upload_ids": [world.ids["upload_id"]]},
        "/api/predictions": {"task": world.ids["task_id"], "result": RESULT},
        "/api/users": {"email": "sam@example.org"},
        "/api/projects/{project_id}/exports/{export_id}/convert": {"export_type": "CSV"},
        "/api/users/{user_id}": {"first_name": "Mo"},
        "/api/webhooks": {"project": world.project, "url": HOOK, "is_active": False},
        "/api/webhooks/{webhook_id}": {"url": HOOK, "is_active": False},
        "/api/projects/{project_id}/members": {"user": world.owner, "role": "reviewer"},
        "/api/projects/{project_id}/members/{user_id}": {"role": "reviewer"},
        "/api/organizations/{organization_id}/memberships/{user_id}": {"role": "reviewer"},
        "/api/projects/{project_id}/history/undelete": {"first": 1, "last": world.ids["event_id"]},
        "/api/annotations/{annotation_id}/restore": {"event": world.ids["event_id"]},
        "/api/invite/accept": {"token": "a" * 40},
        "/api/current-user/password": {"current_password": "wrong", "new_password": "better horse battery"},
        "/api/current-user/hotkeys": {"custom_hotkeys": {}},
    }
    return bodies.get(operation.path, {"result": RESULT} if "result" in operation.fields else {})
