"""ML backends of projects: their addresses and credentials, and what is known of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from labelyard.access.rights import ProjectRight, may_in, require_in
from labelyard.actor import Actor
from labelyard.kit.clock import SECOND, iso, now_us
from labelyard.kit.crypto import Secrets
from labelyard.kit.errors import Forbidden, Invalid, NotFound
from labelyard.kit.jobs.runner import JobRunner
from labelyard.kit.net import NetError, Policy, check_address
from labelyard.ml import queries
from labelyard.ml.protocol import Target
from labelyard.ml.schemas import BackendChanges, NewBackend
from labelyard.projects import service as projects
from labelyard.settings import Settings
from labelyard.users import service as users
from labelyard.users import tokens
from labelyard.webhooks import service as webhooks

CONNECTED, DISCONNECTED, ERROR, TRAINING, PREDICTING = "CO", "DI", "ER", "TR", "PR"
WORDS = {
    CONNECTED: "Connected",
    DISCONNECTED: "Disconnected",
    ERROR: "Error",
    TRAINING: "Training",
    PREDICTING: "Predicting",
}
MAX_BACKENDS = 20  # of one project
_MAX_VERSIONS = 200
# What a backend hears of, as with servers of 1.x.
TOLD = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_DELETED", "PROJECT_UPDATED")


@dataclass(frozen=True, slots=True)
class Keeper:
    """What the rules need of the server."""

    secrets: Secrets
    policy: Policy
    settings: Settings


@dataclass(frozen=True, slots=True)
class Found:
    """What a backend said of itself when it was connected."""

    protocol: int
    model_version: str


# --- reading ------------------------------------------------------------------------------------------------------


def list_backends(
    conn: Connection, actor: Actor, project_id: int, is_interactive: bool | None = None
) -> list[dict[str, Any]]:
    """Backends of a project, by id. Those who only label see the interactive ones, without their addresses."""
    row = projects.get(conn, actor, project_id, "models.use")
    may_view = may_in(actor, row, "models.view")
    return [
        shown(each) if may_view else _for_annotators(each)
        for each in queries.of_project(conn, project_id)
        if is_interactive in (None, each.is_interactive) and (may_view or each.is_interactive)
    ]


def of_project(conn: Connection, project_id: int) -> Sequence[Row[Any]]:
    """The rows of a project's backends, by id, for the server's own work."""
    return queries.of_project(conn, project_id)


def get(conn: Connection, actor: Actor, backend_id: int, right: ProjectRight = "models.view") -> Row[Any]:
    """The row of a backend. NotFound when it does not exist for the caller, Forbidden without the right."""
    row = queries.by_id(conn, actor, backend_id) if 0 < backend_id < 2**63 else None
    if row is None:
        raise NotFound(f"No ML backend with id {backend_id}.")
    require_in(actor, row, right)
    return row


def row_of(conn: Connection, backend_id: int) -> Row[Any] | None:
    """The row of any backend, for the server's own work."""
    return queries.any_by_id(conn, backend_id)


def shown(row: Row[Any]) -> dict[str, Any]:
    """A backend as the API shows it (compatible with Label Studio 1.x, field order included)."""
    return {
        "id": row.id,
        "state": row.state,
        "readable_state": WORDS[row.state],
        "is_interactive": row.is_interactive,
        "url": row.url,
        "error_message": row.error_message,
        "title": row.title,
        "auth_method": row.auth_method,
        "basic_auth_user": row.basic_auth_user,
        "basic_auth_pass_is_set": row.basic_auth_pass is not None,
        "description": row.description,
        "extra_params": None if row.extra_params is None else msgspec.Raw(row.extra_params.encode()),
        "model_version": row.model_version or None,
        "timeout": row.timeout,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "auto_update": row.auto_update,
        "project": row.project_id,
    }


def _for_annotators(row: Row[Any]) -> dict[str, Any]:
    hidden = {
        "url": "",
        "error_message": None,
        "basic_auth_user": None,
        "extra_params": None,
        "description": "",
    }
    return shown(row) | hidden


def target_of(row: Row[Any], secrets: Secrets) -> Target:
    """How to call a backend."""
    has_login = row.auth_method == "BASIC_AUTH"
    password = secrets.decrypt(row.basic_auth_pass) if has_login and row.basic_auth_pass else None
    return Target(
        url=row.url,
        user=row.basic_auth_user if has_login else None,
        password=password,
        timeout=row.timeout,
        protocol=row.protocol,
    )


def project_name(project_row: Row[Any]) -> str:
    """What backends know a project by: `<id>.<when it was made, in seconds since the epoch>`."""
    return f"{project_row.id}.{project_row.created_at // SECOND}"


def setup_words(
    conn: Connection, keeper: Keeper, project_row: Row[Any], set_by: int | None, extra_params: str | None
) -> dict[str, Any]:
    """The body of `/setup`."""
    settings = keeper.settings
    return {
        "project": project_name(project_row),
        "schema": project_row.label_config,
        "hostname": settings.public_url or f"http://{settings.host}:{settings.port}",
        "access_token": _token(conn, keeper, set_by),
        "extra_params": None if extra_params is None else msgspec.Raw(extra_params.encode()),
    }


def _token(conn: Connection, keeper: Keeper, user_id: int | None) -> str:
    """The token that a backend may act with, "" unless the operator wants it handed out.

    That of whoever gave the address: a manager must not get hold of the token of somebody else by changing it.
    """
    if not keeper.settings.ml_send_token or user_id is None:
        return ""
    try:
        actor = users.actor_of(conn, user_id)
        return tokens.read_legacy(conn, keeper.secrets, keeper.settings, actor)["token"]
    except (Forbidden, NotFound):
        return ""


# --- writing ------------------------------------------------------------------------------------------------------


def wanted(keeper: Keeper, body: BackendChanges, row: Row[Any] | None = None) -> dict[str, Any]:
    """Columns of the fields that were sent, checked. Invalid names the field at fault, Forbidden a refused address."""
    given = body.model_fields_set
    values: dict[str, Any] = {
        name: getattr(body, name)
        for name in (
            "title",
            "description",
            "is_interactive",
            "auth_method",
            "timeout",
            "auto_update",
            "model_version",
        )
        if getattr(body, name) is not None
    }
    if body.url is not None:
        values["url"] = _address(body.url, keeper.policy)
    if "basic_auth_user" in given:
        values["basic_auth_user"] = body.basic_auth_user or None
    if body.basic_auth_pass is not None:
        values["basic_auth_pass"] = (
            keeper.secrets.encrypt(body.basic_auth_pass) if body.basic_auth_pass else None
        )
    if "extra_params" in given:
        values["extra_params"] = (
            None if body.extra_params is None else msgspec.json.encode(body.extra_params).decode()
        )
    if values.get("title") == "" or (row is None and "title" not in values):
        values["title"] = _host(values.get("url", row.url if row is not None else ""))
    if row is not None and values.get("url", row.url) != row.url and "basic_auth_pass" not in values:
        # A password is for the server that it was given for.
        values = {"auth_method": "NONE", **values, "basic_auth_pass": None}
    _check_login(values, row)
    return values


def _address(text: str, policy: Policy) -> str:
    """The address without the slash at its end. Forbidden as with servers of 1.x, for one that is not called."""
    try:
        found = check_address(text, policy)
    except NetError as error:
        raise Forbidden(error.message) from error
    if "?" in found or "#" in text:
        raise Invalid({"url": ["The address of an ML backend has no query: paths are put after it."]})
    return found.rstrip("/")


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _check_login(values: Mapping[str, Any], row: Row[Any] | None) -> None:
    def now(name: str) -> Any:
        return values[name] if name in values else None if row is None else getattr(row, name)

    if now("auth_method") != "BASIC_AUTH":
        return
    missing = [name for name in ("basic_auth_user", "basic_auth_pass") if not now(name)]
    if missing:
        raise Invalid({name: ["BASIC_AUTH needs a user name and a password."] for name in missing})
    if ":" in now("basic_auth_user"):
        raise Invalid({"basic_auth_user": ["A user name of basic authentication has no colon."]})


def create(
    conn: Connection, keeper: Keeper, actor: Actor, body: NewBackend, values: Mapping[str, Any], found: Found
) -> dict[str, Any]:
    """Store a backend that was reached (`found`), and let it hear of annotations. `values` are those of `wanted`."""
    project_row = projects.get(conn, actor, body.project, "models.change")
    if len(queries.of_project(conn, body.project)) >= MAX_BACKENDS:
        raise Invalid({"project": [f"A project has at most {MAX_BACKENDS} ML backends."]})
    now = now_us()
    made = {
        "timeout": keeper.settings.ml_predict_seconds,
        **values,
        **_known(found, auto_update=values.get("auto_update", True), before="[]"),
        "project_id": body.project,
        "state": CONNECTED,
        "set_by": actor.user_id,
        "created_at": now,
        "updated_at": now,
    }
    backend_id = queries.insert(conn, made)
    _follow_webhook(conn, keeper.secrets, project_row, backend_id)
    return shown(get(conn, actor, backend_id))


def take_over(
    conn: Connection,
    secrets: Secrets,
    project_row: Row[Any],
    values: Mapping[str, Any],
    password: str | None,
    *,
    tell: bool,
) -> int:
    """Store a backend as it was elsewhere, which nobody has reached from here: columns of the table, its address without
    a slash at its end, and the password of its `basic_auth_user`; its id. `tell` it of annotations, over the webhook
    that `values` name or a new one.
    """
    now = now_us()
    given = {"created_at": now, "updated_at": now, **values}
    given["title"] = given.get("title") or _host(given["url"])
    given["versions"] = with_version("[]", given.get("model_version"))
    if given.get("basic_auth_user") and password:
        given["basic_auth_pass"] = secrets.encrypt(password)
    backend_id = queries.insert(conn, given)
    if tell:
        _follow_webhook(conn, secrets, project_row, backend_id)
    return backend_id


def update(
    conn: Connection,
    keeper: Keeper,
    actor: Actor,
    backend_id: int,
    body: BackendChanges,
    values: Mapping[str, Any],
    found: Found | None,
) -> dict[str, Any]:
    """Change the fields sent. `found`: what the backend said, where it had to be asked anew."""
    row = get(conn, actor, backend_id, "models.change")
    if body.project not in (None, row.project_id):
        raise Invalid({"project": ["A backend stays with its project. Connect it to the other one too."]})
    changed = {**values, "updated_at": now_us()}
    if values.get("url", row.url) != row.url:
        changed["set_by"] = actor.user_id
    if found is not None:
        auto = values.get("auto_update", row.auto_update)
        changed |= {"state": CONNECTED, "error_message": None} | _known(
            found, auto_update=auto, before=row.versions
        )
    queries.update(conn, backend_id, changed)
    _follow_webhook(conn, keeper.secrets, projects.get(conn, actor, row.project_id), backend_id)
    return shown(get(conn, actor, backend_id))


def _known(found: Found, *, auto_update: bool, before: str) -> dict[str, Any]:
    values: dict[str, Any] = {"protocol": found.protocol}
    if auto_update and found.model_version:
        values["model_version"] = found.model_version
    return values | {"versions": with_version(before, found.model_version)}


def with_version(stored: str, version: str | None) -> str:
    """The JSON list of versions that a backend used, with one more, the newest last."""
    known: list[str] = [each for each in msgspec.json.decode(stored) if each != version]
    return msgspec.json.encode([*known, version][-_MAX_VERSIONS:] if version else known).decode()


def _follow_webhook(conn: Connection, secrets: Secrets, project_row: Row[Any], backend_id: int) -> None:
    """What a backend is told of annotations is a webhook of the project, visible among the others."""
    row = queries.any_by_id(conn, backend_id)
    if row is None or row.protocol == 0:
        return
    target, headers = target_of(row, secrets), {}
    if target.user is not None:
        headers["Authorization"] = target.authorization
    url = f"{row.url}/webhook"
    if row.webhook_id is None:
        values = {
            "organization_id": project_row.organization_id,
            "project_id": row.project_id,
            "url": url,
            "send_for_all_actions": False,
        }
        made = webhooks.take_over(conn, secrets, values, headers=headers, actions=TOLD)
        queries.update(conn, backend_id, {"webhook_id": made})
    else:
        webhooks.redirect(conn, secrets, row.webhook_id, url, headers)


def delete(conn: Connection, jobs: JobRunner, actor: Actor, backend_id: int) -> None:
    """Forget a backend, with its webhook and what is known of its runs. Its predictions stay."""
    row = get(conn, actor, backend_id, "models.change")
    for run in queries.live_runs(conn, backend_id):
        if run.job_id is not None:
            jobs.cancel(conn, run.job_id)
    if row.webhook_id is not None:
        webhooks.remove(conn, row.webhook_id)
    queries.delete(conn, backend_id)


def note(conn: Connection, backend_id: int, **values: Any) -> None:
    """Write down what became of a backend: state, error_message, model_version, versions, protocol."""
    queries.update(conn, backend_id, values)
