"""Every operation of the API's own description with right, odd and broken input: never a bug, only documented answers."""

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.answers import check_answer
from tests.support.junk import ODD_IDS, TEXTS, broken, json_text, of_schema
from tests.support.world import CONFIG, RESULT, Place, World

from labelyard.app import openapi_document

EXAMPLES = int(os.environ.get("LABELYARD_FUZZ_EXAMPLES", "60"))
SEEDED = (
    "LABELYARD_FUZZ_EXAMPLES" not in os.environ
)  # a longer run by hand looks for something new every time
DOCUMENT = openapi_document()
OPERATIONS = [
    pytest.param(method.upper(), path, id=f"{method.upper()} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
]
# Not in the description of a single operation: what the way in refuses before any operation is found.
ALWAYS = {400, 404, 405, 413, 415}
KINDS = (
    *("application/json",) * 12, "application/json; charset=utf-16", "application/merge-patch+json", "application/x-www-form-urlencoded",
    "multipart/form-data", "multipart/form-data; boundary=b", "text/plain", "application/xml", "", "json", "text/csv", "a/b; boundary=\xff",
)  # fmt: skip
KNOWN: dict[str, list[Any]] = {
    "label_config": [
        CONFIG,
        CONFIG,
        "<View/>",
        "<View>",
        "",
        '<!DOCTYPE a [<!ENTITY b "c">]><View>&b;</View>',
    ],
    "result": [RESULT, [], [{}], [{**RESULT[0], "value": {"choices": "good"}}], [{**RESULT[0], "id": 1}]],
    "data": [{"text": "a"}, {"text": 1}, {}],
    "email": ["sam@example.org", "a@b", "@"],
    "ordering": [["tasks:id"], ["-tasks:data.text"], ["tasks:updated_by__password"]],
    "sampling": ["Uniform sampling", "Sequential sampling"],
}
TABLES = (
    b"text\na\n",
    b'text\n"a\n',
    b"text,text\n1,2\n",
    b"\xff\xfe",
    b"",
    b'[{"text": "a"}]',
    b"\x00\x01\x02",
)


Draw = Callable[[st.SearchStrategy[Any]], Any]


def _path(draw: Draw, path: str, world: World) -> str:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    for name in names:
        good = world.upload_name if name == "name" else str(world.ids.get(name, "delete_tasks"))
        odd = draw(st.integers(0, 5)) == 0
        value = draw(st.sampled_from(ODD_IDS) | st.sampled_from(TEXTS).map(_quoted)) if odd else good
        path = path.replace(f"{{{name}}}", value or "1")
    return path + draw(st.sampled_from(("", "", "", "/", "//")))


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass")[:300], safe="")


def _query(draw: Draw, operation: dict[str, Any], world: World) -> str:
    pairs = []
    ids = st.sampled_from([str(each) for each in world.ids.values()])
    for parameter in operation.get("parameters", ()):
        if parameter["in"] != "query" or draw(st.integers(0, 2)) == 0:
            continue
        shape = parameter["schema"]
        good = of_schema(shape, KNOWN, parameter["name"]).map(
            lambda each: each if isinstance(each, str) else json_text(each).decode()
        )
        value = draw(good | ids | st.sampled_from(TEXTS))
        pairs += [(parameter["name"], value)] * draw(st.sampled_from((1, 1, 1, 2)))
    return urlencode(pairs, errors="surrogatepass")


def _body(draw: Draw, operation: dict[str, Any], world: World) -> tuple[str, bytes]:
    content: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
    if not content and draw(st.integers(0, 3)):
        return "", b""
    kind = draw(st.sampled_from(KINDS))
    shape = next(iter(content.values()))["schema"] if content else {}
    known = {**KNOWN, **{name.removesuffix("_id"): [each, str(each)] for name, each in world.ids.items()}}
    known["included"] = known["file_upload_ids"] = [world.ids["task_id"], world.ids["upload_id"]]
    value = draw(of_schema(shape, known))
    if kind.startswith("application/x-www-form") and isinstance(value, dict):
        fields = {
            key: each if isinstance(each, str) else json_text(each).decode() for key, each in value.items()
        }
        text = urlencode(fields, errors="surrogatepass").encode()
    elif "boundary=b" in kind:
        name = draw(
            st.sampled_from(
                ("a.csv", "a.json", "a.txt", "a.png", "a", "..", "a\\.exe", "\x00.csv", "x" * 3000 + ".csv")
            )
        )
        head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        text = head + draw(st.sampled_from(TABLES)) + b"\r\n--b--\r\n"
    else:
        text = json_text(value)
    if draw(st.integers(0, 9)) == 0:
        text = draw(broken(text))
    return kind, text


def _headers(draw: Draw, kind: str) -> dict[bytes, bytes]:
    headers = {b"content-type": kind.encode("latin-1")} if kind else {}
    if draw(st.integers(0, 7)) == 0:
        name = draw(
            st.sampled_from(
                (
                    "if-match",
                    "range",
                    "if-none-match",
                    "accept",
                    "if-modified-since",
                    "referer",
                    "origin",
                    "cookie",
                )
            )
        )
        value = draw(
            st.sampled_from(
                (
                    "bytes=0-",
                    "bytes=9-1",
                    "bytes=-",
                    "bytes=a-b",
                    "*",
                    '"',
                    "http://[",
                    "\xff",
                    "a=b; c",
                    "1" * 5000,
                )
            )
        )
        headers[name.encode()] = value.encode("latin-1")
    return headers


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_input_is_a_bug(place: Place, method: str, path: str) -> None:
    operation = DOCUMENT["paths"][path][method.lower()]
    documented = {int(status) for status in operation["responses"]} | ALWAYS
    nobody = place.server.client()
    # What the engines could differ in is what they cannot store; a part of the examples shows that.
    examples = EXAMPLES // 4 if place.server.settings.database_url else EXAMPLES
    if (
        method == "DELETE"
    ):  # little can be said to it, and each that deletes something costs thirty requests to make it again
        examples = max(examples // 4, EXAMPLES // 8)
    place.refresh()

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=SEEDED, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.data())
    def one(data: st.DataObject) -> None:
        draw = data.draw
        url = _path(draw, path, place.world)
        query = _query(draw, operation, place.world)
        kind, body = _body(draw, operation, place.world)
        headers = _headers(draw, kind)
        anonymous = draw(st.integers(0, 9)) == 0
        client = nobody if anonymous else place.client
        answer = client.request(
            method, f"{url}?{query}" if query else url, content=body or None, headers=headers
        )
        if answer.url.path.rstrip("/") == "/api/projects/validate" and answer.status_code == 400:
            assert answer.json(), "the documented answer outside the envelope"
            return
        check_answer(answer, place.directory)
        known = documented | ({403} if headers.keys() & {b"origin", b"referer", b"cookie"} else set())
        known |= {401} if b"cookie" in headers else set()
        assert answer.status_code in known, (
            f"{method} {url}?{query} {headers} {body!r} → {answer.status_code} {answer.text[:500]}"
        )
        if anonymous and operation.get("security") != []:
            assert answer.status_code >= 400, f"{method} {url} without credentials → {answer.status_code}"
        if answer.status_code in {200, 204} and method == "DELETE":
            place.refresh()

    one()


def test_the_server_is_well_afterwards(place: Place) -> None:
    place.refresh()
    assert place.client.get(f"/api/projects/{place.world.project}/export").status_code == 200
