"""Storages over HTTP, as 1.x has them: for each kind a source (`/api/storages/<kind>`) and a target (`…/export/<kind>`)."""

import time
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy import Connection
from starlette.convertors import Convertor, register_url_convertor

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.deps import Ctx, CurrentActor, OptionalActor
from labelyard.kit.clock import iso
from labelyard.kit.errors import Invalid, NotSupported, Unauthenticated
from labelyard.kit.http.bodies import read_body
from labelyard.kit.http.openapi import error_responses, example_response, json_body, requiring
from labelyard.kit.http.responses import empty, json_response
from labelyard.kit.net import in_thread
from labelyard.storages import service, writing
from labelyard.storages.connecting import LOCAL_KIND, S3_KIND, Keeper
from labelyard.storages.schemas import (
    LocalSource,
    LocalTarget,
    S3Source,
    S3Target,
    Storage,
    StorageFields,
    StorageType,
    StoredFiles,
    TriedFields,
    TriedLocalSource,
    TriedLocalTarget,
    TriedS3Source,
    TriedS3Target,
)
from labelyard.storages.service import Draft, Role

router = APIRouter(tags=["Storages"])
MAX_ID = 2**63 - 1
LATER = ("gcs", "gcswif", "azure", "azure_spi", "redis", "s3s", "databricks")
TITLES = {S3_KIND: "AWS S3", LOCAL_KIND: "Local files"}
_SHOWN: dict[str, Any] = {
    "id": 4,
    "type": "s3",
    "title": "Birds",
    "description": "",
    "project": 3,
    "created_at": "2026-11-22T03:58:35.824760Z",
    "synchronizable": True,
    "last_sync": "2026-11-22T04:00:02.104311Z",
    "last_sync_count": 120,
    "last_sync_job": "17",
    "status": "completed",
    "traceback": None,
    "meta": {
        "tasks_added": 120,
        "tasks_existed": 0,
        "objects_seen": 121,
        "objects_left_out": 0,
        "objects_filtered": 1,
        "duration": 2.1,
    },
    "bucket": "pictures",
    "prefix": "birds",
    "region_name": "eu-central-1",
    "s3_endpoint": None,
    "aws_sse_kms_key_id": None,
    "has_credentials": True,
    "presign": True,
    "presign_ttl": 1,
    "regex_filter": ".*jpg",
    "use_blob_urls": True,
    "recursive_scan": False,
}
_LOCAL_SHOWN = {
    **{name: value for name, value in _SHOWN.items() if name not in ("bucket", "prefix", "region_name")},
    "type": "localfiles",
    "path": "/data/birds",
}
_FILES = {
    "files": [{"key": "birds/robin.jpg", "last_modified": "2026-11-22T03:58:35.000000Z", "size": 48213}]
}
ProjectQuery = Annotated[
    int | None, Query(ge=1, le=MAX_ID, description="Only those of this project.", examples=[3])
]


@dataclass(frozen=True, slots=True)
class _Family:
    """One kind in one role. `tried`: a body that may name a stored one; `parameter`: what its paths call the id; `example`: of a body."""

    kind: str
    role: Role
    body: type[StorageFields]
    tried: type[TriedFields]
    parameter: str
    example: dict[str, Any]

    @property
    def path(self) -> str:
        return f"/api/storages/{'export/' if self.role == 'target' else ''}{self.kind}"

    @property
    def words(self) -> str:
        kind = "S3 bucket" if self.kind == S3_KIND else "local directory"
        return f"{kind} that {'tasks come from' if self.role == 'source' else 'annotations go to'}"

    @property
    def one(self) -> str:
        return f"{'an' if self.kind == S3_KIND else 'a'} {self.words}"

    @property
    def name(self) -> str:
        return f"{self.kind}_{self.role}"


FAMILIES = (
    _Family(
        S3_KIND, "source", S3Source, TriedS3Source, "s3_storage_id", {"project": 3, "bucket": "pictures"}
    ),
    _Family(
        LOCAL_KIND,
        "source",
        LocalSource,
        TriedLocalSource,
        "local_storage_id",
        {"project": 3, "path": "/data/birds"},
    ),
    _Family(
        S3_KIND, "target", S3Target, TriedS3Target, "s3_export_storage_id", {"project": 3, "bucket": "labels"}
    ),
    _Family(
        LOCAL_KIND,
        "target",
        LocalTarget,
        TriedLocalTarget,
        "local_export_storage_id",
        {"project": 3, "path": "/data/out"},
    ),
)


# --- all kinds ----------------------------------------------------------------------------------------------------


def _types() -> list[dict[str, str]]:
    return [{"name": name, "title": title} for name, title in TITLES.items()]


def _list_types(role: Role) -> None:
    path = "/api/storages/export/types" if role == "target" else "/api/storages/types"

    @router.get(
        path,
        summary=f"List the kinds of {'targets' if role == 'target' else 'sources'}",
        response_model=list[StorageType],
        operation_id=f"list_{role}_types",
        responses={**example_response(_types(), "The kinds."), **error_responses(401)},
    )
    async def list_types(_actor: CurrentActor) -> Response:
        """Kinds of storages that this server has."""
        return json_response(_types())


def _list_all(role: Role) -> None:
    path = "/api/storages/export" if role == "target" else "/api/storages"

    @router.get(
        path,
        summary="List targets" if role == "target" else "List sources",
        response_model=list[Storage],
        operation_id=f"list_{role}s",
        responses={**example_response([_SHOWN], "By id."), **error_responses(400, 401, 403, 404)},
    )
    async def list_storages(ctx: Ctx, actor: CurrentActor, project: ProjectQuery = None) -> Response:
        """Storages of every kind: of a project, or of all that the caller manages."""
        return json_response(await ctx.db.read(service.list_storages, actor, project, role))


# --- one kind -----------------------------------------------------------------------------------------------------


async def _read(
    family: _Family, request: Request, ctx: Context, actor: Actor, storage_id: int | None = None
) -> Draft:
    """The storage that a body describes, or one that is stored with the changes in the body."""
    given = (await read_body(request, family.body)).model_dump(exclude_unset=True)
    return await ctx.db.read(_drafted, Keeper.of(ctx), actor, family, given, storage_id)


async def _read_tried(family: _Family, request: Request, ctx: Context, actor: Actor) -> Draft:
    """The same for what is only tried: the body may name one that is stored."""
    given = (await read_body(request, family.tried)).model_dump(exclude_unset=True)
    return await ctx.db.read(_drafted, Keeper.of(ctx), actor, family, given, given.pop("id", None))


def _drafted(
    conn: Connection,
    keeper: Keeper,
    actor: Actor,
    family: _Family,
    given: dict[str, Any],
    storage_id: int | None,
) -> Draft:
    project_id, before = given.pop("project", None), None
    if storage_id is not None:
        before = service.row_of(conn, actor, family.role, family.kind, storage_id, "storages.change")
        project_id = before.project_id
    if project_id is None:
        raise Invalid({"project": ["This field is required."]})
    return service.draft(conn, keeper, actor, project_id, family.kind, family.role, given, before)


_REFUSED = error_responses(400, 401, 403, 404, 415)


def _body(family: _Family, *, tried: bool = False, changed: bool = False) -> dict[str, Any]:
    model = family.tried if tried else family.body
    schema, where = model.model_json_schema(), "bucket" if family.kind == S3_KIND else "path"
    return json_body(family.example, schema=schema if changed else requiring(schema, "project", where))


def _shown(family: _Family) -> dict[str, Any]:
    return _SHOWN if family.kind == S3_KIND else _LOCAL_SHOWN


def _add_many(family: _Family) -> None:
    """The routes of a family that name no storage."""
    shown = _shown(family)

    @router.get(
        family.path,
        summary=f"List each {family.words}",
        response_model=list[Storage],
        operation_id=f"list_{family.name}",
        responses={**example_response([shown], "By id."), **error_responses(400, 401, 403, 404)},
    )
    async def list_family(ctx: Ctx, actor: CurrentActor, project: ProjectQuery = None) -> Response:
        """Of a project, or of all that the caller manages."""
        found = await ctx.db.read(service.list_storages, actor, project, family.role, family.kind)
        return json_response(found)

    @router.post(
        family.path,
        status_code=201,
        summary=f"Connect {family.one}",
        response_model=Storage,
        operation_id=f"create_{family.name}",
        openapi_extra=_body(family),
        responses={**example_response(shown, "The storage.", 201), **_REFUSED},
    )
    async def create(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
        """The store must answer, or it is a 400. A target is filled at once; a source waits for its `sync`."""
        keeper, new = Keeper.of(ctx), await _read(family, request, ctx, actor)
        await in_thread(service.connect, keeper, new)
        made = await ctx.db.write(service.create, keeper, actor, new)
        if family.role == "target":
            await ctx.db.write(service.ask, ctx.deliveries, made)
            ctx.deliveries.notify()
        return json_response(await ctx.db.read(service.get, actor, family.role, family.kind, made), 201)

    @router.post(
        f"{family.path}/validate",
        summary=f"Try {family.one}",
        operation_id=f"validate_{family.name}",
        openapi_extra=_body(family, tried=True),
        responses={**example_response({}, "It answers."), **_REFUSED},
    )
    async def validate(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
        """Whether the store answers with these fields; nothing is stored."""
        await in_thread(service.connect, Keeper.of(ctx), await _read_tried(family, request, ctx, actor))
        return json_response({})


def _add_one(family: _Family) -> None:
    """The routes of one storage of a family."""
    shown = _shown(family)
    one = f"{family.path}/{{{family.parameter}}}"
    storage_id = Annotated[
        int, Path(alias=family.parameter, ge=1, le=MAX_ID, description="Id of the storage.", examples=[4])
    ]

    @router.get(
        one,
        summary=f"Get {family.one}",
        response_model=Storage,
        operation_id=f"get_{family.name}",
        responses={**example_response(shown, "The storage."), **error_responses(401, 403, 404)},
    )
    async def get_one(ctx: Ctx, actor: CurrentActor, number: storage_id) -> Response:
        """A storage and how its last sync went. Credentials are not shown."""
        return json_response(await ctx.db.read(service.get, actor, family.role, family.kind, number))

    @router.patch(
        one,
        summary=f"Change {family.one}",
        response_model=Storage,
        operation_id=f"update_{family.name}",
        openapi_extra=_body(family, changed=True),
        responses={**example_response(shown, "The storage."), **_REFUSED},
    )
    async def change(request: Request, ctx: Ctx, actor: CurrentActor, number: storage_id) -> Response:
        """Change the fields that are sent. The store must answer. Another endpoint takes the credentials anew."""
        keeper, new = Keeper.of(ctx), await _read(family, request, ctx, actor, number)
        await in_thread(service.connect, keeper, new)
        await ctx.db.write(service.update, keeper, actor, number, new)
        return json_response(await ctx.db.read(service.get, actor, family.role, family.kind, number))

    @router.delete(
        one,
        status_code=204,
        summary=f"Forget {family.one}",
        operation_id=f"delete_{family.name}",
        responses={204: {"description": "It is forgotten."}, **error_responses(401, 403, 404)},
    )
    async def forget(ctx: Ctx, actor: CurrentActor, number: storage_id) -> Response:
        """Tasks and objects stay. Tasks that show objects of the storage cannot fetch them through it any more."""
        await ctx.db.write(service.delete, actor, family.role, family.kind, number)
        return empty()

    @router.post(
        f"{one}/sync",
        summary=f"Sync {family.one}",
        response_model=Storage,
        operation_id=f"sync_{family.name}",
        responses={
            **example_response(shown, "The storage after its sync."),
            **error_responses(400, 401, 403, 404),
        },
    )
    async def sync(ctx: Ctx, actor: CurrentActor, number: storage_id) -> Response:
        """Make tasks of objects that have none, or write all annotations of the project; waits for the end as an import
        does. 400 when the store does not answer; `status` tells how it went, `traceback` what was left out."""
        new = await ctx.db.read(_stored, Keeper.of(ctx), actor, family, number)
        try:
            await in_thread(service.connect, Keeper.of(ctx), new)
        except Invalid as refusal:
            await ctx.db.write(service.note_refusal, number, refusal)
            raise
        deadline = time.monotonic() + ctx.settings.import_wait_seconds
        job_id = await ctx.db.write(service.ask, ctx.deliveries, number)
        while job_id is not None and (left := deadline - time.monotonic()) > 0:
            await ctx.deliveries.wait(job_id, left)
            job_id = await ctx.db.write(writing.ask_due, ctx, number)  # what the job put into the outbox
        return json_response(await ctx.db.read(service.get, actor, family.role, family.kind, number))


def _add_files(family: _Family) -> None:
    """The route that lists the objects of a source."""

    @router.post(
        f"{family.path}/files",
        summary=f"List the objects of {family.one}",
        response_model=StoredFiles,
        operation_id=f"list_files_of_{family.name}",
        openapi_extra=_body(family, tried=True),
        responses={**example_response(_FILES, "The first thousand."), **_REFUSED},
    )
    async def list_files(request: Request, ctx: Ctx, actor: CurrentActor) -> Response:
        """What a sync would look at, before `regex_filter`."""
        new = await _read_tried(family, request, ctx, actor)
        found = await in_thread(_files, Keeper.of(ctx), new)
        return json_response({"files": found})


def _stored(conn: Connection, keeper: Keeper, actor: Actor, family: _Family, storage_id: int) -> Draft:
    row = service.row_of(conn, actor, family.role, family.kind, storage_id, "storages.sync")
    return service.draft_of(conn, keeper, row)


def _files(keeper: Keeper, new: Draft) -> list[dict[str, Any]]:
    store = service.connect(keeper, new)
    return [
        {"key": each.key, "last_modified": iso(each.modified), "size": each.size}
        for each in service.list_files(store, new)
    ]


for _role in ("source", "target"):
    _list_types(_role)
    _list_all(_role)
for _family in FAMILIES:
    _add_many(_family)
    _add_one(_family)
    if _family.role == "source":
        _add_files(_family)


class _Later(Convertor[str]):
    """The rest of a path that begins with a kind of storages of 1.x that this release does not have."""

    regex = rf"(?:export/)?(?:{'|'.join(LATER)})(?:/.*)?"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("storages_later", _Later())


@router.api_route(
    "/api/storages/{rest:storages_later}",
    methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
    include_in_schema=False,
)
async def later(actor: OptionalActor, rest: str) -> Response:
    """Kinds of storages of 1.x that this release does not have."""
    if actor is None:
        raise Unauthenticated
    kind = rest.removeprefix("export/").partition("/")[0]
    raise NotSupported(f"Storages of the kind {kind} are not supported by this release.")
