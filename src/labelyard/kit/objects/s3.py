"""A bucket of S3, or of a server that speaks its protocol, as a store of objects.

Each request goes through `kit.net`, so that an endpoint that a user names leads to no address that the operator did not
allow, whatever it resolves or redirects to. Of what the other side answers nothing is passed on but objects; an error is
told by its code, in our words.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import unquote_plus

from lxml import etree

from labelyard.kit.clock import parse_iso
from labelyard.kit.net import Incoming, Limits, NetError, Policy, Response, request, stream
from labelyard.kit.net.urls import Url, parse
from labelyard.kit.objects.signing import (
    EMPTY,
    Credentials,
    encode_path,
    encode_query,
    presign,
    sign,
)
from labelyard.kit.objects.store import PAGE, Code, Listed, StoreError, check_key

DEFAULT_REGION = "us-east-1"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_CODE = re.compile(rb"<Code>([A-Za-z0-9]{1,60})</Code>")
_TRIES = 4
_FIRST_PAUSE = 0.2  # seconds, then twice as long each time
_LIST_BYTES = 16 * 1024 * 1024
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)

# What S3 calls its refusals → ours.
_REFUSALS: Mapping[str, tuple[Code, str]] = {
    "InvalidAccessKeyId": ("credentials", "aws_access_key_id is not known to the server."),
    "SignatureDoesNotMatch": ("credentials", "aws_secret_access_key does not fit aws_access_key_id."),
    "ExpiredToken": ("credentials", "aws_session_token has expired."),
    "InvalidToken": ("credentials", "aws_session_token is not valid."),
    "InvalidClientTokenId": ("credentials", "aws_access_key_id is not known to the server."),
    "AccessDenied": ("denied", "The credentials do not allow that."),
    "AllAccessDisabled": ("denied", "The bucket is closed."),
    "RequestTimeTooSkewed": ("denied", "The clocks of this server and of the store differ too much."),
    "NoSuchBucket": ("no_bucket", "There is no such bucket."),
    "InvalidBucketName": ("no_bucket", "That is no name of a bucket."),
    "NoSuchKey": ("not_found", "There is no such object."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where a bucket is and what opens it. `endpoint` "": Amazon's own. `kms_key`: what objects are encrypted with."""

    name: str
    region: str = ""
    endpoint: str = ""
    credentials: Credentials | None = field(default=None, repr=False)
    kms_key: str = ""
    policy: Policy


class S3:
    def __init__(self, bucket: Bucket) -> None:
        if not _BUCKET.fullmatch(bucket.name):
            raise StoreError("odd", "That is no name of a bucket: 3 to 63 of a-z, 0-9, dots and hyphens.")
        if bucket.region and not _REGION.fullmatch(bucket.region):
            raise StoreError("odd", "That is no name of a region.")
        self._bucket = bucket
        self._region = bucket.region or DEFAULT_REGION
        self._endpoint = self._parsed(bucket.endpoint) if bucket.endpoint else None

    def check(self) -> None:
        next(self.pages("", recursive=True, size=1), None)

    def pages(
        self, prefix: str, *, recursive: bool, after: str = "", size: int = PAGE
    ) -> Iterator[Sequence[Listed]]:
        query = {"list-type": "2", "encoding-type": "url", "max-keys": str(size)}
        if prefix:
            query["prefix"] = prefix
        if not recursive:
            query["delimiter"] = "/"
        if after:
            query["start-after"] = after
        while True:
            answer = self._send("GET", "", query, limits=_limits(_LIST_BYTES))
            found, token = _listing(answer.body)
            yield found
            if not token or size < PAGE:
                return
            query["continuation-token"] = token

    def get(self, key: str, max_bytes: int) -> bytes:
        return self._send("GET", check_key(key), {}, limits=_limits(max_bytes)).body

    @contextmanager
    def open(self, key: str, part: str | None, limits: Limits) -> Iterator[Incoming]:
        """The answer to a GET of an object, 200 or 206 (or 416), as it arrives. `part`: a header `Range`."""
        more = {"range": part} if part else {}
        url, headers = self._signed("GET", check_key(key), {}, b"", more)
        try:
            with stream("GET", url, headers=headers, limits=limits, policy=self._bucket.policy) as answer:
                if answer.status not in (200, 206, 416):
                    raise _refusal(answer.status, b"".join(answer.chunks), {})
                yield answer
        except NetError as error:
            raise _unreachable(error) from None

    def put(self, key: str, data: bytes) -> None:
        headers = {"content-type": "application/json"}
        if self._bucket.kms_key:
            headers["x-amz-server-side-encryption"] = "aws:kms"
            headers["x-amz-server-side-encryption-aws-kms-key-id"] = self._bucket.kms_key
        self._send("PUT", check_key(key), {}, body=data, headers=headers)

    def delete(self, key: str) -> None:
        try:
            self._send("DELETE", check_key(key), {})
        except StoreError as error:
            if error.code != "not_found":
                raise

    def presigned(self, key: str, seconds: int) -> str:
        """An address under which anybody may read the object for that many seconds."""
        url = self._url(check_key(key))
        if self._bucket.credentials is None:
            return str(url)
        query = presign(
            url.target, {}, url.authority, self._bucket.credentials, self._region, datetime.now(UTC), seconds
        )
        return f"{url}?{query}"

    # --- requests -------------------------------------------------------------------------------------------------

    def _parsed(self, text: str) -> Url:
        try:
            found = parse(text if "://" in text else f"https://{text}")
        except NetError as error:
            raise StoreError("unreachable", f"s3_endpoint: {error.message}") from None
        if "?" in found.target:
            raise StoreError("unreachable", "s3_endpoint: an address without a query is needed.")
        return found

    def _url(self, key: str) -> Url:
        """Amazon's own servers have a host for each bucket; others take its name as the first part of the path."""
        name, path = self._bucket.name, encode_path(f"/{key}")
        if self._endpoint is not None:
            base = self._endpoint
            target = f"{base.target.rstrip('/')}/{name}{path if key else '/'}"
            return Url(base.scheme, base.host, base.port, target)
        host = f"s3.{self._region}.amazonaws.com"
        if self._region.startswith("cn-"):
            host += ".cn"
        if "." in name:  # no certificate is for names within names
            return Url("https", host, 443, f"/{name}{path}")
        return Url("https", f"{name}.{host}", 443, path)

    def _signed(
        self, method: str, key: str, query: Mapping[str, str], body: bytes, headers: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        url = self._url(key)
        sent = dict(headers)
        if self._bucket.credentials is not None:
            sent = sign(
                method,
                url.target,
                query,
                {**headers, "host": url.authority},
                sha256(body).hexdigest() if body else EMPTY,
                self._bucket.credentials,
                self._region,
                datetime.now(UTC),
            )
            del sent["host"]  # set by the client, to the same
        return f"{url}?{encode_query(query)}" if query else str(url), sent

    def _send(
        self,
        method: str,
        key: str,
        query: Mapping[str, str],
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> Response:
        """Send a request that may be sent twice, until it is answered with something else than "later"."""
        pause, moved = _FIRST_PAUSE, False
        for left in range(_TRIES - 1, -1, -1):
            url, signed = self._signed(method, key, query, body, headers or {})
            try:
                answer = request(
                    method,
                    url,
                    headers=signed,
                    body=body,
                    limits=limits or _limits(),
                    policy=self._bucket.policy,
                )
            except NetError as error:
                if not left or error.code not in ("timeout", "unreachable", "protocol"):
                    raise _unreachable(error) from None
            else:
                if 200 <= answer.status < 300:
                    return answer
                region = answer.headers.get("x-amz-bucket-region", "")
                if self._endpoint is None and not moved and region != self._region and _is_region(region):
                    self._region, moved = region, True
                    continue
                refused = _refusal(answer.status, answer.body, answer.headers)
                if not left or refused.code != "busy":
                    raise refused
            time.sleep(pause)
            pause *= 2
        raise StoreError("unreachable", "The store does not answer.")


def _is_region(text: str) -> bool:
    return _REGION.fullmatch(text) is not None


def _limits(max_bytes: int = 1024 * 1024) -> Limits:
    return Limits(max_bytes=max_bytes, read_seconds=30, total_seconds=300, max_redirects=0)


def _unreachable(error: NetError) -> StoreError:
    if error.code == "too_large":
        return StoreError("too_large", error.message)
    if error.code == "redirect":
        return _elsewhere()
    return StoreError("unreachable", error.message)


def _elsewhere() -> StoreError:
    return StoreError(
        "odd", "The store sends the request elsewhere, which is not followed: check region and endpoint."
    )


def _refusal(status: int, body: bytes, headers: Mapping[str, str]) -> StoreError:
    found = _CODE.search(body[:4096])
    known = _REFUSALS.get(found[1].decode()) if found else None
    if known is not None:
        return StoreError(*known)
    if status in (429, 500, 502, 503, 504):
        return StoreError("busy", f"The store is overloaded or broken (status {status}).")
    if status in (401, 403):
        return StoreError("denied", f"The store refuses the request (status {status}).")
    if status == 404:
        return StoreError("not_found", "There is no such object or bucket.")
    if 300 <= status < 400:
        return _elsewhere()
    return StoreError("odd", f"The store answers with status {status}.")


def _listing(text: bytes) -> tuple[list[Listed], str]:
    """The objects of a page, and the token of the next one ("": none)."""
    try:
        root = etree.fromstring(text, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        raise StoreError("odd", "The answer is no listing of a bucket.") from None
    if root is None or not str(root.tag).endswith("ListBucketResult"):
        raise StoreError("odd", "The answer is no listing of a bucket.")
    found = []
    try:
        encoded = _text(root, "EncodingType") == "url"
        for each in root.iterfind("{*}Contents"):
            key = _text(each, "Key")
            found.append(
                Listed(
                    unquote_plus(key) if encoded else key,
                    int(_text(each, "Size")),
                    parse_iso(_text(each, "LastModified")),
                )
            )
    except ValueError:
        raise StoreError("odd", "The answer is no listing of a bucket.") from None
    more = _text(root, "IsTruncated") == "true"
    return found, _text(root, "NextContinuationToken") if more else ""


def _text(element: etree._Element, name: str) -> str:
    return element.findtext(f"{{*}}{name}") or ""
