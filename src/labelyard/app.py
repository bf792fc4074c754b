"""The composition root: the only module that knows every part.

`build_context` opens what a server works with, `create_app` makes the HTTP application on it. The application owns
its context: it starts the jobs when it starts and closes everything when it stops.
"""

import functools
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from labelyard import __version__
from labelyard.annotations import api as annotations_api
from labelyard.annotations import history_api
from labelyard.annotations import jobs as annotation_jobs
from labelyard.annotations import many_api as many_annotations_api
from labelyard.context import Context
from labelyard.db import schema
from labelyard.db.migrate import prepare
from labelyard.exports import api as exports_api
from labelyard.exports import jobs as export_jobs
from labelyard.exports import snapshot_api
from labelyard.files import api as files_api
from labelyard.imports import api as imports_api
from labelyard.imports import history_api as imports_history_api
from labelyard.imports import jobs as import_jobs
from labelyard.indexes import jobs as index_jobs
from labelyard.kit.crypto import load_secrets
from labelyard.kit.db.open import is_embedded, open_database
from labelyard.kit.http.errors import CatchUnexpected, install_error_handlers
from labelyard.kit.http.middleware import (
    BodyLimit,
    HostCheck,
    HostPolicy,
    IdsInRange,
    OriginCheck,
    PlainTextRefused,
    SecurityHeaders,
    TrailingSlash,
)
from labelyard.kit.http.requests import Requests
from labelyard.kit.jobs.periodic import Periodic
from labelyard.kit.jobs.runner import JobRunner
from labelyard.kit.metrics import Traffic
from labelyard.kit.net import Policy
from labelyard.kit.objects.local import LocalObjects
from labelyard.labels import api as labels_api
from labelyard.labels import jobs as label_jobs
from labelyard.legacy import models_api as legacy_models_api
from labelyard.legacy import older_api as legacy_older_api
from labelyard.legacy import pages as legacy_pages
from labelyard.legacy import project_api as legacy_project_api
from labelyard.legacy import storages_api as legacy_storages_api
from labelyard.legacy import tasks_api as legacy_tasks_api
from labelyard.legacy import tools_api as legacy_tools_api
from labelyard.ml import api as ml_api
from labelyard.ml import jobs as ml_jobs
from labelyard.ml import runs_api as ml_runs_api
from labelyard.ml.protocol import policy_of
from labelyard.organizations import api as organizations_api
from labelyard.predictions import api as predictions_api
from labelyard.projects import api as projects_api
from labelyard.projects import jobs as project_jobs
from labelyard.projects import members_api, migrations_api, versions_api
from labelyard.queue import api as queue_api
from labelyard.settings import Settings
from labelyard.storages import api as storages_api
from labelyard.storages import jobs as storage_jobs
from labelyard.storages import media_api as storage_media_api
from labelyard.tasks import api as tasks_api
from labelyard.tasks import trash_api, trash_jobs
from labelyard.uploads import api as uploads_api
from labelyard.uploads import service as uploads
from labelyard.users import account_api
from labelyard.users import api as users_api
from labelyard.users import service as users
from labelyard.users.limits import TokenGate
from labelyard.users.sessions import SignIn
from labelyard.views import actions_api as view_actions_api
from labelyard.views import api as views_api
from labelyard.views import jobs as view_jobs
from labelyard.views import tasks_api as view_tasks_api
from labelyard.visitors import service as visitors
from labelyard.web import assets, metrics, pages, samples, states, system
from labelyard.web.authentication import Authenticator, Gate, LocalMode
from labelyard.web.description import describe
from labelyard.web.frontend import BUILT, FrontEnd
from labelyard.web.visits import VisitCookie, Visits
from labelyard.webhooks import api as webhooks_api
from labelyard.webhooks import delivery as webhook_delivery

# Order matters where paths overlap: the first that matches answers.
# The busiest come first, because the paths are tried one after the other.
ROUTERS: Sequence[APIRouter] = (
    queue_api.router,
    many_annotations_api.router,  # before /api/annotations/{id}
    annotations_api.router,
    history_api.router,
    legacy_older_api.router,  # before /api/tasks/{id} and /api/projects/{id}
    tasks_api.router,
    trash_api.router,
    view_tasks_api.router,
    view_actions_api.router,
    views_api.router,
    projects_api.router,
    members_api.router,
    versions_api.router,
    migrations_api.router,
    predictions_api.router,
    account_api.router,  # before files: it has a path below /data
    storage_media_api.router,  # before files: the same
    files_api.router,
    imports_api.router,
    imports_history_api.router,
    uploads_api.router,
    exports_api.router,
    snapshot_api.router,
    users_api.router,
    organizations_api.router,
    legacy_project_api.router,
    legacy_tasks_api.router,
    legacy_tools_api.router,
    legacy_models_api.router,
    legacy_storages_api.router,
    system.router,
    labels_api.router,
    states.router,
    webhooks_api.router,
    ml_api.router,
    ml_runs_api.router,
    storages_api.router,
    metrics.router,
    samples.router,
    assets.router,
    legacy_pages.router,
    pages.router,
)


_DELIVERY_PATIENCE = 2.0  # seconds; what was not answered by then is sent again after the next start


def build_context(settings: Settings) -> Context:
    """Open everything a server works with, the database brought to this release. The caller closes it.

    SchemaError when the database is not fit for this release, ValueError for a setting that cannot be used.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    outbound = Policy.of(
        settings.outbound_allow, protect=settings.ssrf_protection, ca_file=settings.outbound_ca_file
    )
    prepare(settings.database_url, settings.database_path, settings.data_dir / "backups")
    db = open_database(
        settings.database_url,
        settings.database_path,
        readers=settings.database_readers,
        synchronous=settings.sqlite_synchronous,
    )
    context = Context(
        settings=settings,
        db=db,
        jobs=JobRunner(db, schema.job, threads=settings.job_threads),
        deliveries=JobRunner(db, schema.job, threads=settings.webhook_threads),
        models=JobRunner(db, schema.job, threads=settings.ml_threads),
        objects=LocalObjects(settings.media_dir),
        secrets=load_secrets(settings.data_dir),
        outbound=outbound,
        outbound_ml=policy_of(settings, outbound),
        periodic=Periodic(),
    )
    register_jobs(context)
    db.write_sync(users.apply_settings, settings)
    return context


def register_jobs(context: Context) -> None:
    """Tell the runner how each kind of job is done, and what is to be tidied now and then."""
    project_jobs.register(context)
    index_jobs.register(context)
    view_jobs.register(context)
    trash_jobs.register(context)
    annotation_jobs.register(context)
    label_jobs.register(context)
    import_jobs.register(context)
    webhook_delivery.register(context)
    ml_jobs.register(context)
    storage_jobs.register(context)
    export_jobs.register(context)
    uploads.register(context)
    visitors.register(context)


def close_context(context: Context) -> None:
    """Stop the jobs after their current step and close the database."""
    context.periodic.stop()
    context.jobs.stop()
    context.deliveries.stop(patience=_DELIVERY_PATIENCE)
    context.models.stop(patience=_DELIVERY_PATIENCE)
    context.db.close()


def create_app(
    settings: Settings, context: Context | None = None, *, static_dir: Path | None = None
) -> FastAPI:
    """The HTTP application. Without a context it builds one when it starts. `static_dir`: the built front end."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = context or build_context(settings)
        attach(app, running)
        for runner in (running.jobs, running.deliveries, running.models):
            runner.start(alone=is_embedded(settings.database_url))
        running.periodic.start()
        try:
            yield
        finally:
            if context is None:  # else it is closed by who opened it
                close_context(running)

    local, traffic = LocalMode(settings), Traffic()
    app = FastAPI(
        title="Labelyard",
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=_middleware(settings, local, traffic),
    )
    app.state.local_mode = local
    app.state.traffic = traffic
    app.state.older_dialect = legacy_tasks_api
    app.state.front_end = FrontEnd(static_dir or BUILT)
    install_error_handlers(app)
    for router in ROUTERS:
        # Not `include_router`: that builds each route once more, when it is matched first, for prefixes we do not use.
        app.router.routes.extend(router.routes)
    app.openapi = functools.cache(functools.partial(describe, app))  # type: ignore[method-assign]
    return app


def openapi_document() -> dict[str, Any]:
    """The description of the API, without opening a database."""
    return create_app(Settings()).openapi()


def attach(app: FastAPI, context: Context) -> None:
    """Make the context reachable for the routes."""
    app.state.context = context
    app.state.authenticate = (Visits if context.settings.multi_session else Authenticator)(context)
    app.state.sign_in = SignIn(context)
    app.state.token_gate = TokenGate()
    app.state.local_mode.db = context.db


def _middleware(settings: Settings, local: LocalMode, traffic: Traffic) -> list[Middleware]:
    """From the outside in."""
    gate = [Middleware(Gate)] if settings.basic_auth else []
    return [
        Middleware(
            Requests,
            traffic=traffic,
            log_each=settings.log_requests or settings.log_level.upper() == "DEBUG",
        ),
        Middleware(SecurityHeaders),
        *([Middleware(VisitCookie)] if settings.multi_session else []),
        Middleware(CatchUnexpected, details=settings.debug_modal_exceptions),
        Middleware(TrailingSlash),
        Middleware(IdsInRange),
        Middleware(HostCheck, policy=HostPolicy(_host_names(settings), local)),
        Middleware(OriginCheck),
        *gate,
        Middleware(PlainTextRefused),
        Middleware(BodyLimit, limit_of=BodyLimits(settings)),
    ]


def _host_names(settings: Settings) -> Iterable[str]:
    yield from settings.allowed_hosts.split(",")
    yield settings.host
    yield urlsplit(settings.public_url).hostname or ""


_UPLOAD_PATH = re.compile(r"/api/projects/[0-9]+/uploads(?:/[^/]+)?")


class BodyLimits:
    """Largest body of a request by its path, in bytes."""

    def __init__(self, settings: Settings) -> None:
        self.usual = settings.max_body_bytes
        self.imports = settings.max_import_bytes
        self.uploads = settings.max_upload_bytes

    def __call__(self, path: str) -> int:
        if path.startswith("/api/projects/") and _UPLOAD_PATH.fullmatch(path):
            return self.uploads
        is_import = path.startswith("/api/projects/") and path.endswith(
            ("/import", "/reimport", "/tasks/bulk", "/import/predictions", "/import/preview")
        )
        return self.imports if is_import or path in ("/api/import", "/api/project/import") else self.usual
