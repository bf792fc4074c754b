"""The API description: what FastAPI finds, completed with what holds for every operation."""

import warnings
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from labelyard import __version__
from labelyard.access.operations import words
from labelyard.kit.http.openapi import ErrorEnvelope, error_responses

DESCRIPTION = """Import data as tasks, label them, export the result. Compatible with the REST API of Label Studio 1.x.

Sign in with a session cookie, `Authorization: Bearer <access token>` or `Authorization: Token <legacy token>`. A server
without accounts, on the machine itself, needs no credentials. A trailing slash makes no difference. Times are ISO-8601
in UTC. Every error is an object with `id`, `status_code`, `version`, `detail`, `exc_info` (always null) and, when
`detail` is "Validation error", `validation_errors`."""

TAGS = (
    ("Projects", "A project: its labeling set-up, its settings, its progress."),
    ("Members", "Who has a role of their own in a project."),
    ("Tasks", "The items to label."),
    ("Annotations", "What people made of tasks."),
    ("Drafts", "Annotations that are not submitted yet; everybody sees only the own."),
    ("Data manager", "The columns of the task table and actions on many tasks."),
    ("Predictions", "What models made of tasks."),
    ("Labeling", "The next task, and who holds which."),
    ("Import", "Data in."),
    ("Uploads", "Large files in pieces (tus 1.0.0), to be imported when they are complete."),
    ("Export", "Results out."),
    ("Files", "Uploaded and served files."),
    ("Labels", "Labels that were added to controls of projects, beside those of the label configs."),
    ("Storages", "Buckets and directories that tasks come from and annotations go to."),
    ("Webhooks", "Who is told of what happens, and what was delivered."),
    ("ML backends", "Model servers that are asked for predictions, and how that goes."),
    ("Users", "Accounts."),
    ("Tokens", "API tokens."),
    ("Organizations", "Who works here together."),
    ("0.x", "The API of Label Studio 0.x, about a current project."),
    ("Server", "Health and version."),
)
_SCHEMES: dict[str, Any] = {
    "Token": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Token <legacy token>`; works while the organization has legacy tokens switched on.",
    },
    "JWT": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token, got for a personal access token at `/api/token/refresh`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The cookie of a browser session; unsafe methods also need the header `X-CSRFToken`.",
    },
}
_UNSAFE_WITH_BODY = {"post", "put", "patch"}


def describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of the application."""
    with warnings.catch_warnings():
        # HEAD shares the route of GET and so its id; it is left out below, and a test looks at the ids that stay.
        warnings.filterwarnings("ignore", "Duplicate Operation ID", UserWarning)
        document = _found(app)
    for methods in document["paths"].values():
        methods.pop("head", None)
    components = document.setdefault("components", {})
    components["securitySchemes"] = _SCHEMES
    components.setdefault("schemas", {})["ErrorEnvelope"] = ErrorEnvelope.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    document["security"] = [{name: []} for name in _SCHEMES]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete(path, method, operation)
    return document


def _found(app: FastAPI) -> dict[str, Any]:
    return get_openapi(
        title="Labelyard",
        version=__version__,
        summary="A self-hosted data labeling platform.",
        description=DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Add who may and the errors that every such operation can answer; drop FastAPI's 422, which is a 400 here."""
    operation["x-who-may"] = words(f"{method.upper()} {path}")
    responses = operation.setdefault("responses", {})
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for answer in responses.values():
        content = answer.get("content", {})
        if len(content) > 1 and content.get("application/json") == {"schema": {}}:
            # FastAPI's default beside the media type that the route names.
            del content["application/json"]
    common = []
    if operation.get("security") != []:
        common.append(401)
    if "{" in path:
        common.append(404)
    if "requestBody" in operation:
        common.append(413)
    if operation.get("parameters") or "requestBody" in operation:
        common.append(400)
    if method in _UNSAFE_WITH_BODY | {"delete"}:
        common.append(403)
    for status, response in error_responses(*common).items():
        model = response.pop("model")
        response["content"]["application/json"]["schema"] = {"$ref": f"#/components/schemas/{model.__name__}"}
        responses.setdefault(str(status), response)
    operation["responses"] = dict(sorted(responses.items()))
