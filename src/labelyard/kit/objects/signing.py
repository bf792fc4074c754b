"""Requests to S3 signed as its servers check them: AWS Signature Version 4.

Source of the rules: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API reference. In S3 the path is
encoded once, and each byte that is not unreserved (RFC 3986) as `%XX`, but for `/`.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

EMPTY = hashlib.sha256(b"").hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """`token`: of a session, for credentials that end. They are never shown, not even in a traceback."""

    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


def encode_path(path: str) -> str:
    return quote(path, safe="/-_.~")


def encode_query(values: Mapping[str, str]) -> str:
    """Names and values encoded, by name: the one spelling that is signed and sent."""
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in values.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def sign(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    payload_hash: str,
    credentials: Credentials,
    region: str,
    at: datetime,
) -> dict[str, str]:
    """The headers to send: those given (with `Host`), and those that prove who asks. `path` is encoded already."""
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed |= {"x-amz-date": stamp, "x-amz-content-sha256": payload_hash}
    if credentials.token:
        signed["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(signed))
    scope, signature = _signature(
        method, path, encode_query(query), signed, payload_hash, credentials, region, stamp
    )
    proof = (
        f"{_ALGORITHM} Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return {**signed, "authorization": proof}


def presign(
    path: str,
    query: Mapping[str, str],
    host: str,
    credentials: Credentials,
    region: str,
    at: datetime,
    seconds: int,
) -> str:
    """The query under which anybody may GET the path for that many seconds (at most 604,800)."""
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    values = {
        **query,
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{credentials.key_id}/{_scope(stamp, region)}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token:
        values["X-Amz-Security-Token"] = credentials.token
    text = encode_query(values)
    _, signature = _signature("GET", path, text, {"host": host}, UNSIGNED, credentials, region, stamp)
    return f"{text}&X-Amz-Signature={signature}"


def _scope(stamp: str, region: str) -> str:
    return f"{stamp[:8]}/{region}/s3/aws4_request"


def _signature(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    payload_hash: str,
    credentials: Credentials,
    region: str,
    stamp: str,
) -> tuple[str, str]:
    """Scope and signature of a request whose headers have lower-case names."""
    names = sorted(headers)
    lines = [
        method,
        path,
        query,
        *(f"{name}:{headers[name]}" for name in names),
        "",
        ";".join(names),
        payload_hash,
    ]
    scope = _scope(stamp, region)
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}"
    return scope, hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
