"""A server with two organizations, one object of each kind in the first, and what must not change."""

import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from starlette.testclient import TestClient

from labelyard.db import schema
from labelyard.kit.clock import now_us
from labelyard.users import tokens
from labelyard.users.limits import TokenGate
from tests.support.model_server import lasting_model_server
from tests.support.server import PASSWORD_HASH, Server, settings_for

CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="mood" toName="text"><Choice value="good"/><Choice value="bad"/></Choices></View>'
)
RESULT: list[dict[str, Any]] = [
    {"id": "r1", "from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": ["good"]}}
]
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
VIEW: dict[str, Any] = {
    "title": "Ones",
    "filters": {
        "conjunction": "and",
        "items": [
            {"filter": "filter:tasks:data.text", "operator": "equal", "type": "String", "value": "one"}
        ],
    },
    "ordering": ["-tasks:data.text"],
    "selectedItems": {"all": True, "excluded": []},
}
# What a world must still have, by the name of its id. What hangs below one of these goes with it.
_WANTED = {
    "project_id": schema.project,
    "task_id": schema.task,
    "annotation_id": schema.annotation,
    "draft_id": schema.draft,
    "prediction_id": schema.prediction,
    "upload_id": schema.file_upload,
    "resumable_id": schema.resumable_upload,
    "view_id": schema.view,
    "webhook_id": schema.webhook,
    "delivery_id": schema.webhook_delivery,
    "label_id": schema.label,
    "link_id": schema.label_link,
    "run_id": schema.ml_run,
    "s3_storage_id": schema.storage,
    "local_storage_id": schema.storage,
    "s3_export_storage_id": schema.storage,
    "local_export_storage_id": schema.storage,
}
HOOK = "https://hooks.example.org/labels"
OWNER, STRANGER = "ada@example.org", "eve@elsewhere.example"
# What moves without anybody's doing, or by mere looking at things.
_MOVING = {"user_account": {"last_activity"}, "session": {"last_seen_at"}, "api_token": {"last_used_at"}}


@dataclass(slots=True)
class World:
    """Ids of one object of each kind, by the names that the paths and bodies of the API use."""

    ids: dict[str, Any] = field(default_factory=dict)
    upload_name: str = ""
    avatar_name: str = ""
    organization: int = 0
    owner: int = 0

    @property
    def project(self) -> int:
        return int(self.ids["project_id"])


def add_stranger(server: Server) -> TestClient:
    """The owner of another organization; a client with their token. The API makes no second organization."""

    def make(conn: Connection) -> int:
        now = now_us()
        organization = _insert(
            conn, schema.organization, title="Elsewhere", invite_token="e" * 40, legacy_api_tokens_enabled=True,
            created_at=now, updated_at=now,
        )  # fmt: skip
        user = _insert(
            conn, schema.user, email=STRANGER, username="eve", password_hash=PASSWORD_HASH,
            active_organization_id=organization, date_joined=now, last_activity=now,
        )  # fmt: skip
        _insert(
            conn, schema.membership, organization_id=organization, user_id=user, role="owner", created_at=now
        )
        return user

    db = server.context.db
    token = db.write_sync(tokens.reset_legacy, server.context.secrets, db.write_sync(make))["token"]
    return server.client(Authorization=f"Token {token}")


def _insert(conn: Connection, table: sa.Table, **values: Any) -> int:
    key = conn.execute(sa.insert(table).values(**values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def build_world(client: TestClient) -> World:
    """A project with three tasks (by a JSON body and a file), an annotation, drafts, a prediction, an upload, one
    that is unfinished, a lease."""
    world = World()
    me = _ok(client.get("/api/current-user/whoami"))
    world.owner, world.organization = me["id"], me["active_organization"]
    project = _ok(client.post("/api/projects", json={"title": "Moods", "label_config": CONFIG}))["id"]
    rows = [{"text": "one"}, {"text": "two"}]
    first = _ok(client.post(f"/api/projects/{project}/import?return_task_ids=1", json=rows))["task_ids"][0]
    files = {"file": ("notes.csv", b"text\nthree\n", "text/csv")}
    upload = _ok(client.post(f"/api/projects/{project}/import", files=files))["file_upload_ids"][0]
    stored = _ok(client.get(f"/api/import/file-upload/{upload}"))["file"]
    annotation = _ok(client.post(f"/api/tasks/{first}/annotations", json={"result": RESULT}))["id"]
    event = _ok(client.get(f"/api/annotations/{annotation}/history"))[0]["id"]
    draft = _ok(client.post(f"/api/tasks/{first}/annotations/{annotation}/drafts", json={"result": RESULT}))
    prediction = _ok(client.post("/api/predictions", json={"task": first, "result": RESULT, "score": 0.5}))
    imports = _ok(client.get(f"/api/projects/{project}/imports"))
    snapshot = _ok(client.post(f"/api/projects/{project}/exports", json={"title": "Kept"}))
    view = _ok(client.post("/api/dm/views", json={"project": project, "data": VIEW}))
    piece = {"Upload-Length": "9", "Content-Type": "application/offset+octet-stream"}
    unfinished = _ok(client.post(f"/api/projects/{project}/uploads", content=b"text\n", headers=piece))
    member = _member(client, world.organization)
    _ok(client.post(f"/api/projects/{project}/members", json={"user": member, "role": "annotator"}))
    picture = {"avatar": ("me.png", PNG, "image/png")}
    shown = _ok(client.post(f"/api/users/{member}/avatar", files=picture))
    # Switched off, so that it sends nothing while a test looks whether anything changed.
    webhook = _ok(client.post("/api/webhooks", json={"project": project, "url": HOOK, "is_active": False}))[
        "id"
    ]
    delivery = _ok(client.post(f"/api/webhooks/{webhook}/test"))
    made = {"title": f"Odd {project}", "value": ["odd"], "from_name": "mood", "project": project}
    label = _ok(client.post("/api/labels", json=[made]))[0]["id"]
    link = _ok(client.get(f"/api/labels/{label}"))["links"][0]
    world.avatar_name = shown["avatar"].rpartition("/")[2]
    world.upload_name = stored.rpartition("/")[2]
    model = {"project": project, "url": lasting_model_server().url, "is_interactive": True}
    backend = _ok(client.post("/api/ml", json=model))["id"]
    # It hears of nothing, so that it is not told something while a test looks whether anything changed.
    _ok(
        client.patch(f"/api/webhooks/{_webhook_of(client, project, model['url'])}", json={"is_active": False})
    )
    run = _finished(client, backend, _ok(client.post(f"/api/ml/{backend}/predict", json={"tasks": [first]})))
    renamed = {"label_config": CONFIG, "labels": {"mood": {"bad": "bad"}}}
    migration = _ok(client.post(f"/api/projects/{project}/config-migrations", json=renamed))
    gone = _ok(client.post(f"/api/projects/{project}/import?return_task_ids=1", json=[{"text": "gone"}]))
    chosen = {"selectedItems": {"all": False, "included": gone["task_ids"]}}
    deleted = _ok(client.post(f"/api/dm/actions?project={project}&id=delete_tasks", json=chosen))
    world.ids = {
        "deletion_id": deleted["undo"]["deletion"],
        "migration_id": migration["id"],
        "project_id": project,
        "task_id": first,
        "entity_id": first,
        "annotation_id": annotation,
        "completion_id": annotation,
        "uuid": _ok(client.get(f"/api/project?project={project}"))["uuid"],
        "event_id": event,
        "draft_id": draft["id"],
        "prediction_id": prediction["id"],
        "upload_id": upload,
        "resumable_id": unfinished["id"],
        "import_id": imports[0]["id"] if imports else 1,
        "export_id": snapshot["id"],
        "view_id": view["id"],
        "user_id": member,
        "webhook_id": webhook,
        "delivery_id": delivery["id"],
        "label_id": label,
        "link_id": link,
        "backend_id": backend,
        "run_id": run,
        "organization_id": world.organization,
        **_storages(client, project),
    }
    return world


def _storages(client: TestClient, project: int) -> dict[str, int]:
    """A storage of each kind, as if each had answered when it was connected; none is written to."""
    made: dict[str, int] = {}

    def make(conn: Connection) -> None:
        for name, kind, role in (
            ("s3_storage_id", "s3", "source"),
            ("local_storage_id", "localfiles", "source"),
            ("s3_export_storage_id", "s3", "target"),
            ("local_export_storage_id", "localfiles", "target"),
        ):
            options = json.dumps({"bucket": "moods"} if kind == "s3" else {"path": "/nowhere"})
            made[name] = _insert(
                conn, schema.storage, project_id=project, role=role, kind=kind, dialect="1.x", options=options,
                paused_until=2**62, created_at=now_us(), updated_at=now_us(),
            )  # fmt: skip

    if hasattr(client, "app"):  # else the server is another process, and has none
        client.app.state.context.db.write_sync(make)  # type: ignore[attr-defined]
    else:
        made = {
            "s3_storage_id": 1,
            "local_storage_id": 1,
            "s3_export_storage_id": 1,
            "local_export_storage_id": 1,
        }
    return made


def _member(client: TestClient, organization: int) -> int:
    """An annotator of the organization who has no password; added again after a test removed them."""
    email = f"mo-{organization}@members.example"
    found = [each["id"] for each in _ok(client.get("/api/users")) if each["email"] == email]
    user_id: int = found[0] if found else _ok(client.post("/api/users", json={"email": email}))["id"]
    _ok(client.patch(f"/api/organizations/{organization}/memberships/{user_id}", json={"role": "annotator"}))
    return user_id


def _webhook_of(client: TestClient, project: int, url: str) -> int:
    hooks = _ok(client.get(f"/api/webhooks?project={project}"))
    found: int = next(each["id"] for each in hooks if each["url"] == f"{url}/webhook")
    return found


def _finished(client: TestClient, backend: int, run: dict[str, Any]) -> int:
    """The id of a run, when it has ended."""
    ends = time.monotonic() + 30
    while run["finished_at"] is None and time.monotonic() < ends:
        time.sleep(0.02)
        run = _ok(client.get(f"/api/ml/{backend}/runs/{run['id']}"))
    assert run["status"] == "completed", run
    return int(run["id"])


def _ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def fingerprint(server: Server, *leave_out: str) -> dict[str, tuple[int, str]]:
    """Table → number of rows and a digest of all they hold; equal when nothing was written."""

    def take(conn: Connection) -> dict[str, tuple[int, str]]:
        found = {}
        for table in schema.metadata.sorted_tables:
            if table.name in leave_out:
                continue
            columns = [each for each in table.columns if each.name not in _MOVING.get(table.name, ())]
            rows = sorted(json.dumps(list(row), default=str) for row in conn.execute(sa.select(*columns)))
            found[table.name] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
        return found

    return server.context.db.read_sync(take)


def belonging_to(server: Server, organization_id: int) -> dict[str, str]:
    """Table → a digest of all its rows that belong to an organization; a table that tells no owner is an error."""

    def take(conn: Connection) -> dict[str, str]:
        return {
            table.name: _digest(conn, table, _owned(table, organization_id))
            for table in schema.metadata.sorted_tables
        }

    return server.context.db.read_sync(take)


def _owned(table: sa.Table, organization_id: int) -> sa.ColumnElement[bool]:
    columns = table.c
    people = sa.select(schema.membership.c.user_id).where(
        schema.membership.c.organization_id == organization_id
    )
    if table.name == "webhook_delivery":  # its project may be gone
        hooks = sa.select(schema.webhook.c.id).where(schema.webhook.c.organization_id == organization_id)
        return columns.webhook_id.in_(hooks)
    if table.name == "organization":
        return columns.id == organization_id
    if table.name == "user_account":
        return columns.id.in_(people)
    if "organization_id" in columns:
        return columns.organization_id == organization_id
    if "project_id" in columns:
        projects = sa.select(schema.project.c.id).where(schema.project.c.organization_id == organization_id)
        return columns.project_id.in_(projects)
    if "user_id" in columns:
        return columns.user_id.in_(people)
    for column in columns:
        for key in column.foreign_keys:
            parents = sa.select(key.column).where(_owned(key.column.table, organization_id))
            return column.in_(parents)
    raise AssertionError(f"nothing in the table {table.name} tells whose its rows are")


def _digest(conn: Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> str:
    columns = [each for each in table.columns if each.name not in _MOVING.get(table.name, ())]
    found = conn.execute(sa.select(*columns).where(condition))
    rows = sorted(json.dumps(list(row), default=str) for row in found)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _forget_policy(conn: Connection) -> None:
    """Sessions last again: a test may have set, as an owner can, that they end within a minute."""
    conn.execute(sa.update(schema.organization).values(max_session_age_minutes=11520, max_idle_minutes=4320))


class Place:
    """A started server with its owner signed in by cookie, and a world; for many tests, because starting takes time."""

    def __init__(self, directory: Path, database_url: str, **changes: Any) -> None:
        settings = settings_for(
            directory / "data",
            database_url,
            local_mode=False,
            import_wait_seconds=5.0,
            ml_block_local_ip=False,
            **changes,
        )
        self.server = Server(settings)
        self.directory = str(directory)
        self.client: TestClient = None  # type: ignore[assignment] # until start
        self.world = World()

    def start(self) -> None:
        # Tests of wrong input fail at the token endpoints more often than a client may.
        self.server.app.state.token_gate = TokenGate(free=10**9)
        self.server.add_account(OWNER)
        self.client = self.server.sign_in(OWNER)
        self.world = build_world(self.client)

    def refresh(self) -> None:
        """Make the objects again when one of them is gone; sign in again when the policy that was set ended the session."""
        self.server.context.db.write_sync(_forget_policy)
        if self.client.get("/api/current-user/whoami").status_code == 401:
            self.client = self.server.sign_in(OWNER)
        if not self.server.context.db.read_sync(_is_whole, self.world):
            self.world = build_world(self.client)


def _is_whole(conn: Connection, world: World) -> bool:
    """Whether all of a world's objects are there; asking the API for each takes fifty times as long."""
    wanted = [sa.exists().where(table.c.id == world.ids[name]) for name, table in _WANTED.items()]
    member = schema.membership.c
    wanted.append(
        sa.exists().where(
            member.organization_id == world.organization, member.user_id == world.ids["user_id"]
        )
    )
    return bool(conn.execute(sa.select(sa.and_(*wanted))).scalar_one())
