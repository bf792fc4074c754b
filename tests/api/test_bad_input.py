"""Wrong requests of every kind: a 4xx that says what and where, in the envelope, and nothing written."""

import copy
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.answers import check_answer, messages
from tests.support.operations import FORM, JSON, OPERATIONS, Operation, good_body
from tests.support.server import Server
from tests.support.world import CONFIG, Place, fingerprint

WITH_BODY = [each for each in OPERATIONS if JSON in each.media]
WRITES = [each for each in OPERATIONS if each.writes]


@contextmanager
def nothing_written(place: Place) -> Iterator[None]:
    """No row of any table and no file of the spool or the media directory comes, goes or changes."""

    def files() -> set[str]:
        data = place.server.settings.data_dir
        return {
            str(path) for name in ("spool", "media") for path in (data / name).rglob("*") if path.is_file()
        }

    rows, kept = fingerprint(place.server), files()
    yield
    changed = [name for name, found in fingerprint(place.server).items() if found != rows[name]]
    assert not changed, f"written: {changed}"
    assert files() == kept


def send(place: Place, operation: Operation, content: bytes, kind: str = JSON, **ids: Any) -> Any:
    headers = {"content-type": kind} if kind else {}
    url = operation.url(place.world, **ids)
    answer = place.client.request(operation.method, url, content=content, headers=headers)
    if operation.path != "/api/projects/validate" or answer.status_code != 400:
        check_answer(answer, place.directory)
    return answer


# --- bodies that are no JSON of the documented kind ---------------------------------------------------------------

BROKEN = {
    "cut off": b'{"title": "a", "result": [',
    "no end of text": b'{"a": "b',
    "a word": b"{title: 1}",
    "two values": b"{} {}",
    "a comma too many": b'{"a": 1,}',
    "NaN": b'{"score": NaN}',
    "Infinity": b'{"lead_time": -Infinity}',
    "half a surrogate pair": b'{"title": "\\ud800"}',
    "Latin-1": '{"title": "é"}'.encode("latin-1"),
    "UTF-16": '{"title": "é"}'.encode("utf-16"),
    "surrogates in UTF-8": b'{"title": "\xed\xa0\x80"}',
    "raw NUL": b'{"title": "a\x00"}',
    "an open list": b"[" * 1_000_000,
    "nesting": b'{"data":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "a text": b'"text"',
    "a number": b"17",
    "a long number": b"9" * 1_000_000,
    "a boolean": b"true",
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_body_is_refused_by_every_operation(place: Place, what: str) -> None:
    with nothing_written(place):
        for operation in WITH_BODY:
            if what == "UTF-16" and operation.path.endswith("/import/preview"):
                continue  # what is imported may have any encoding
            began = time.monotonic()
            answer = send(place, operation, BROKEN[what])
            assert answer.status_code == 400, f"{operation} → {answer.status_code} {answer.text[:300]}"
            assert time.monotonic() - began < 5
            if operation.path != "/api/projects/validate":
                assert answer.json()["validation_errors"], operation


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "image/png", "json", "application/x-ndjson"]
)
def test_another_content_type_is_415(place: Place, kind: str) -> None:
    with nothing_written(place):
        for operation in WITH_BODY:
            if kind == "application/xml" and kind in operation.media:
                continue
            answer = send(place, operation, b'{"title": "a"}', kind)
            assert answer.status_code == 415, f"{operation} → {answer.status_code} {answer.text[:300]}"
            assert kind in messages(answer)


MULTIPART = {
    "no boundary": ("multipart/form-data", b"--b\r\n\r\n\r\n--b--"),
    "another boundary": ("multipart/form-data; boundary=c", b"--b\r\n\r\n\r\n--b--"),
    "cut off": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\ntext\na',
    ),
    "no name": ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: x\r\n\r\na\r\n--b--"),
    "garbage": ("multipart/form-data; boundary=b", b"\x00\xff" * 100),
    "long headers": (
        "multipart/form-data; boundary=b",
        b"--b\r\nX: " + b"x" * 100_000 + b"\r\n\r\na\r\n--b--",
    ),
}


@pytest.mark.parametrize("what", MULTIPART)
def test_a_malformed_multipart_body_is_400(place: Place, what: str) -> None:
    kind, body = MULTIPART[what]
    with nothing_written(place):
        for operation in [
            each for each in OPERATIONS if FORM in each.media or "multipart/form-data" in each.media
        ]:
            if what == "no name" and operation.path.endswith("{upload_id}"):
                continue  # a part that is no file is ignored there
            answer = send(place, operation, body, kind)
            assert answer.status_code == 400, f"{operation} → {answer.status_code} {answer.text[:300]}"


def test_a_body_over_its_limit_is_413_and_names_the_limit(make_server: Callable[..., Server]) -> None:
    client = make_server(max_body_bytes=1000, max_import_bytes=2000, max_upload_bytes=2000).client()
    for operation in OPERATIONS:
        if not operation.media:
            continue
        url = re.sub(r"\{[a-z_]+\}", "1", operation.path)
        large = operation.path in ("/api/import", "/api/project/import") or (
            "/import" in url.removeprefix("/api/import")
            or "/reimport" in url
            or "/uploads" in url
            or url.endswith("/tasks/bulk")
        )
        answer = client.request(operation.method, url, content=b" " * 3000, headers={"content-type": JSON})
        check_answer(answer)
        assert answer.status_code == 413 and f"{2000 if large else 1000} bytes" in messages(answer), (
            f"{operation} {answer.text}"
        )


# --- one wrong value at a time ------------------------------------------------------------------------------------

WRONG_VALUES: dict[str, tuple[Any, ...]] = {
    "string": ([], {"a": 1}, 17, True, "a\x00b"),
    "integer": ("abc", [], {"a": 1}, 1.5, 2**63, -(2**63) - 1, 10**30, ""),
    "number": ("abc", [], {"a": 1}),
    "boolean": ("maybe", [], {"a": 1}, 7, "\x00"),
    "array": (5, True, {"a": 1}, "abc", [5], ["abc"], [["a"]]),
    "object": (5, True, "abc", [5]),
}
# Fields that take anything, or that the operation does not look at.
ANYTHING = {"meta", "ordering"}
CASES = [
    pytest.param(each, field, id=f"{each} {field}")
    for each in WITH_BODY
    for field in each.fields
    if field not in ANYTHING and (field, each.path) != ("project", "/api/tasks/{task_id}")
]


def _wrong(shape: dict[str, Any], name: str) -> tuple[Any, ...]:
    kinds = {each.get("type") for each in shape.get("anyOf", [shape])}
    if "$ref" in str(shape) or not kinds - {None, "null"}:
        return ()
    values: list[Any] = [value for kind in sorted(kinds - {None, "null"}) for value in WRONG_VALUES[kind]]
    items = str(shape.get("items", shape))
    if "array" in kinds and '"integer"' in items.replace("'", '"'):
        values += [[2**63], [1.5]]
    fits = {"array": list, "object": dict, "string": str, "boolean": bool}
    return tuple(
        value
        for value in values
        if len(kinds - {"null"}) == 1 or type(value) not in {fits.get(k) for k in kinds}
    )


@pytest.mark.parametrize(("operation", "field"), CASES)
def test_a_wrong_value_is_named(place: Place, operation: Operation, field: str) -> None:
    with nothing_written(place):
        for value in _wrong(operation.fields[field], field):
            if value == [5] and operation.path.endswith("/selected-items"):
                continue  # ids of tasks that are not there (any more) may stand in a selection
            body = {**copy.deepcopy(good_body(operation, place.world)), field: value}
            headers = {"content-type": JSON}
            url = operation.url(place.world)
            answer = place.client.request(operation.method, url, json=body, headers=headers)
            told = f"{operation} {field}={value!r} → {answer.status_code} {answer.text[:300]}"
            missing = isinstance(value, int) or value == [5]  # may be the id of nothing
            known = {400} | ({404} if missing else set()) | ({405} if field == "email" else set())
            if answer.status_code == 200 and value == [5] and answer.json() == {"deleted": 0}:
                continue
            if answer.status_code == 200 and missing and answer.json().get("processed_items") == 0:
                continue
            assert answer.status_code in known, told
            assert field in answer.text or "Region" in answer.text or answer.status_code != 400, told


@pytest.mark.parametrize(
    "path", [each for each in OPERATIONS if "{" in each.path and each.path.startswith("/api/")], ids=str
)
def test_an_id_that_is_none_names_nothing(place: Place, path: Operation) -> None:
    names = [part[1:-1] for part in path.path.split("/") if part.startswith("{") and part.endswith("_id}")]
    wrong = (
        "0",
        "-1",
        str(2**63 - 1),
        str(2**63),
        "9" * 400,
        "abc",
        "1.0",
        "1e3",
        "null",
        "%00",
        "1%00",
        "%EF%BC%91%EF%BC%92",
        "%FF",
        "1_0",
    )
    body = good_body(path, place.world) if JSON in path.media else None
    with nothing_written(place):
        for name in names:
            for value in wrong:
                if name == "action_id" and path.method == "GET":
                    continue
                answer = place.client.request(path.method, path.url(place.world, **{name: value}), json=body)
                check_answer(answer, place.directory)
                assert answer.status_code == 404, (
                    f"{path} {name}={value} → {answer.status_code} {answer.text[:200]}"
                )


@pytest.mark.parametrize("path", sorted({each.path for each in OPERATIONS}))
def test_a_method_that_is_not_there_is_405(place: Place, path: str) -> None:
    known = {each.method for each in OPERATIONS if each.path == path}
    first = next(each for each in OPERATIONS if each.path == path)
    with nothing_written(place):
        for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - known):
            if path == "/data/{name}" or (path, method) == ("/static/filename", "GET"):
                continue
            answer = place.client.request(method, first.url(place.world))
            check_answer(answer, place.directory)
            assert answer.status_code == 405, f"{method} {path} {answer.text}"
            assert known <= set(answer.headers["allow"].split(", ")), answer.headers


# --- label configs ------------------------------------------------------------------------------------------------

LAUGHS = "".join(f'<!ENTITY l{n + 1} "' + f"&l{n};" * 10 + '">' for n in range(9))
CONFIGS = {
    "billion laughs": f'<!DOCTYPE v [<!ENTITY l0 "lol">{LAUGHS}]><View><Header value="&l9;"/></View>',
    "an external entity": '<!DOCTYPE v [<!ENTITY x SYSTEM "file:///etc/passwd">]><View><Header value="a">&x;</Header></View>',
    "an external DTD": '<!DOCTYPE View SYSTEM "http://127.0.0.1:1/x.dtd"><View/>',
    "DOCTYPE after a comment": f'<?xml version="1.0"?><!-- a --><!DOCTYPE View>{CONFIG}',
    "DOCTYPE in small letters": f"<!doctype View>{CONFIG}",
    "an unknown entity": '<View><Header value="&nbsp;"/></View>',
    "too large": f"<View>{'<View/>' * 200_000}</View>",
    "too deep": "<View>" * 20_000 + "</View>" * 20_000,
    "deep and open": "<View>" * 100_000,
    "a long attribute": f'<View><Header value="{"x" * 2_000_000}"/></View>',
    "many attributes": "<View " + " ".join(f'a{n}=""' for n in range(200_000)) + "/>",
    "not closed": "<View><Text name='t' value='$t'>",
    "two roots": "<View/><View/>",
    "text only": "View",
    "NUL": "<View>\x00</View>",
    "a control character": "<View>\x01</View>",
    "an unknown control": '<View><Text name="t" value="$t"/><Choises name="c" toName="t"><Choice value="a"/></Choises></View>',
    "to nothing": '<View><Text name="t" value="$t"/><Choices name="c" toName="u"><Choice value="a"/></Choices></View>',
    "one name twice": '<View><Text name="t" value="$t"/><Text name="t" value="$u"/></View>',
    "no children": '<View><Text name="t" value="$t"/><Choices name="c" toName="t"/></View>',
}


@pytest.mark.parametrize("what", CONFIGS)
def test_a_wrong_label_config_is_refused_everywhere(place: Place, what: str) -> None:
    project = f"/api/projects/{place.world.project}"
    calls = [
        ("POST", "/api/projects"),
        ("PATCH", project),
        ("POST", "/api/projects/validate"),
        ("POST", f"{project}/validate"),
    ]
    with nothing_written(place):
        for method, path in [*calls, ("POST", f"{project}/sample-task")]:
            began = time.monotonic()
            answer = place.client.request(
                method, path, json={"label_config": CONFIGS[what], "title": "Another"}
            )
            assert answer.status_code == 400, f"{method} {path} → {answer.status_code} {answer.text[:300]}"
            assert time.monotonic() - began < 4
            if path != "/api/projects/validate":
                check_answer(answer, place.directory)
            assert "label_config" in answer.text
            assert "root:" not in answer.text and len(answer.content) < 100_000


# --- files --------------------------------------------------------------------------------------------------------

EVIL_NAMES = [
    "a\r\nSet-Cookie: x=1.csv", 'a".csv', "../../../x.csv", "..\\..\\x.csv", "/etc/cron.d/x.csv", "a\x00.csv", "\u202egnp.csv",
    "x" * 5000 + ".csv", ".csv", "....csv", "con.csv", "é😀.csv", "%2e%2e%2fx.csv", "<img src=x onerror=alert(1)>.csv",
]  # fmt: skip


@pytest.mark.parametrize("name", EVIL_NAMES, ids=range(len(EVIL_NAMES)))
def test_a_file_name_is_data(place: Place, name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    body = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n\r\ntext\nname\n\r\n--b--\r\n'
    url = f"/api/projects/{place.world.project}/import"
    answer = place.client.post(
        url,
        content=body.encode("utf-8", "surrogatepass"),
        headers={"content-type": "multipart/form-data; boundary=b"},
    )
    check_answer(answer, place.directory)
    if answer.status_code != 201:
        return
    upload = answer.json()["file_upload_ids"][0]
    stored = place.client.get(f"/api/import/file-upload/{upload}").json()["file"]
    assert stored.count("/") == 2 and ".." not in stored.replace("....", ""), stored
    media = place.server.settings.data_dir / "media"
    assert all(path.resolve().is_relative_to(media.resolve()) for path in media.rglob("*"))
    got = place.client.get(f"/data/{stored}")
    assert got.status_code == 200 and "set-cookie" not in got.headers
    assert "\r" not in got.headers.get("content-disposition", "") and "\n" not in got.headers.get(
        "content-disposition", ""
    )
    assert place.client.delete(f"/api/import/file-upload/{upload}").status_code == 204


FILES = {
    "a quote that never ends": ("a.csv", b'text\n"one\n', "line 2"),
    "too many cells": ("a.csv", b"text\none,two\n", "line 2"),
    "one name twice": ("a.csv", b"text,text\none,two\n", "line 1"),
    "UTF-16 cut off": ("a.tsv", "text\nab\n".encode("utf-16")[:-1], "UTF-16"),
    "NUL": ("a.csv", b"text\na\x00b\n", "NUL"),
    "binary": ("a.txt", bytes(range(256)), "a.txt"),
    "another key": ("a.csv", b"letter\none\n", "text"),
    "JSON cut off": ("a.json", b'[{"text": "a"}, {"te', "a.json"),
    "JSON list of texts": ("a.json", b'["a"]', "item 1"),
    "JSON bomb": ("a.json", b"[" * 500_000, "a.json"),
    "a long number": ("a.json", b'[{"text": ' + b"9" * 1_000_000 + b"}]", "digits"),
    "a script": ("a.exe", b"MZ", ".exe"),
    "nothing": ("a.csv", b"", "empty"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_cannot_be_imported_leaves_nothing(place: Place, what: str) -> None:
    name, content, word = FILES[what]
    url = f"/api/projects/{place.world.project}/import"
    with nothing_written(place):
        good = ("file", ("good.csv", b"text\nfine\n", "text/csv"))
        answer = place.client.post(url, files=[good, ("file", (name, content, "text/csv"))])
        check_answer(answer, place.directory)
        assert answer.status_code == 400 and word in messages(answer), answer.text


ITEMS = {
    "no object": (b'[{"text": "a"}, 5]', "item 1"),
    "a missing key": (b'[{"text": "a"}, {"letter": "b"}]', "item 1"),
    "a wrong type": (b'[{"text": {"a": 1}}]', "item 0"),
    "data is a list": (b'[{"data": []}]', "item 0"),
    "annotations are a text": (b'[{"data": {"text": "a"}, "annotations": "x"}]', "item 0"),
    "a result is a number": (b'[{"data": {"text": "a"}, "annotations": [{"result": 5}]}]', "item 0"),
    "a prediction of nothing": (b'[{"data": {"text": "a"}, "predictions": [{}]}]', "item 0"),
    "an unknown person": (b'[{"data": {"text": "a"}, "annotations": [{"result": [], "completed_by": 999}]}]', "999"),
    "NUL": (b'[{"text": "a"}, {"text": "\\u0000"}]', "NUL"),
    "half a surrogate pair": (b'[{"text": "a"}, {"text": "\\udc00"}]', "surrogate"),
    "NUL in a key": (b'[{"text": "a", "\\u0000": 1}]', "NUL"),
    "a huge number": (b'[{"text": 1e400}]', "range"),
    "a long number": (b'[{"text": "a", "n": ' + b"1" * 1_000_000 + b"}]", "digits"),
    "an empty list": (b"[]", "No tasks"),
}  # fmt: skip


@pytest.mark.parametrize("what", ITEMS)
def test_a_wrong_item_refuses_the_import(place: Place, what: str) -> None:
    body, word = ITEMS[what]
    with nothing_written(place):
        for path in ("import", "tasks/bulk"):
            url = f"/api/projects/{place.world.project}/{path}"
            answer = place.client.post(url, content=body, headers={"content-type": JSON})
            check_answer(answer, place.directory)
            assert answer.status_code == 400 and word in messages(answer), answer.text


# --- who asks, and from where -------------------------------------------------------------------------------------

FOREIGN_PAGES = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Referer": "http://[::1"},
    {"Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", FOREIGN_PAGES, ids=str)
def test_no_write_from_another_sites_page(place: Place, headers: dict[str, str]) -> None:
    with nothing_written(place):
        for operation in WRITES:
            body = good_body(operation, place.world)
            for sent in (
                {"json": body},
                {"data": {"title": "x"}},
                {"content": b"{}", "headers": {"content-type": "text/plain"}},
            ):
                extra = {**headers, **sent.pop("headers", {})}  # type: ignore[dict-item]
                answer = place.client.request(
                    operation.method, operation.url(place.world), headers=extra, **sent
                )
                assert answer.status_code == 403, f"{operation} → {answer.status_code}"
                check_answer(answer, place.directory)


def test_no_write_without_the_csrf_token(place: Place) -> None:
    token = place.client.headers.pop("X-CSRFToken")
    try:
        with nothing_written(place):
            for operation in WRITES:
                answer = place.client.request(
                    operation.method, operation.url(place.world), json=good_body(operation, place.world)
                )
                assert answer.status_code == 403, f"{operation} → {answer.status_code}"
    finally:
        place.client.headers["X-CSRFToken"] = token


BAD_CREDENTIALS = [
    {},
    {"Authorization": "Token 0000"},
    {"Authorization": "Token "},
    {"Authorization": "Token a\x00b"},
    {"Authorization": "Bearer a.b.c"},
    {"Authorization": "Bearer " + "x" * 20_000},
    {
        "Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoiMSIsInRva2VuX3R5cGUiOiJhY2Nlc3MiLCJleHAiOjk5OTk5OTk5OTl9."
    },
    {"Authorization": "Basic YTpi"},
    {"X-API-Key": "\xff"},
    {"Cookie": "sessionid=abc"},
    {"Cookie": "sessionid=\xff\xfe; sessionid="},
    {"Cookie": "=;;;=\x01"},
]


@pytest.mark.parametrize("headers", BAD_CREDENTIALS, ids=range(len(BAD_CREDENTIALS)))
def test_nothing_is_done_or_shown_without_credentials(place: Place, headers: dict[str, str]) -> None:
    nobody = place.server.client()
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    with nothing_written(place):
        for operation in OPERATIONS:
            if operation.description.get("security") == []:
                continue
            body = good_body(operation, place.world) if JSON in operation.media else None
            answer = nobody.request(operation.method, operation.url(place.world), json=body, headers=raw)
            check_answer(answer, place.directory)
            # Revoking works with the token alone; this one is none.
            known = {401, 403, 404} if operation.path == "/api/token/blacklist" else {401, 403}
            assert answer.status_code in known, f"{operation} → {answer.status_code} {answer.text[:200]}"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost:8080@evil.example",
        "localhost\t",
        "[",
        "a" * 5000,
        "localhost:99999999",
        "é",
    ],
)
def test_an_evil_host_is_refused_before_anything_else(place: Place, host: str) -> None:
    with nothing_written(place):
        for method, path in (
            ("GET", "/"),
            ("GET", "/api/projects"),
            ("POST", "/api/projects"),
            ("GET", "/user/login/"),
        ):
            answer = place.client.request(method, path, headers={b"Host": host.encode()})
            assert answer.status_code == 400 and "evil" not in answer.text
            check_answer(answer, place.directory)


# --- paths --------------------------------------------------------------------------------------------------------

OUTSIDE = ["etc/passwd", "secret.key", "labelyard.sqlite3", "../secret.key"]
STEPS = [
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..%5c",
    "..%255c",
    "%252e%252e%252f",
    "..;/",
    "....//",
    "%c0%ae%c0%ae/",
    "/",
    "%00/",
]
PLACES = ["/data/upload/{project}/", "/data/upload/", "/data/", "/static/", "/static/assets/"]


@pytest.mark.parametrize("step", STEPS)
def test_no_path_leads_out(place: Place, step: str) -> None:
    for root in PLACES:
        for name in OUTSIDE:
            for times in (1, 4, 8):
                url = root.format(project=place.world.project) + step * times + name
                _check_nothing_served(place.client.get(url), place)


@pytest.mark.parametrize("step", ["../", "..\\", "/", "\x00", "file://", "http://127.0.0.1/", "//host/"])
def test_no_directory_parameter_leads_out(place: Place, step: str) -> None:
    for path in ("/data/filename", "/static/filename", "/data/local-files/", "/data/passwd"):
        for name in (
            *OUTSIDE,
            "/etc/passwd",
            "/proc/self/environ",
            str(place.server.settings.data_dir / "secret.key"),
        ):
            _check_nothing_served(place.client.get(path, params={"d": step + name}), place)


def _check_nothing_served(answer: Any, place: Place) -> None:
    check_answer(answer, place.directory)
    assert answer.status_code in {400, 403, 404}, f"{answer.url} → {answer.status_code} {answer.text[:200]}"
    assert "root:" not in answer.text


# --- the login form -----------------------------------------------------------------------------------------------


def _try(client: TestClient, **form: str) -> Any:
    return client.post("/user/login/", data={"csrfmiddlewaretoken": client.cookies["csrftoken"], **form})


@pytest.mark.parametrize(
    "email",
    ["", "\x00", "a\x00@b", "x" * 10_000, "ada@example.org\r\n", "é" * 100, "' OR 1=1 --", "%00", "\ufeff"],
)
def test_odd_names_and_passwords_are_just_wrong(place: Place, email: str) -> None:
    client = place.server.client()
    client.get("/user/login/")
    with nothing_written(place):
        for password in ("", "\x00" * 20, "x" * 5000, "é😀" * 10):
            answer = _try(client, email=email, password=password)
            assert answer.status_code in {200, 503} and "location" not in answer.headers, answer.text[:300]
            assert "Traceback" not in answer.text and "sessionid" not in answer.cookies


def test_guessing_ends_in_429_for_known_and_unknown_alike(accounts: Server) -> None:
    accounts.add_account("ada@example.org")
    told = {}
    for email in ("ada@example.org", "nobody@example.org"):
        client = accounts.client()
        client.get("/user/login/")
        answers = [_try(client, email=email, password=f"wrong password {n}") for n in range(14)]
        told[email] = [(answer.status_code, "retry-after" in answer.headers) for answer in answers]
        right = _try(client, email=email, password="correct horse battery")
        assert right.status_code == 429, "even the right password waits"
    assert told["ada@example.org"] == told["nobody@example.org"]
    assert told["ada@example.org"][-1] == (429, True)
