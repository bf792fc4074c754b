"""Requests to S3: signatures as documented, and servers that answer anything but what they should."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from labelyard.kit.net import Policy
from labelyard.kit.objects import s3 as module
from labelyard.kit.objects.s3 import S3, Bucket
from labelyard.kit.objects.signing import EMPTY, Credentials, presign, sign
from labelyard.kit.objects.store import StoreError

# The examples of "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API reference.
EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
HOST, AT = "examplebucket.s3.amazonaws.com", datetime(2013, 5, 24, tzinfo=UTC)


def test_the_documented_get() -> None:
    headers = sign(
        "GET", "/test.txt", {}, {"Host": HOST, "Range": "bytes=0-9"}, EMPTY, EXAMPLE, "us-east-1", AT
    )
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_the_documented_list() -> None:
    query = {"max-keys": "2", "prefix": "J"}
    headers = sign("GET", "/", query, {"host": HOST}, EMPTY, EXAMPLE, "us-east-1", AT)
    assert headers["authorization"].endswith(
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    )


def test_the_documented_signed_address() -> None:
    query = presign("/test.txt", {}, HOST, EXAMPLE, "us-east-1", AT, 86400)
    assert query.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_credentials_show_nothing() -> None:
    shown = f"{EXAMPLE!r} {Bucket(name='abc', credentials=EXAMPLE, policy=Policy())!r}"
    assert EXAMPLE.key_id not in shown and EXAMPLE.secret not in shown


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[tuple[S3, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_PUT = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        bucket = Bucket(
            name="abc",
            endpoint=f"http://127.0.0.1:{server.server_port}",
            credentials=EXAMPLE,
            policy=Policy.of("127.0.0.1"),
        )
        yield S3(bucket), asked
    finally:
        server.shutdown()
        server.server_close()


MARK = "SECRET-MARK"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, MARK, "odd"),
        (200, "<html>SECRET-MARK</html>", "odd"),
        (200, "", "odd"),
        (200, "<ListBucketResult><Contents><Key>SECRET-MARK</Key></Contents></ListBucketResult>", "odd"),
        (
            200,
            '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><ListBucketResult>&a;</ListBucketResult>',
            "",
        ),
        (404, "<Error><Code>NoSuchBucket</Code><Message>SECRET-MARK</Message></Error>", "no_bucket"),
        (403, "<Error><Code>InvalidAccessKeyId</Code><Message>SECRET-MARK</Message></Error>", "credentials"),
        (
            403,
            "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>SECRET-MARK</StringToSign></Error>",
            "credentials",
        ),
        (400, "<Error><Code>ExpiredToken</Code></Error>", "credentials"),
        (403, MARK, "denied"),
        (418, MARK, "odd"),
        (503, MARK, "busy"),
    ],
)
def test_what_a_server_says_is_told_in_our_words(
    status: int, body: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.001)
    with answering(status, body.encode()) as (store, asked):
        if not code:
            assert [list(page) for page in store.pages("", recursive=True)] == [[]]
            return
        with pytest.raises(StoreError) as caught:
            store.check()
    assert caught.value.code == code and MARK not in str(caught.value)
    assert EXAMPLE.secret not in str(caught.value) and EXAMPLE.key_id not in str(caught.value)
    assert len(asked) == (4 if code == "busy" else 1)


def test_a_redirect_is_not_followed() -> None:
    with (
        answering(200, b"SECRET-MARK") as (_, reached),
        answering(302, b"", Location="http://127.0.0.1:1/latest/meta-data") as (store, _asked),
    ):
        for action in (store.check, lambda: store.get("a", 100), lambda: store.put("a", b"{}")):
            with pytest.raises(StoreError, match="sends the request elsewhere"):
                action()
        assert reached == []


def test_an_endless_object_is_cut_off() -> None:
    with answering(200, b"x" * 5000) as (store, _), pytest.raises(StoreError) as caught:
        store.get("a", 1000)
    assert caught.value.code == "too_large"


def test_where_a_bucket_is() -> None:
    def where(**more: str) -> str:
        return S3(Bucket(**{"name": "abc", "policy": Policy(), **more})).presigned("a b/ü?.json", 60)  # type: ignore[arg-type]

    assert where() == "https://abc.s3.us-east-1.amazonaws.com/a%20b/%C3%BC%3F.json"
    assert where(region="eu-central-1").startswith("https://abc.s3.eu-central-1.amazonaws.com/a")
    assert where(name="a.b.c") == "https://s3.us-east-1.amazonaws.com/a.b.c/a%20b/%C3%BC%3F.json"
    assert where(region="cn-north-1").startswith("https://abc.s3.cn-north-1.amazonaws.com.cn/")
    assert where(endpoint="minio:9000") == "https://minio:9000/abc/a%20b/%C3%BC%3F.json"
    assert where(endpoint="http://minio:9000/s3/") == "http://minio:9000/s3/abc/a%20b/%C3%BC%3F.json"
    for wrong in (
        {"name": "a"},
        {"name": "A_B"},
        {"region": "x/y"},
        {"endpoint": "ftp://x"},
        {"endpoint": "http://x/?a=b"},
    ):
        with pytest.raises(StoreError):
            where(**wrong)
