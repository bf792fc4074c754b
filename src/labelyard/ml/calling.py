"""Calling a backend for a request that waits: connecting, checking, one prediction. These functions block."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Connection, Row

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.db.database import Database
from labelyard.kit.errors import Forbidden, Invalid
from labelyard.ml import answers, queries, service
from labelyard.ml.answers import Checked
from labelyard.ml.protocol import BackendError, Caller, Target, Waits
from labelyard.ml.schemas import NewBackend
from labelyard.ml.service import CONNECTED, DISCONNECTED, ERROR, PREDICTING, TRAINING, Found, Keeper
from labelyard.projects import service as projects

_FRESH_SECONDS = 3.0  # a backend that was looked at so lately is not asked again
_BUSY = (TRAINING, PREDICTING)


def keeper_of(ctx: Context) -> Keeper:
    return Keeper(ctx.secrets, ctx.outbound_ml, ctx.settings)


def caller_of(ctx: Context, target: Target) -> Caller:
    return Caller(target, Waits.of(ctx.settings), ctx.outbound_ml)


class _Looks:
    """When each backend was looked at, and until when it is left alone because it did not answer in time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[int, float] = {}

    def due(self, backend_id: int) -> bool:
        """Whether to look now; if so, others need not for a while."""
        now = time.monotonic()
        with self._lock:
            if self._until.get(backend_id, 0.0) > now:
                return False
            self._until[backend_id] = now + _FRESH_SECONDS
            return True


_looks: WeakKeyDictionary[Database, _Looks] = WeakKeyDictionary()


# --- connecting ---------------------------------------------------------------------------------------------------


def connect(
    ctx: Context, target: Target, project_id: int, set_by: int | None, extra_params: str | None
) -> Found:
    """Ask a backend whether it is there and set it up. Invalid, or Forbidden for an address that is not called."""
    words = ctx.db.read_sync(_setup_words, keeper_of(ctx), project_id, set_by, extra_params)
    try:
        return _greet(caller_of(ctx, target), words)
    except BackendError as error:
        if error.kind == "address":
            raise Forbidden(error.message) from error
        raise Invalid(f"The ML backend cannot be connected. {error.message}") from error


def connect_new(ctx: Context, actor: Actor, body: NewBackend) -> dict[str, Any]:
    """Connect a new backend and store it; the backend as the API shows it. What is wrong, as for `connect`."""
    ctx.db.read_sync(projects.get, actor, body.project, "models.change")
    keeper = keeper_of(ctx)
    values = service.wanted(keeper, body)
    target = target_for(ctx, values)
    found = connect(ctx, target, body.project, actor.user_id, values.get("extra_params"))
    return ctx.db.write_sync(service.create, keeper, actor, body, values, found)


def target_for(ctx: Context, values: Mapping[str, Any], row: Row[Any] | None = None) -> Target:
    """How to call a backend as it will be with these columns."""

    def now(name: str, default: Any = None) -> Any:
        return values[name] if name in values else default if row is None else getattr(row, name)

    has_login = now("auth_method") == "BASIC_AUTH"
    password = now("basic_auth_pass") if has_login else None
    return Target(
        url=now("url"),
        user=now("basic_auth_user") if has_login else None,
        password=ctx.secrets.decrypt(password) if password else None,
        timeout=now("timeout", ctx.settings.ml_predict_seconds),
    )


def _greet(caller: Caller, words: Mapping[str, Any]) -> Found:
    protocol = caller.health()
    return Found(protocol, caller.setup(words))


def _setup_words(
    conn: Connection, keeper: Keeper, project_id: int, set_by: int | None, extra_params: str | None
) -> dict[str, Any]:
    row = projects.row_of(conn, project_id)
    return {} if row is None else service.setup_words(conn, keeper, row, set_by, extra_params)


def refresh(ctx: Context, rows: Sequence[Row[Any]]) -> None:
    """Look whether backends are there, at the same time, and write down what changed."""
    threads = [
        threading.Thread(target=look, args=(ctx, row), daemon=True) for row in rows if _is_due(ctx, row)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _is_due(ctx: Context, row: Row[Any]) -> bool:
    # One that is at work may have no hand free to answer.
    return row.state not in _BUSY and _looks.setdefault(ctx.db, _Looks()).due(row.id)


def look(ctx: Context, row: Row[Any]) -> str | None:
    """Look whether a backend is there, and set it up; the version that it names. None when it is not there."""
    caller = caller_of(ctx, service.target_of(row, ctx.secrets))
    try:
        words = ctx.db.read_sync(_setup_words, keeper_of(ctx), row.project_id, row.set_by, row.extra_params)
        found = _greet(caller, words)
    except BackendError as error:
        write_down(ctx, row, error)
        return None
    values: dict[str, Any] = {"state": CONNECTED, "error_message": None, "protocol": found.protocol}
    values["versions"] = service.with_version(row.versions, found.model_version)
    if row.auto_update and found.model_version:
        values["model_version"] = found.model_version
    _note(ctx, row, values)
    return found.model_version


def write_down(ctx: Context, row: Row[Any], error: BackendError) -> None:
    """Let a backend's state say what went wrong."""
    state = ERROR if error.kind in ("status", "answer") else DISCONNECTED
    _note(ctx, row, {"state": state, "error_message": error.message})


def _note(ctx: Context, row: Row[Any], values: Mapping[str, Any]) -> None:
    if any(getattr(row, name) != value for name, value in values.items()):
        ctx.db.write_sync(_update, row.id, values)


def _update(conn: Connection, backend_id: int, values: Mapping[str, Any]) -> None:
    row = queries.any_by_id(conn, backend_id)
    if row is None:
        return
    if row.state in _BUSY:  # whoever keeps it at work says what becomes of it
        values = {name: value for name, value in values.items() if name not in ("state", "error_message")}
    if values:
        queries.update(conn, backend_id, values)


# --- predicting for one task --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What a backend is asked about tasks: their JSON objects, and what goes with them."""

    tasks: Sequence[Mapping[str, Any]]
    project: str
    label_config: str
    login: str | None = None
    password: str | None = None
    context: Any = None

    def words(self, target: Target, version: str) -> dict[str, Any]:
        """The body of `/predict`."""
        params = {"login": self.login, "password": self.password}
        said = {"tasks": self.tasks, "project": self.project, "label_config": self.label_config}
        if target.protocol == 0:
            named = {name: value or "" for name, value in params.items()}
            return {**said, "model_version": version, "params": {"force_load": True, **named}}
        return {**said, "params": {**params, "context": self.context}}


def asked_of(project_row: Row[Any], tasks: Sequence[Mapping[str, Any]], context: Any = None) -> Asked:
    """A question about tasks of a project."""
    return Asked(
        tasks,
        service.project_name(project_row),
        project_row.label_config,
        project_row.task_data_login,
        project_row.task_data_password,
        context,
    )


def ask(ctx: Context, row: Row[Any], asked: Asked, seconds: float | None = None) -> list[Checked]:
    """Have a backend predict; what it said of each task, checked. BackendError when it is no answer as a whole."""
    target = service.target_of(row, ctx.secrets)
    body = msgspec.json.encode(asked.words(target, row.model_version))
    said = answers.results_of(caller_of(ctx, target).predict(body, seconds), len(asked.tasks))
    version = said.version or row.model_version or row.title
    return [answers.check(asked.label_config, part, version) for part in said.of_tasks]
