"""From what a storage says of itself to a store that can be read and written.

What a user writes never decides alone where the server goes: an S3 endpoint is held against the outbound policy at every
request, a directory against what the operator registered, each time the storage is opened.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec
from sqlalchemy import Connection

from labelyard.context import Context
from labelyard.files import service as files
from labelyard.files.service import Registered
from labelyard.kit.crypto import Secrets
from labelyard.kit.errors import Invalid
from labelyard.kit.net import NetError, Policy
from labelyard.kit.net.urls import parse
from labelyard.kit.objects.directory import Directory
from labelyard.kit.objects.s3 import S3, Bucket
from labelyard.kit.objects.signing import Credentials
from labelyard.kit.objects.store import StoreError
from labelyard.settings import Settings

S3_KIND, LOCAL_KIND = "s3", "localfiles"
SECRETS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
Store = S3 | Directory


class Options(msgspec.Struct, omit_defaults=True):
    """What is stored of a storage beside its secrets. `path`: of a directory, absolute and resolved."""

    bucket: str = ""
    prefix: str = ""
    region_name: str = ""
    s3_endpoint: str = ""
    aws_sse_kms_key_id: str = ""
    path: str = ""
    regex_filter: str = ""
    use_blob_urls: bool = False
    recursive_scan: bool = False
    presign: bool = True
    presign_ttl: int = 1  # minutes
    can_delete_objects: bool = False
    data_key: str = ""
    create_local_copy: bool = False
    of_server: bool = False  # opened with the credentials of the server

    @property
    def folder(self) -> str:
        """What the keys begin with: "" or a prefix that ends in `/`."""
        prefix = self.prefix.strip("/")
        return f"{prefix}/" if prefix else ""


@dataclass(frozen=True, slots=True)
class Keeper:
    """What opening a storage needs of the server."""

    settings: Settings
    secrets: Secrets
    outbound: Policy

    @classmethod
    def of(cls, ctx: Context) -> "Keeper":
        return cls(ctx.settings, ctx.secrets, ctx.outbound)


def options_of(row: Any) -> Options:
    return msgspec.json.decode(row.options, type=Options)


def to_text(options: Options) -> str:
    return msgspec.json.encode(options).decode()


def secrets_of(row: Any, secrets: Secrets) -> dict[str, str]:
    text = secrets.decrypt(row.secrets) if row.secrets else None
    found: dict[str, str] = msgspec.json.decode(text) if text else {}
    return found


def sealed(given: Mapping[str, str], secrets: Secrets) -> str | None:
    kept = {name: value for name, value in given.items() if value}
    return secrets.encrypt(msgspec.json.encode(kept).decode()) if kept else None


def open_store(
    keeper: Keeper,
    kind: str,
    role: str,
    options: Options,
    credentials: Mapping[str, str],
    registered: Iterable[Registered],
) -> Store:
    """The store. StoreError when it cannot be opened; whether it is there, `check` tells."""
    if kind == LOCAL_KIND:
        return Directory(directory(keeper.settings, options.path, registered, writing=role == "target"))
    return S3(_bucket(keeper, options, credentials))


def open_row(conn: Connection, keeper: Keeper, row: Any) -> Store:
    """The store of a stored storage. StoreError."""
    registered = files.registered(conn, row.project_id) if row.kind == LOCAL_KIND else ()
    return open_store(
        keeper, row.kind, row.role, options_of(row), secrets_of(row, keeper.secrets), registered
    )


def url_of(settings: Settings, kind: str, options: Options, key: str) -> str:
    """What a task says of an object that it shows."""
    if kind == S3_KIND:
        return f"s3://{options.bucket}/{key}"
    place = Path(options.path) / key
    root = document_root(settings)
    if root is not None and place.is_relative_to(root):
        return f"/data/local-files/?d={quote(str(place.relative_to(root)))}"
    return f"/data/{quote(place.name)}?d={quote_plus(str(place.parent))}"


# --- S3 -----------------------------------------------------------------------------------------------------------


def _bucket(keeper: Keeper, options: Options, given: Mapping[str, str]) -> Bucket:
    settings, policy = keeper.settings, keeper.outbound
    endpoint = options.s3_endpoint
    if options.of_server and not endpoint:
        given = {name: getattr(settings, name) for name in SECRETS}
    if not endpoint and settings.s3_endpoint:
        # The operator's word for where S3 is; no allow-list need repeat it.
        endpoint, policy = settings.s3_endpoint, _allowing(policy, settings.s3_endpoint)
    key_id, secret = given.get("aws_access_key_id", ""), given.get("aws_secret_access_key", "")
    return Bucket(
        name=options.bucket,
        region=options.region_name or settings.s3_region,
        endpoint=endpoint,
        credentials=Credentials(key_id, secret, given.get("aws_session_token", "")) if key_id else None,
        kms_key=options.aws_sse_kms_key_id,
        policy=policy,
    )


def _allowing(policy: Policy, endpoint: str) -> Policy:
    try:
        url = parse(endpoint if "://" in endpoint else f"https://{endpoint}")
        more = Policy.of(f"[{url.host}]:{url.port}" if ":" in url.host else f"{url.host}:{url.port}")
    except (NetError, ValueError):
        raise StoreError("unreachable", "The address in LABELYARD_S3_ENDPOINT cannot be read.") from None
    return replace(policy, allow=(*policy.allow, *more.allow))


# --- directories --------------------------------------------------------------------------------------------------


def document_root(settings: Settings) -> Path | None:
    """The directory below which storages of local files may be, resolved; None when there is none."""
    if not settings.allow_serving_local_files or not settings.local_files_document_root:
        return None
    return Path(os.path.realpath(Path(settings.local_files_document_root).expanduser()))


def directory(
    settings: Settings, text: str, registered: Iterable[Registered], *, writing: bool = False
) -> Path:
    """A directory that a project may use, resolved. Invalid names what is wrong with it.

    It lies below the document root, or is one that the operator registered for the project, or below such a one. The
    server's own files are never in it.
    """
    if not text.startswith("/") or "\x00" in text:
        raise Invalid({"path": ["An absolute path of a directory on the server's machine is needed."]})
    resolved = Path(os.path.realpath(text))
    root = document_root(settings)
    allowed = root is not None and root in resolved.parents
    for each in registered:
        allowed = allowed or ((each.writable or not writing) and resolved.is_relative_to(each.path))
    if not allowed or _is_ours(settings, resolved) or not files.may_be_served(resolved):
        raise Invalid({"path": [_NOT_ALLOWED]})
    return resolved


_NOT_ALLOWED = (
    "This directory is not open to projects. The operator opens directories with "
    "LABELYARD_LOCAL_FILES_DOCUMENT_ROOT (and LABELYARD_ALLOW_SERVING_LOCAL_FILES=true), or names one at the start."
)


def _is_ours(settings: Settings, resolved: Path) -> bool:
    """Whether a directory holds, or is within, what the server keeps: database, keys, uploads, backups."""
    home = Path(os.path.realpath(settings.data_dir))
    if home.is_relative_to(resolved):
        return True
    return any(resolved.is_relative_to(home / name) for name in ("media", "spool", "backups"))
