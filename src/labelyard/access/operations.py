"""Which right each operation of the API asks for.

What is not listed here is for owners and administrators only, and a test fails. The rules in the services decide about
single objects; this table says what they come to, is shown in the API description, and is what the test of access
holds every operation against.
"""

from collections.abc import Mapping
from typing import Final

from labelyard.access.rights import EVERYWHERE, least_role
from labelyard.actor import Actor
from labelyard.kit.errors import Forbidden

# Needs no credentials: what is sent is the credential, or there is nothing to protect.
PUBLIC: Final = "public"
# The caller's own account, or what is the same for everybody who is signed in.
SIGNED_IN: Final = "signed in"
# Nobody may, or (with an entry in OWN) only whose it is.
NOBODY: Final = "nobody"

OPERATIONS: Final[Mapping[str, str]] = {
    # labeling
    "GET /api/projects/{project_id}/next": "annotations.create",
    "GET /api/projects/{project_id}/label-stream-history": "annotations.create",
    "POST /api/tasks/{task_id}/lease": "annotations.create",
    "DELETE /api/tasks/{task_id}/lease": "annotations.create",
    "GET /api/tasks/{task_id}/annotations": "annotations.view",
    "POST /api/tasks/{task_id}/annotations": "annotations.create",
    "POST /api/annotations/bulk": "annotations.create",
    "POST /api/annotations/bulk-delete": "annotations.review",
    "GET /api/annotations/{annotation_id}": "annotations.view",
    "PATCH /api/annotations/{annotation_id}": "annotations.review",
    "PUT /api/annotations/{annotation_id}": "annotations.review",
    "DELETE /api/annotations/{annotation_id}": "annotations.review",
    "POST /api/annotations/{annotation_id}/convert-to-draft": "annotations.review",
    "GET /api/annotations/{annotation_id}/history": "annotations.view",
    "POST /api/annotations/{annotation_id}/restore": "annotations.review",
    "GET /api/tasks/{task_id}/history": "annotations.view",
    "GET /api/projects/{project_id}/history": "annotations.view",
    "GET /api/tasks/{task_id}/drafts": "annotations.create",
    "POST /api/tasks/{task_id}/drafts": "annotations.create",
    "GET /api/tasks/{task_id}/annotations/{annotation_id}/drafts": "annotations.create",
    "POST /api/tasks/{task_id}/annotations/{annotation_id}/drafts": "annotations.create",
    "GET /api/drafts/{draft_id}": NOBODY,
    "PATCH /api/drafts/{draft_id}": NOBODY,
    "DELETE /api/drafts/{draft_id}": NOBODY,
    # tasks
    "POST /api/tasks": "tasks.create",
    "GET /api/tasks": "tasks.view",
    "GET /api/tasks/{task_id}": "tasks.view",
    "PATCH /api/tasks/{task_id}": "tasks.change",
    "PUT /api/tasks/{task_id}": "tasks.change",
    "DELETE /api/tasks/{task_id}": "tasks.delete",
    "GET /api/tasks/{task_id}/agreement": "tasks.view",
    "GET /api/fsm/entities/{entity_name}/{entity_id}/history": "tasks.view",
    "POST /api/fsm/entities/{entity_name}/{entity_id}/transition": "tasks.view",
    "GET /api/projects/{project_id}/tasks": "tasks.view",
    "DELETE /api/projects/{project_id}/tasks": "tasks.delete",
    "GET /api/dm/columns": "tasks.view",
    "GET /api/dm/project": "projects.view",
    "GET /api/dm/actions": "projects.view",
    "POST /api/dm/actions": "tasks.change",
    "GET /api/dm/actions/{action_id}/form": "projects.view",
    "GET /api/dm/views": "views.any",
    "POST /api/dm/views": "views.any",
    "POST /api/dm/views/order": "views.any",
    "DELETE /api/dm/views/reset": "views.any",
    "GET /api/dm/views/{view_id}": "views.any",
    "PUT /api/dm/views/{view_id}": "views.any",
    "PATCH /api/dm/views/{view_id}": "views.any",
    "DELETE /api/dm/views/{view_id}": "views.any",
    "GET /api/dm/views/{view_id}/selected-items": "views.any",
    "POST /api/dm/views/{view_id}/selected-items": "views.any",
    "PATCH /api/dm/views/{view_id}/selected-items": "views.any",
    "DELETE /api/dm/views/{view_id}/selected-items": "views.any",
    # projects
    "GET /api/projects": "projects.view",
    "POST /api/projects": "projects.create",
    "GET /api/projects/counts": "projects.view",
    "POST /api/projects/validate": SIGNED_IN,
    "GET /api/projects/{project_id}": "projects.view",
    "PATCH /api/projects/{project_id}": "projects.change",
    "DELETE /api/projects/{project_id}": "projects.delete",
    "POST /api/projects/{project_id}/validate": "projects.view",
    "POST /api/projects/{project_id}/sample-task": "projects.view",
    "GET /api/projects/{project_id}/summary": "projects.view",
    "POST /api/projects/{project_id}/summary/reset": "projects.view",
    "GET /api/projects/{project_id}/annotators": "projects.view",
    "DELETE /api/projects/{project_id}/model-versions": "predictions.any",
    "GET /api/projects/{project_id}/model-versions": "projects.view",
    "GET /api/templates": SIGNED_IN,
    "GET /api/projects/{project_id}/config-versions": "projects.view",
    "GET /api/projects/{project_id}/config-versions/{version}": "projects.view",
    "POST /api/projects/{project_id}/config-versions/{version}/restore": "projects.change",
    "GET /api/projects/{project_id}/config-migrations": "projects.view",
    "POST /api/projects/{project_id}/config-migrations": "projects.change",
    "GET /api/projects/{project_id}/config-migrations/{migration_id}": "projects.view",
    "POST /api/projects/{project_id}/config-migrations/{migration_id}/undo": "projects.change",
    "GET /api/projects/{project_id}/members": "members.view",
    "POST /api/projects/{project_id}/members": "members.change",
    "PATCH /api/projects/{project_id}/members/{user_id}": "members.change",
    "DELETE /api/projects/{project_id}/members/{user_id}": "members.change",
    # predictions
    "GET /api/predictions": "predictions.view",
    "POST /api/predictions": "predictions.any",
    "GET /api/predictions/{prediction_id}": "predictions.view",
    "PATCH /api/predictions/{prediction_id}": "predictions.any",
    "PUT /api/predictions/{prediction_id}": "predictions.any",
    "DELETE /api/predictions/{prediction_id}": "predictions.any",
    # files, import, export
    "GET /api/projects/{project_id}/file-uploads": "tasks.view",
    "DELETE /api/projects/{project_id}/file-uploads": "tasks.delete",
    "GET /api/import/file-upload/{upload_id}": "tasks.view",
    "PATCH /api/import/file-upload/{upload_id}": "tasks.change",
    "DELETE /api/import/file-upload/{upload_id}": "tasks.delete",
    "GET /data/upload/{project_id}/{name}": "tasks.view",
    "GET /static/filename": "tasks.view",
    "GET /data/{name}": "tasks.view",
    "POST /api/projects/{project_id}/import": "tasks.create",
    "POST /api/projects/{project_id}/import/preview": "tasks.create",
    "POST /api/projects/{project_id}/import/predictions": "predictions.any",
    "POST /api/projects/{project_id}/tasks/bulk": "tasks.create",
    "POST /api/projects/{project_id}/reimport": "tasks.create",
    "GET /api/projects/{project_id}/uploads": "tasks.create",
    "POST /api/projects/{project_id}/uploads": "tasks.create",
    "GET /api/projects/{project_id}/uploads/{resumable_id}": NOBODY,
    "PATCH /api/projects/{project_id}/uploads/{resumable_id}": NOBODY,
    "POST /api/projects/{project_id}/uploads/{resumable_id}": NOBODY,
    "DELETE /api/projects/{project_id}/uploads/{resumable_id}": NOBODY,
    "GET /api/projects/{project_id}/imports": "projects.view",
    "GET /api/projects/{project_id}/imports/{import_id}": "projects.view",
    "GET /api/projects/{project_id}/imports/{import_id}/rejects": "tasks.create",
    "POST /api/projects/{project_id}/imports/{import_id}/cancel": "tasks.create",
    "POST /api/projects/{project_id}/imports/{import_id}/undo": "tasks.delete",
    "GET /api/projects/{project_id}/reimports/{import_id}": "projects.view",
    "GET /api/projects/{project_id}/export": "exports.any",
    "GET /api/projects/{project_id}/export/formats": "projects.view",
    "GET /api/projects/{project_id}/exports": "exports.any",
    "POST /api/projects/{project_id}/exports": "exports.any",
    "GET /api/projects/{project_id}/exports/{export_id}": "exports.any",
    "DELETE /api/projects/{project_id}/exports/{export_id}": "exports.any",
    "POST /api/projects/{project_id}/exports/{export_id}/convert": "exports.any",
    "GET /api/projects/{project_id}/exports/{export_id}/download": "exports.any",
    # accounts
    "GET /api/current-user": SIGNED_IN,
    "PATCH /api/current-user": SIGNED_IN,
    "GET /api/current-user/whoami": SIGNED_IN,
    "GET /api/current-user/token": SIGNED_IN,
    "POST /api/current-user/reset-token": SIGNED_IN,
    "GET /api/current-user/hotkeys": SIGNED_IN,
    "PATCH /api/current-user/hotkeys": SIGNED_IN,
    "GET /api/current-user/sessions": SIGNED_IN,
    "DELETE /api/current-user/sessions": SIGNED_IN,
    "DELETE /api/current-user/sessions/{session_id}": SIGNED_IN,
    "POST /api/current-user/password": SIGNED_IN,
    "GET /api/users": "users.view",
    "POST /api/users": "users.create",
    "GET /api/users/{user_id}": "users.view",
    "PATCH /api/users/{user_id}": "users.change",
    "DELETE /api/users/{user_id}": "users.delete",
    "POST /api/users/{user_id}/avatar": "users.change",
    "DELETE /api/users/{user_id}/avatar": "users.change",
    "GET /data/avatars/{name}": "users.view",
    "GET /api/token": SIGNED_IN,
    "POST /api/token": SIGNED_IN,
    "POST /api/token/refresh": PUBLIC,
    "POST /api/token/rotate": PUBLIC,
    "POST /api/token/blacklist": PUBLIC,
    "GET /api/jwt/settings": "organizations.view",
    "POST /api/jwt/settings": "organizations.change",
    "GET /api/session-policy": "organizations.view",
    "PATCH /api/session-policy": "organizations.change",
    # organizations
    "GET /api/organizations": SIGNED_IN,
    "POST /api/organizations": NOBODY,
    "GET /api/organizations/{organization_id}": "organizations.view",
    "PATCH /api/organizations/{organization_id}": "organizations.change",
    "GET /api/organizations/{organization_id}/memberships": "organizations.view",
    "GET /api/organizations/{organization_id}/memberships/{user_id}": "organizations.view",
    "PATCH /api/organizations/{organization_id}/memberships/{user_id}": "users.change",
    "DELETE /api/organizations/{organization_id}/memberships/{user_id}": "users.delete",
    "GET /api/invite": "organizations.invite",
    "POST /api/invite/reset-token": "organizations.invite",
    "POST /api/invite/accept": SIGNED_IN,
    # labels
    "GET /api/labels": SIGNED_IN,
    "POST /api/labels": "labels.create",
    "POST /api/labels/bulk": "labels.change",
    "GET /api/labels/{label_id}": "labels.view",
    "PATCH /api/labels/{label_id}": "labels.change",
    "DELETE /api/labels/{label_id}": "labels.delete",
    "GET /api/label_links": SIGNED_IN,
    "POST /api/label_links": "labels.create",
    "GET /api/label_links/{link_id}": "labels.view",
    "PATCH /api/label_links/{link_id}": "labels.change",
    "DELETE /api/label_links/{link_id}": "labels.delete",
    # webhooks
    "GET /api/webhooks/info": SIGNED_IN,
    "GET /api/webhooks": SIGNED_IN,
    "POST /api/webhooks": "webhooks.change",
    "GET /api/webhooks/{webhook_id}": "webhooks.view",
    "PATCH /api/webhooks/{webhook_id}": "webhooks.change",
    "PUT /api/webhooks/{webhook_id}": "webhooks.change",
    "DELETE /api/webhooks/{webhook_id}": "webhooks.change",
    "POST /api/webhooks/{webhook_id}/test": "webhooks.change",
    "GET /api/webhooks/{webhook_id}/deliveries": "webhooks.view",
    "GET /api/webhooks/{webhook_id}/deliveries/{delivery_id}": "webhooks.view",
    "POST /api/webhooks/{webhook_id}/deliveries/{delivery_id}/replay": "webhooks.change",
    # server
    "GET /api/health": PUBLIC,
    "GET /health": PUBLIC,
    "GET /api/version": PUBLIC,
    "GET /version": PUBLIC,
    "GET /metrics": PUBLIC,
}

# Operation → the right that suffices for what is the caller's own.
OWN: Final[Mapping[str, str]] = {
    "POST /api/annotations/bulk-delete": "annotations.delete",
    "PATCH /api/annotations/{annotation_id}": "annotations.change",
    "PUT /api/annotations/{annotation_id}": "annotations.change",
    "DELETE /api/annotations/{annotation_id}": "annotations.delete",
    "POST /api/annotations/{annotation_id}/convert-to-draft": "annotations.change",
    "POST /api/annotations/{annotation_id}/restore": "annotations.change",
    "GET /api/drafts/{draft_id}": "annotations.create",
    "PATCH /api/drafts/{draft_id}": "annotations.create",
    "DELETE /api/drafts/{draft_id}": "annotations.create",
    "GET /api/projects/{project_id}/uploads/{resumable_id}": "tasks.create",
    "PATCH /api/projects/{project_id}/uploads/{resumable_id}": "tasks.create",
    "POST /api/projects/{project_id}/uploads/{resumable_id}": "tasks.create",
    "DELETE /api/projects/{project_id}/uploads/{resumable_id}": "tasks.create",
    "PATCH /api/users/{user_id}": "avatar.any",
    "POST /api/users/{user_id}/avatar": "avatar.any",
    "DELETE /api/users/{user_id}/avatar": "avatar.any",
}


def check_door(actor: Actor, method: str, path: str) -> None:
    """Forbidden for an operation (path with its parameters' names) that nobody has said who may use."""
    method = "GET" if method == "HEAD" else method
    if f"{method} {path}" not in OPERATIONS and actor.role not in EVERYWHERE:
        raise Forbidden


def words(operation: str) -> str:
    """Who may use an operation, for the reference: role and right, and what holds for the own."""
    right = OPERATIONS.get(operation)
    if right is None:
        return "administrator"
    own = OWN.get(operation)
    said = right if right in {PUBLIC, SIGNED_IN, NOBODY} else f"{least_role(right)} ({right})"
    return said if own is None else f"{least_role(own)} for the own ({own}), else {said}"
