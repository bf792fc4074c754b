"""Pages, static files, samples, health, version and the API description."""

import io
import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.support.server import Server

from labelyard import __version__
from labelyard.app import openapi_document


@pytest.fixture
def engine() -> str:
    """Nothing here depends on the engine of the database."""
    return "sqlite"


# --- pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/projects",
        "/projects/",
        "/projects/new",
        "/projects/7/data",
        "/projects/7/settings/ml",
        "/account/",
    ],
)
def test_app_routes_serve_the_app_with_its_boot_data(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"
    boot = json.loads(answer.text.split('id="boot">')[1].split("</script>")[0])
    assert boot["local"] is True
    assert boot["version"] == __version__
    assert boot["user"]["email"] == "owner@localhost"
    assert boot["form"] == {"errors": [], "values": {"next": "/"}}
    assert client.head(path).status_code == 200


def test_boot_data_cannot_leave_its_element(client: TestClient) -> None:
    client.patch(
        "/api/users/1", json={"first_name": "</script><script>alert(1)</script>", "last_name": "<!--&\u2028"}
    )
    text = client.get("/").text
    assert "<script>alert(1)" not in text
    assert "<!--&" not in text
    boot = json.loads(text.split('id="boot">')[1].split("</script>")[0])
    assert boot["user"]["first_name"] == "</script><script>alert(1)</script>"


def test_form_values_come_back_escaped(accounts: Server) -> None:
    client = accounts.client()
    client.get("/user/login")
    fields = {
        "email": "</script><img src=x>",
        "password": "x",
        "csrfmiddlewaretoken": client.cookies["csrftoken"],
    }
    answer = client.post("/user/login", data=fields)
    assert answer.status_code == 200
    assert "<img" not in answer.text


def test_without_a_build_the_page_says_so(make_server: Callable[..., Server], static_dir: Path) -> None:
    (static_dir / "index.html").unlink()
    answer = make_server().client().get("/")
    assert answer.status_code == 503
    assert "make web" in answer.text


def test_a_rebuild_is_seen_without_a_restart(client: TestClient, static_dir: Path) -> None:
    client.get("/")
    (static_dir / "assets" / "late-Zz99Yy88.js").write_text("1")
    (static_dir / "index.html").write_text("<html><head></head><body>rebuilt</body></html>")
    assert "rebuilt" in client.get("/").text
    assert 'id="boot"' in client.get("/").text
    assert client.get("/static/assets/late-Zz99Yy88.js").status_code == 200


def test_unknown_pages_are_404(client: TestClient) -> None:
    assert client.get("/no-such-page").status_code == 404
    assert (
        client.get("/projects/upload-example?label_config=<b>")
        .headers["content-type"]
        .startswith("text/html")
    )
    assert "<b>" not in client.get("/projects/upload-example?label_config=<b>").text


# --- static files -------------------------------------------------------------------------------------------------

ASSET = "/static/assets/index-Ab12Cd34.js"


def test_hashed_files_are_kept_for_ever(client: TestClient, static_dir: Path) -> None:
    (static_dir / "theme.js").write_text("1")
    (static_dir / "index.html").touch()
    answer = client.get(ASSET)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/theme.js").headers["cache-control"] == "no-cache"
    again = client.get(ASSET, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_compressed_twins_are_preferred_when_accepted(
    make_server: Callable[..., Server], static_dir: Path
) -> None:
    assets = static_dir / "assets"
    (assets / "index-Ab12Cd34.js.br").write_bytes(b"brotli bytes")
    (assets / "index-Ab12Cd34.js.gz").write_bytes(b"gzip bytes")
    client = make_server().client()

    def encoding(accepted: str) -> str | None:
        with client.stream("GET", ASSET, headers={"Accept-Encoding": accepted}) as answer:
            assert answer.headers["vary"] == "Accept-Encoding"
            assert answer.headers["content-type"].startswith("text/javascript")
            return answer.headers.get("content-encoding")

    assert encoding("gzip, br") == "br"
    assert encoding("gzip") == "gzip"
    assert encoding("identity") is None
    assert client.get(ASSET + ".br").status_code == 404


def test_static_files_need_no_sign_in(accounts: Server) -> None:
    assert accounts.client().get(ASSET).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../secret.txt",
        "/static/%2e%2e/secret.txt",
        "/static/..%2fsecret.txt",
        "/static/..%5csecret.txt",
        "/static/%252e%252e/secret.txt",
        "/static/assets/../../secret.txt",
        "/static//etc/passwd",
        "/static../secret.txt",
        "/static/link.txt",
        "/static/%00",
        "/static/",
        "/static/assets",
    ],
)
def test_static_paths_stay_inside(live: str, static_dir: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    with httpx2.Client(base_url=live) as client:
        # Raw, so that the client does not tidy the path.
        answer = client.send(httpx2.Request("GET", httpx2.URL(live).copy_with(raw_path=path.encode())))
    assert answer.status_code == 404
    assert "secret" not in answer.text


# --- samples ------------------------------------------------------------------------------------------------------


def test_samples_are_real_media_without_sign_in(accounts: Server) -> None:
    client = accounts.client()
    image = Image.open(io.BytesIO(client.get("/samples/image.png").content))
    image.load()
    assert image.size == (640, 480)
    assert len(image.convert("RGB").getcolors(100_000) or []) > 50
    with wave.open(io.BytesIO(client.get("/samples/audio.wav").content)) as audio:
        assert audio.getnframes() / audio.getframerate() == 8.0
    assert client.get("/samples/document.pdf").content.startswith(b"%PDF-1.4")
    assert client.get("/samples/page.html").headers["content-security-policy"].startswith("sandbox")
    turns = client.get("/samples/paragraphs.json?nameKey=who&textKey=said").json()
    assert set(turns[0]) == {"who", "said"}


def test_time_series_sample_has_the_columns_asked_for(client: TestClient) -> None:
    query = {"time": "when", "values": "a,b", "sep": "\t", "tf": "%Y-%m-%d %H:%M:%S"}
    lines = client.get("/samples/time-series.csv", params=query).text.splitlines()
    assert lines[0] == "when\ta\tb"
    assert lines[1].split("\t")[0] == "2026-03-01 00:00:00"
    assert len(lines) == 1001
    for word, sep in (("comma", ","), ("space", " "), ("dot", ".")):
        answer = client.get("/samples/time-series.csv", params={"time": "t", "values": "a", "sep": word})
        assert answer.text.splitlines()[0] == f"t{sep}a"
    bare = client.get("/samples/time-series.csv", params={"time": "0", "values": "1,2"}).text.splitlines()
    assert len(bare) == 1000 and bare[0].startswith("0,0.")  # columns without names
    assert client.get("/samples/time-series.csv", params={"sep": "xx"}).status_code == 400
    assert client.get("/samples/time-series.csv", params={"values": "a," * 60}).status_code == 400


# --- health, version, description ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/health", "/health/", "/api/health"])
def test_health(accounts: Server, path: str) -> None:
    answer = accounts.client().get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "UP"})


@pytest.mark.parametrize("path", ["/version/", "/api/version"])
def test_version_has_what_clients_read(accounts: Server, path: str) -> None:
    body = accounts.client().get(path).json()
    assert body["release"] == __version__
    assert body["edition"] == "Community"
    assert set(body) == {
        "release", "label-studio-os-package", "label-studio-os-backend", "label-studio-backend",
        "label-studio-frontend", "dm2",
        "label-studio-converter", "lsf", "backend", "edition",
    }  # fmt: skip


def test_description_is_served(client: TestClient) -> None:
    document = client.get("/docs/api/schema/json/").json()
    assert document["openapi"].startswith("3.1")
    assert set(document["components"]["securitySchemes"]) == {"Token", "JWT", "session"}
    assert client.get("/swagger.json").headers["location"] == "/docs/api/schema/json"
    page = client.get("/docs/api/")
    assert "/api/users" in page.text
    assert "<script" not in page.text
    assert client.get("/openapi.json").status_code == 404


def operations() -> list[tuple[str, dict[str, Any]]]:
    paths = openapi_document()["paths"]
    return [
        (f"{method.upper()} {path}", each)
        for path, methods in paths.items()
        for method, each in methods.items()
    ]


def has_example(media: dict[str, Any], schemas: dict[str, Any]) -> bool:
    if "example" in media or "examples" in media:
        return True
    schema = media.get("schema", {})
    name = (
        schema.get("$ref", "").rpartition("/")[2]
        or schema.get("items", {}).get("$ref", "").rpartition("/")[2]
    )
    schema = schemas.get(name, schema)
    return "example" in schema or "examples" in schema


def test_every_operation_is_described() -> None:
    document = openapi_document()
    schemas = document["components"]["schemas"]
    tags = {tag["name"] for tag in document["tags"]}
    wrong = []
    for name, operation in operations():
        if not operation.get("summary") or not operation.get("description"):
            wrong.append(f"{name}: no summary or description")
        if not operation.get("tags") or not set(operation["tags"]) <= tags:
            wrong.append(f"{name}: tag {operation.get('tags')}")
        errors = [status for status in operation["responses"] if status.startswith("4")]
        if not errors and operation.get("security") != []:
            wrong.append(f"{name}: no error answers")
        contents = [answer.get("content", {}) for answer in operation["responses"].values()]
        good = [
            operation["responses"][status].get("content", {})
            for status in operation["responses"]
            if status < "3"
        ]
        if "requestBody" in operation:
            contents.append(operation["requestBody"]["content"])
            good.append(operation["requestBody"]["content"])
        wrong += [
            f"{name}: no example of {kind}"
            for content in [*contents, *good]
            for kind, media in content.items()
            if kind == "application/json" and not has_example(media, schemas)
        ]
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, operation in operations()]
    assert len(ids) == len(set(ids))
