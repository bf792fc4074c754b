"""Uploads in pieces: the tus protocol, limits, access, interruptions, and imports that take them."""

import base64
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from starlette.testclient import TestClient
from tests.support.answers import check_answer, messages
from tests.support.server import Server
from tests.support.world import CONFIG

from labelyard.actor import Actor
from labelyard.kit.errors import Conflict, NotFound, Problem
from labelyard.uploads import queries, receive, service, tus
from labelyard.users import service as users

BYTES = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
DATA = random.Random(2).randbytes(3_000_000)


def project_of(client: Any) -> int:
    return int(client.post("/api/projects", json={"title": "Pieces", "label_config": CONFIG}).json()["id"])


def begin(client: Any, size: int, name: str = "tasks.jsonl", *, project: int = 0, **headers: str) -> str:
    """The path of a new upload."""
    sent = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(size),
        "Upload-Metadata": filename(name),
        **headers,
    }
    answer = client.post(f"/api/projects/{project or project_of(client)}/uploads", headers=sent)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def filename(name: str) -> str:
    return f"filename {base64.b64encode(name.encode()).decode()},filetype dGV4dA=="


def send(client: Any, path: str, data: Any, offset: int, **headers: str) -> Any:
    return client.patch(path, content=data, headers={**BYTES, "Upload-Offset": str(offset), **headers})


def offset_of(client: Any, path: str) -> int:
    answer = client.head(path, headers={"Tus-Resumable": "1.0.0"})
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def file_of(server: Server, path: str) -> Path:
    return server.settings.uploads_dir / path.rpartition("/")[2]


# --- the protocol -------------------------------------------------------------------------------------------------


def test_a_file_in_pieces(server: Server, client: TestClient) -> None:
    path = begin(client, len(DATA), "Tasks été.jsonl")
    head = client.head(path)
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == ("0", str(len(DATA)))
    assert head.headers["cache-control"] == "no-store" and head.headers["tus-resumable"] == "1.0.0"
    assert head.headers["upload-metadata"] == filename("Tasks été.jsonl") and head.content == b""
    offset = 0
    for size in (1, 1_048_576, 0, 500_000, len(DATA)):
        piece = DATA[offset : offset + size]
        answer = send(client, path, piece, offset)
        offset += len(piece)
        assert answer.status_code == 204 and answer.content == b""
        assert answer.headers["upload-offset"] == str(offset) and answer.headers["tus-resumable"] == "1.0.0"
        assert "GMT" in answer.headers["upload-expires"]
        assert offset_of(client, path) == offset
    found = client.get(path).json()
    assert (found["name"], found["size"], found["offset"]) == ("Tasks été.jsonl", len(DATA), len(DATA))
    assert found["is_finished"] and path.endswith(found["id"])
    assert file_of(server, path).read_bytes() == DATA


def test_created_with_its_first_piece(server: Server, client: TestClient) -> None:
    project = project_of(client)
    headers = {**BYTES, "Upload-Length": "10"}
    answer = client.post(f"/api/projects/{project}/uploads", content=b"0123", headers=headers)
    assert answer.status_code == 201 and answer.headers["upload-offset"] == "4"
    assert (answer.json()["offset"], answer.json()["name"], answer.json()["is_finished"]) == (
        4,
        "upload",
        False,
    )
    path = answer.headers["location"]
    assert send(client, path, b"456789", 4).headers["upload-offset"] == "10"
    assert file_of(server, path).read_bytes() == b"0123456789"


def test_a_first_piece_that_is_wrong_leaves_nothing(server: Server, client: TestClient) -> None:
    project = project_of(client)
    for size, kind, status in ((3, BYTES["Content-Type"], 413), (10, "text/csv", 415)):
        headers = {"Upload-Length": str(size), "Content-Type": kind}
        answer = client.post(f"/api/projects/{project}/uploads", content=b"01234567", headers=headers)
        assert answer.status_code == status, answer.text
    assert client.get(f"/api/projects/{project}/uploads").json() == []
    assert not list(server.settings.uploads_dir.glob("*"))


def test_an_empty_file(client: TestClient) -> None:
    path = begin(client, 0)
    assert client.get(path).json()["is_finished"]
    assert send(client, path, b"", 0).status_code == 204


def test_options_tell_what_there_is(server: Server) -> None:
    nobody = server.client()
    for path in ("/api/projects/1/uploads", "/api/projects/1/uploads/u1"):
        answer = nobody.options(path)
        assert answer.status_code == 204
        assert answer.headers["tus-version"] == answer.headers["tus-resumable"] == "1.0.0"
        assert answer.headers["tus-extension"] == "creation,creation-with-upload,expiration,termination"
        assert answer.headers["tus-max-size"] == str(server.settings.max_upload_bytes)


def test_another_version_is_412(client: TestClient) -> None:
    path = begin(client, 5)
    old = {"Tus-Resumable": "0.2.2"}
    created = client.post(path.rpartition("/")[0], headers={**old, "Upload-Length": "5"})
    for answer in (
        created,
        client.head(path, headers=old),
        client.delete(path, headers=old),
        send(client, path, b"a", 0, **old),
    ):
        assert answer.status_code == 412
        assert answer.headers["tus-version"] == answer.headers["tus-resumable"] == "1.0.0"
    assert offset_of(client, path) == 0


def test_the_wrong_offset_is_409_and_says_the_right_one(client: TestClient) -> None:
    path = begin(client, 10)
    send(client, path, b"abc", 0)
    for offset in (0, 2, 4, 10, 11):
        answer = send(client, path, b"defghij", offset)
        assert answer.status_code == 409 and "offset 3" in messages(answer)
    assert offset_of(client, path) == 3


def test_too_many_bytes_are_refused_whole(server: Server, client: TestClient) -> None:
    path = begin(client, 5)
    send(client, path, b"abc", 0)
    # With a length that tells, and in chunks that do not.
    for body in (b"defg", iter([b"d", b"e", b"f" * 3_000_000])):
        answer = send(client, path, body, 3)
        assert answer.status_code == 413 and "5 bytes" in messages(answer)
        assert offset_of(client, path) == 3
    assert send(client, path, b"de", 3).status_code == 204
    assert file_of(server, path).read_bytes() == b"abcde"


def test_deleting(server: Server, client: TestClient) -> None:
    path = begin(client, 5)
    send(client, path, b"abc", 0)
    assert client.delete(path).status_code == 204
    assert not file_of(server, path).exists()
    for answer in (client.head(path), client.get(path), client.delete(path), send(client, path, b"de", 3)):
        assert answer.status_code == 404


def test_where_only_post_gets_through(server: Server, client: TestClient) -> None:
    path = begin(client, 5)
    headers = {**BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = client.post(path, content=b"abcde", headers=headers)
    assert answer.status_code == 204 and answer.headers["upload-offset"] == "5"
    assert client.post(path).status_code == 400
    # What only reads must not be made to write: it is not checked for coming from another site.
    get = client.get(path, headers={"X-HTTP-Method-Override": "DELETE"})
    assert get.status_code == 200 and get.json()["offset"] == 5
    assert client.post(path, headers={"X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert client.head(path).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status", "word"),
    [
        ({"Upload-Length": None}, 400, "Upload-Length"),
        ({"Upload-Length": "-1"}, 400, "Upload-Length"),
        ({"Upload-Length": "1e3"}, 400, "Upload-Length"),
        ({"Upload-Length": "٣"}, 400, "Upload-Length"),
        ({"Upload-Length": ""}, 400, "Upload-Length"),
        ({"Upload-Length": "9" * 40}, 400, "Upload-Length"),
        ({"Upload-Length": str(2**50)}, 413, "bytes"),
        ({"Upload-Length": None, "Upload-Defer-Length": "1"}, 400, "Upload-Length"),
        ({"Upload-Metadata": "filename"}, 201, ""),
        ({"Upload-Metadata": "filename !!"}, 400, "Upload-Metadata"),
        ({"Upload-Metadata": "filename YQ==,filename Yg=="}, 400, "Upload-Metadata"),
        ({"Upload-Metadata": "filename /w=="}, 400, "Upload-Metadata"),
        ({"Upload-Metadata": ",,"}, 400, "Upload-Metadata"),
        ({"Upload-Metadata": "file\tname YQ=="}, 400, "Upload-Metadata"),
        ({"Upload-Metadata": f"filename {base64.b64encode(b'a' * 300).decode()}"}, 400, "255"),
        (
            {"Upload-Metadata": f"filename {base64.b64encode(b'a' + bytes(1)).decode()}"},
            400,
            "Upload-Metadata",
        ),
        ({"Upload-Metadata": f"a {'YWFh' * 5000}"}, 400, "Upload-Metadata"),
        ({"Upload-Metadata": "name YS5jc3Y="}, 201, ""),
    ],
)
def test_headers_of_a_new_upload(
    client: TestClient, headers: dict[str, str | None], status: int, word: str
) -> None:
    project = project_of(client)
    wanted = {"Upload-Length": "5", **headers}
    sent = {name.encode(): value.encode() for name, value in wanted.items() if value is not None}
    answer = client.post(f"/api/projects/{project}/uploads", headers=sent)
    check_answer(answer)
    assert answer.status_code == status, answer.text
    if status != 201:
        assert word in messages(answer) and client.get(f"/api/projects/{project}/uploads").json() == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Offset": None}, 400),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": "x"}, 400),
        ({"Upload-Offset": "0, 0"}, 400),
        ({"Content-Type": None}, 415),
        ({"Content-Type": "application/json"}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({"Tus-Resumable": "2"}, 412),
    ],
)
def test_headers_of_a_piece(client: TestClient, headers: dict[str, str | None], status: int) -> None:
    path = begin(client, 5)
    wanted: dict[str, str | None] = {**BYTES, "Upload-Offset": "0", **headers}
    sent = {name: value for name, value in wanted.items() if value is not None}
    answer = client.patch(path, content=b"abcde", headers=sent)
    check_answer(answer)
    assert answer.status_code == status and offset_of(client, path) == 0


@given(st.text(max_size=200) | st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=40))).map(
    lambda pairs: ",".join(f"{key} {base64.b64encode(value).decode()}" for key, value in pairs)
))  # fmt: skip
@settings(max_examples=300)
def test_any_metadata_gives_a_name_or_a_problem(text: str) -> None:
    try:
        name = tus.file_name(text)
    except Problem as problem:
        assert problem.status == 400
        return
    assert name and "\x00" not in name and "\n" not in name


# --- limits and access --------------------------------------------------------------------------------------------


def test_the_largest_file(make_server: Callable[..., Server]) -> None:
    client = make_server(max_upload_bytes=1000).client()
    project = project_of(client)
    assert begin(client, 1000, project=project)
    answer = client.post(f"/api/projects/{project}/uploads", headers={"Upload-Length": "1001"})
    assert answer.status_code == 413 and "1000 bytes" in messages(answer)


def test_a_piece_may_be_larger_than_other_bodies(make_server: Callable[..., Server]) -> None:
    client = make_server(max_body_bytes=1000, max_import_bytes=1000).client()
    path = begin(client, len(DATA))
    assert send(client, path, DATA, 0).status_code == 204
    assert offset_of(client, path) == len(DATA)


def test_how_many_one_user_may_have(make_server: Callable[..., Server]) -> None:
    server = make_server(max_open_uploads=2, local_mode=False)
    ada, bob = server.add_user("ada@example.org"), server.add_user("bob@example.org")
    project = project_of(ada)
    first = begin(ada, 5, project=project)
    begin(ada, 0, project=project)
    answer = ada.post(f"/api/projects/{project}/uploads", headers={"Upload-Length": "5"})
    assert answer.status_code == 429 and "2 uploads" in messages(answer)
    assert begin(bob, 5, project=project)
    ada.delete(first)
    assert begin(ada, 5, project=project)


def test_only_its_maker_knows_it(accounts: Server) -> None:
    ada, bob = accounts.add_user("ada@example.org"), accounts.add_user("bob@example.org")
    project, other = project_of(ada), project_of(ada)
    path = begin(ada, 5, project=project)
    elsewhere = path.replace(f"/projects/{project}/", f"/projects/{other}/")
    for client, place in ((bob, path), (ada, elsewhere)):
        found = [
            client.head(place),
            client.get(place),
            client.delete(place),
            send(client, place, b"a", 0),
            client.post(place),
        ]
        assert {each.status_code for each in found} == {404}
    assert bob.get(f"/api/projects/{project}/uploads").json() == []
    assert [each["id"] for each in ada.get(f"/api/projects/{project}/uploads").json()] == [path[-33:]]
    assert ada.get(f"/api/projects/{other}/uploads").json() == []
    assert offset_of(ada, path) == 0


def test_a_session_needs_its_token_as_everywhere(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.sign_in()
    path = begin(client, 5)
    token = client.headers.pop("X-CSRFToken")
    assert send(client, path, b"abc", 0).status_code == 403
    assert client.delete(path).status_code == 403
    assert client.post(path, headers={"X-HTTP-Method-Override": "DELETE"}).status_code == 403
    assert (
        send(client, path, b"abc", 0, Origin="http://evil.example", **{"X-CSRFToken": token}).status_code
        == 403
    )
    assert send(client, path, b"abc", 0, **{"X-CSRFToken": token}).status_code == 204


def test_a_full_disk_is_507_and_what_came_is_kept(
    server: Server, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = begin(client, len(DATA))

    def full(fd: int, chunks: Sequence[bytes]) -> int:
        if os.fstat(fd).st_size >= 2_000_000:
            raise OSError(28, "No space left on device")
        return os.write(fd, b"".join(chunks)[: 2_000_000 - os.fstat(fd).st_size])

    monkeypatch.setattr(os, "writev", full)
    for piece, offset in ((DATA, 0), (b"a", 2_000_000)):
        answer = send(client, path, piece, offset)
        assert answer.status_code == 507 and "disk" in messages(answer)
    monkeypatch.undo()
    assert offset_of(client, path) == 2_000_000
    assert send(client, path, DATA[2_000_000:], 2_000_000).status_code == 204
    assert file_of(server, path).read_bytes() == DATA


def test_a_file_that_the_disk_has_no_space_for(make_server: Callable[..., Server]) -> None:
    client = make_server(max_upload_bytes=2**59).client()
    project = project_of(client)
    answer = client.post(f"/api/projects/{project}/uploads", headers={"Upload-Length": str(2**59)})
    assert answer.status_code == 507 and "disk space" in messages(answer)
    assert client.get(f"/api/projects/{project}/uploads").json() == []


# --- interruptions ------------------------------------------------------------------------------------------------


class Wire:
    """One request on a socket of its own, sent as slowly as a test wants."""

    def __init__(self, address: str, path: str, offset: int, length: int) -> None:
        host, port = address.removeprefix("http://").split(":")
        self.sock = socket.create_connection((host, int(port)), timeout=20)
        self.sock.sendall(
            f"PATCH {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUpload-Offset: {offset}\r\nContent-Length: {length}\r\n"
            f"Content-Type: {BYTES['Content-Type']}\r\nTus-Resumable: 1.0.0\r\n\r\n".encode()
        )

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def status(self) -> int:
        return int(self.sock.recv(65536).split()[1])

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *error: object) -> None:
        self.sock.close()


@pytest.fixture
def online(live: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(
        base_url=live, timeout=30, headers={"Host": f"localhost:{live.rpartition(':')[2]}"}
    ) as client:
        yield client


def wait_for(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_arrived_before_the_client_went_away_is_kept(live: str, online: httpx2.Client) -> None:
    path = begin(online, len(DATA))
    with Wire(live, path, 0, len(DATA)) as wire:
        wire.send(DATA[:1_500_000])
        time.sleep(0.1)
    wait_for(lambda: offset_of(online, path) == 1_500_000)
    assert send(online, path, DATA[1_500_000:], 1_500_000).status_code == 204
    assert online.get(path).json()["is_finished"]


def test_two_at_once_never_mix(live: str, online: httpx2.Client, tmp_path: Path) -> None:
    path = begin(online, len(DATA))
    kept = tmp_path / "data" / "spool" / "uploads" / path.rpartition("/")[2]
    with Wire(live, path, 0, len(DATA)) as wire:
        wire.send(DATA[:100_000])
        wait_for(kept.exists)  # made under the lock
        other = send(online, path, bytes(len(DATA)), 0)
        assert other.status_code == 423 and other.headers["retry-after"] == "1"
        assert other.headers["tus-resumable"] == "1.0.0"
        assert online.delete(path).status_code == 423
        assert offset_of(online, path) == 0
        wire.send(DATA[100_000:])
        assert wire.status() == 204
    assert send(online, path, bytes(10), 0).status_code == 409
    assert kept.read_bytes() == DATA


def test_many_at_once_store_each_byte_once(live: str, online: httpx2.Client, tmp_path: Path) -> None:
    """Clients that race for the same upload, each going on where it is told."""
    path, step = begin(online, len(DATA)), 100_000
    seen: set[int] = set()

    def work() -> None:
        with httpx2.Client(base_url=live, timeout=30, headers=online.headers) as client:
            while (offset := offset_of(client, path)) < len(DATA):
                answer = send(client, path, DATA[offset : offset + step], offset)
                seen.add(answer.status_code)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 204 in seen and seen <= {204, 409, 423}
    kept = tmp_path / "data" / "spool" / "uploads" / path.rpartition("/")[2]
    assert kept.read_bytes() == DATA


def test_a_client_that_falls_silent_is_let_go(
    live: str, online: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive, "SILENCE_SECONDS", 0.3)
    path = begin(online, len(DATA))
    with Wire(live, path, 0, len(DATA)) as wire:
        wire.send(DATA[:5])
        assert wire.status() == 408
    assert offset_of(online, path) == 5


def test_a_long_piece_is_made_safe_in_between(
    live: str, online: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive, "SAFE_BYTES", 1_000_000)
    path = begin(online, len(DATA))
    with Wire(live, path, 0, len(DATA)) as wire:
        wire.send(DATA[:2_500_000])
        wait_for(lambda: offset_of(online, path) >= 1_000_000)
        wire.send(DATA[2_500_000:])
        assert wire.status() == 204


def test_bytes_that_were_never_acknowledged_are_cut_off(server: Server, client: TestClient) -> None:
    """As after a power cut, when more of the file may be there than was said, or garbage."""
    path = begin(client, 10)
    send(client, path, b"abc", 0)
    with file_of(server, path).open("ab") as file:
        file.write(b"garbage that is longer than the whole")
    assert offset_of(client, path) == 3
    assert send(client, path, b"defghij", 3).status_code == 204
    assert file_of(server, path).read_bytes() == b"abcdefghij"


def test_lost_bytes_are_told(server: Server, client: TestClient) -> None:
    path = begin(client, 10)
    send(client, path, b"abc", 0)
    file_of(server, path).write_bytes(b"ab")
    answer = send(client, path, b"defghij", 3)
    assert answer.status_code == 404 and "lost" in messages(answer)
    assert client.head(path).status_code == 404


# --- expiry -------------------------------------------------------------------------------------------------------


def make_old(server: Server, path: str) -> None:
    def change(conn: Connection) -> None:
        row = queries.by_id(conn, path[-33:])
        assert row is not None
        assert queries.advance(conn, row.id, row.received, row.received, 1)

    server.context.db.write_sync(change)


def test_what_is_forgotten_expires(server: Server, client: TestClient) -> None:
    project = project_of(client)
    old, new, done = (begin(client, 5, project=project) for _ in range(3))
    for path in (old, new):
        send(client, path, b"abc", 0)
    send(client, done, b"abcde", 0)
    make_old(server, old)
    make_old(server, done)
    for path in (old, done):
        assert client.head(path).status_code == send(client, path, b"de", 3).status_code == 404
    assert [each["id"] for each in client.get(f"/api/projects/{project}/uploads").json()] == [new[-33:]]
    assert service.sweep(server.context) == 2
    assert not file_of(server, old).exists() and not file_of(server, done).exists()
    assert send(client, new, b"de", 3).status_code == 204
    assert service.sweep(server.context) == 0


def test_each_piece_puts_the_end_off(server: Server, client: TestClient) -> None:
    path = begin(client, 5)
    before = client.get(path).json()["expires_at"]
    time.sleep(0.01)
    send(client, path, b"abc", 0)
    assert client.get(path).json()["expires_at"] > before


def test_files_of_no_upload_are_swept(server: Server, client: TestClient) -> None:
    project = project_of(client)
    path = begin(client, 5, project=project)
    send(client, path, b"abc", 0)
    assert client.delete(f"/api/projects/{project}").status_code == 204
    kept = file_of(server, path)
    assert (
        kept.exists() and service.sweep(server.context) == 0
    )  # young: it may be of an upload that is being made
    os.utime(kept, (1, 1))
    assert service.sweep(server.context) == 1 and not kept.exists()


def test_the_sweep_leaves_alone_what_is_being_written(server: Server, client: TestClient) -> None:
    path = begin(client, 5)
    make_old(server, path)
    with service.store_of(server.context).locked(path[-33:]):
        assert service.sweep(server.context) == 0
    assert service.sweep(server.context) == 1


# --- imports ------------------------------------------------------------------------------------------------------


@pytest.fixture
def owner(server: Server) -> Actor:
    return server.context.db.read_sync(users.local_actor)


def test_an_import_takes_a_finished_upload(
    server: Server, client: TestClient, owner: Actor, tmp_path: Path
) -> None:
    ctx, db, project = server.context, server.context.db, project_of(client)
    path = begin(client, 5, "a.csv", project=project)
    upload_id, directory = path[-33:], tmp_path / "import"
    directory.mkdir()
    send(client, path, b"abc", 0)
    with pytest.raises(Conflict, match="3 of its 5 bytes"):
        db.read_sync(service.take, ctx, owner, project, upload_id, directory)
    send(client, path, b"de", 3)
    with pytest.raises(NotFound):
        db.read_sync(service.take, ctx, owner, project + 1, upload_id, directory)
    taken = db.read_sync(service.take, ctx, owner, project, upload_id, directory)
    assert (taken.name, taken.size, Path(taken.path).read_bytes()) == ("a.csv", 5, b"abcde")
    assert Path(taken.path).parent == directory
    with pytest.raises(Conflict, match="twice"):
        db.read_sync(service.take, ctx, owner, project, upload_id, directory)
    # Not used up yet: a second import may take it, and only one of them gets it.
    second = tmp_path / "second"
    second.mkdir()
    again = db.read_sync(service.take, ctx, owner, project, upload_id, second)
    db.write_sync(service.use_up, [taken])
    service.drop(ctx, [taken])
    with pytest.raises(Conflict):
        db.write_sync(service.use_up, [again])
    assert client.head(path).status_code == 404 and not file_of(server, path).exists()
    assert Path(taken.path).read_bytes() == b"abcde"


@pytest.mark.parametrize("used_up", [False, True])
@pytest.mark.parametrize("dropped", [False, True])
def test_a_refused_import_gives_its_uploads_back(
    server: Server, client: TestClient, owner: Actor, tmp_path: Path, used_up: bool, dropped: bool
) -> None:
    ctx, db, project = server.context, server.context.db, project_of(client)
    full, empty = begin(client, 5, "a.csv", project=project), begin(client, 0, project=project)
    send(client, full, b"abcde", 0)
    taken = [db.read_sync(service.take, ctx, owner, project, path[-33:], tmp_path) for path in (full, empty)]
    if used_up:
        db.write_sync(service.use_up, taken)
        if dropped:
            service.drop(ctx, taken)
    for _ in range(2):
        assert db.write_sync(service.give_back, ctx, taken) == [full[-33:], empty[-33:]]
    for each in taken:
        Path(each.path).unlink()
    found = client.get(full).json()
    assert (found["name"], found["is_finished"]) == ("a.csv", True)
    assert client.head(full).headers["upload-metadata"] == filename("a.csv")
    assert file_of(server, full).read_bytes() == b"abcde"
    assert service.sweep(ctx) == 0
    again = tmp_path / "again"
    again.mkdir()
    assert db.read_sync(service.take, ctx, owner, project, full[-33:], again).size == 5


def test_what_is_gone_stays_gone(server: Server, client: TestClient, owner: Actor, tmp_path: Path) -> None:
    ctx, db, project = server.context, server.context.db, project_of(client)
    path = begin(client, 5, project=project)
    send(client, path, b"abcde", 0)
    taken = db.read_sync(service.take, ctx, owner, project, path[-33:], tmp_path)
    db.write_sync(service.use_up, [taken])
    service.drop(ctx, [taken])
    Path(taken.path).unlink()
    assert db.write_sync(service.give_back, ctx, [taken]) == []
    assert client.head(path).status_code == 404
