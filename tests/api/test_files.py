"""User files: kept under names of the server's making, and served so that they can never act in our origin."""

import os

import pytest

from labelyard.files import service as files
from labelyard.kit.errors import Forbidden

CONFIG = '<View><Image name="img" value="$image"/></View>'
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
POLICY = "sandbox; default-src 'none'"


@pytest.fixture
def project(client):
    return client.post("/api/projects", json={"title": "Files", "label_config": CONFIG}).json()["id"]


def upload(client, project, name, content):
    """The address and the upload's row."""
    answer = client.post(
        f"/api/projects/{project}/import",
        files={"file": (name, content)},
        params={"commit_to_project": "false"},
    )
    assert answer.status_code == 201, answer.text
    [upload_id] = answer.json()["file_upload_ids"]
    row = client.get(f"/api/import/file-upload/{upload_id}").json()
    return f"/data/{row['file']}", row


@pytest.mark.parametrize(
    ("name", "content", "content_type", "disposition"),
    [
        ("a.png", PNG, "image/png", "inline"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + b"x" * 20, "image/jpeg", "inline"),
        ("a.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav", "inline"),
        ("a.mp4", b"\x00\x00\x00\x18ftypisom\x00\x00", "video/mp4", "inline"),
        ("page.html", b"<script>alert(1)</script>", "application/octet-stream", "attachment"),
        ("lie.png", b"<html><script>alert(1)</script>", "application/octet-stream", "attachment"),
        (
            "x.xml",
            b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
            "application/octet-stream",
            "attachment",
        ),
        (
            "pic.svg",
            b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
            "image/svg+xml",
            "attachment",
        ),
        ("doc.pdf", b"%PDF-1.7\n", "application/pdf", "attachment"),
        ("photo.jpg", PNG, "image/png", "inline"),
    ],
)
def test_the_type_follows_the_bytes_and_nothing_can_run(
    client, project, name, content, content_type, disposition
):
    address, _ = upload(client, project, name, content)
    answer = client.get(address)
    assert answer.status_code == 200 and answer.content == content
    assert answer.headers["content-type"] == content_type
    assert answer.headers["content-disposition"].startswith(disposition)
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_tables_are_served_as_text(client, project):
    address, _ = upload(client, project, "rows.csv", b"image,n\na,1\n")
    assert client.get(address).headers["content-type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize(
    ("header", "status", "part", "content_range"),
    [
        ("bytes=0-9", 206, slice(0, 10), "bytes 0-9/{size}"),
        ("bytes=100-", 206, slice(100, None), "bytes 100-{last}/{size}"),
        ("bytes=-5", 206, slice(-5, None), "bytes {five}-{last}/{size}"),
        ("bytes=0-99999", 206, slice(0, None), "bytes 0-{last}/{size}"),
        ("bytes=99999-", 416, None, "bytes */{size}"),
        ("bytes=-0", 416, None, "bytes */{size}"),
        ("bytes=9-3", 200, slice(0, None), None),
        ("bytes=0-1,5-6", 200, slice(0, None), None),
        ("rows=0-1", 200, slice(0, None), None),
        ("bytes=x-y", 200, slice(0, None), None),
    ],
)
def test_parts_of_a_file(client, project, header, status, part, content_range):
    address, _ = upload(client, project, "a.png", PNG)
    size = len(PNG)
    for method in ("GET", "HEAD"):
        answer = client.request(method, address, headers={"Range": header})
        assert answer.status_code == status
        wanted = content_range and content_range.format(size=size, last=size - 1, five=size - 5)
        assert answer.headers.get("content-range") == wanted
        if part is not None:
            assert int(answer.headers["content-length"]) == len(PNG[part])
            assert answer.content == (PNG[part] if method == "GET" else b"")


def test_a_copy_that_is_still_good_is_not_sent_again(client, project):
    address, _ = upload(client, project, "a.png", PNG)
    tag = client.get(address).headers["etag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(address, headers={"If-None-Match": f'"x", W/{tag}'}).status_code == 304
    assert client.get(address, headers={"If-None-Match": '"x"'}).status_code == 200
    assert client.get(address, headers={"Range": "bytes=0-3", "If-Range": tag}).status_code == 206
    assert client.get(address, headers={"Range": "bytes=0-3", "If-Range": '"x"'}).status_code == 200


def test_only_members_read_uploads(accounts):
    owner = accounts.add_user("owner@example.org")
    project = owner.post("/api/projects", json={"title": "Files", "label_config": CONFIG}).json()["id"]
    address, _ = upload(owner, project, "a.png", PNG)
    assert accounts.client().get(address).status_code == 401
    assert owner.get(address).status_code == 200
    annotator = accounts.add_user("ann@example.org", role="annotator")
    assert annotator.get(address).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/data/upload/1/../../secret",
        "/data/upload/1/%2e%2e%2f%2e%2e%2fsecret",
        "/data/upload/1/..%5c..%5csecret",
        "/data/upload/1/x%00.png",
        "/data/upload/1/none.png",
        "/data/upload/x/none.png",
        "/data/upload/",
        "/data/",
    ],
)
def test_no_path_leads_out_of_the_uploads(client, project, path):
    assert client.get(path).status_code in (400, 404)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\pictures\\my cat.png", "my_cat.png"),
        ("a<b>c'.png", "a_b_c_.png"),
        (".hidden.png", "hidden.png"),
        ("é" * 300 + ".png", None),
    ],
)
def test_names_are_made_harmless(client, project, name, stored):
    _, row = upload(client, project, name, PNG)
    prefix, _, last = row["file"].rpartition("/")
    assert prefix == f"upload/{project}"
    assert len(last.encode()) < 200 and last.endswith(".png")
    if stored:
        assert last[8:] == f"-{stored}"


def test_uploads_are_listed_and_deleted(client, project):
    rows = [upload(client, project, f"{n}.png", PNG)[1] for n in range(3)]
    path = f"/api/projects/{project}/file-uploads"
    ids = [row["id"] for row in rows]
    assert client.get(path).json() == []
    assert client.get(path, params={"all": "true"}).json() == rows
    for spelled in (f"[{ids[0]},{ids[1]}]", f"{ids[0]},{ids[1]}"):
        assert client.get(path, params={"ids": spelled}).json() == rows[:2]
    assert client.get(path, params={"ids": ids[:2]}).json() == rows[:2]
    assert client.get(path, params={"ids": "x"}).status_code == 400
    gone = client.request("DELETE", path, json={"file_upload_ids": ids[:1]})
    assert (gone.status_code, gone.json()) == (200, {"deleted": 1})
    assert client.get(f"/data/{rows[0]['file']}").status_code == 404
    assert client.get(f"/api/import/file-upload/{ids[0]}").status_code == 404
    assert client.delete(f"/api/import/file-upload/{ids[1]}").status_code == 204
    assert client.request("DELETE", path).json() == {"deleted": 1}
    assert client.get(path, params={"all": "true"}).json() == []


def test_the_file_of_an_upload_can_be_replaced(server, client, project):
    address, row = upload(client, project, "a.png", PNG)
    path = f"/api/import/file-upload/{row['id']}"
    assert client.patch(path, json={"file": "upload/9/x.png"}).json() == row
    changed = client.patch(path, files={"file": ("b.png", PNG + b"more")}).json()
    assert (
        changed["id"] == row["id"] and changed["size"] == len(PNG) + 4 and changed["file"].endswith("-b.png")
    )
    assert client.get(f"/data/{changed['file']}").content == PNG + b"more"
    assert client.get(address).status_code == 404
    assert list(server.settings.spool_dir.iterdir()) == []


def test_annotators_cannot_delete_uploads(accounts):
    owner = accounts.add_user("owner@example.org")
    project = owner.post("/api/projects", json={"title": "Files", "label_config": CONFIG}).json()["id"]
    _, row = upload(owner, project, "a.png", PNG)
    annotator = accounts.add_user("ann@example.org", role="annotator")
    assert annotator.delete(f"/api/import/file-upload/{row['id']}").status_code == 403
    assert annotator.request("DELETE", f"/api/projects/{project}/file-uploads").status_code == 403


# --- local directories --------------------------------------------------------------------------------------------


@pytest.fixture
def media(tmp_path):
    root = tmp_path / "pictures & more"
    (root / "deep").mkdir(parents=True)
    (root / "a b.png").write_bytes(PNG)
    (root / "deep" / "c.png").write_bytes(PNG)
    (root / "notes.txt").write_text("secret")
    (root / "fake.png").write_text("<script>")
    (tmp_path / "outside.png").write_bytes(PNG)
    (root / "link.png").symlink_to(tmp_path / "outside.png")
    (root / "inside.png").symlink_to(root / "a b.png")
    (root / "up").symlink_to(tmp_path)
    return root


@pytest.fixture
def local(make_server, media):
    """A client of a server that serves the directory."""
    server = make_server(allow_serving_local_files=True)
    client = server.client()
    project = client.post("/api/projects", json={"title": "Local", "label_config": CONFIG}).json()["id"]
    server.context.db.write_sync(files.register_directory, project, media)
    return client


def get(client, name, directory, **kwargs):
    return client.get(f"/data/{name}", params={"d": str(directory)}, **kwargs)


def test_files_of_a_registered_directory_are_served(local, media):
    answer = get(local, "a%20b.png", media)
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-security-policy"] == POLICY
    assert get(local, "c.png", media / "deep").status_code == 200
    assert get(local, "deep/c.png", media).status_code == 200
    assert get(local, "inside.png", media).status_code == 200
    part = get(local, "a%20b.png", media, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"PNG")
    assert get(local, "a%20b.png", media, headers={"Range": "bytes=99999-"}).status_code == 416
    head = local.head("/data/a%20b.png", params={"d": str(media)})
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(PNG)))


def test_both_documented_spellings_name_a_file_by_its_path(local, media):
    for path in ("/data/filename", "/static/filename"):
        answer = local.get(path, params={"d": str(media / "a b.png")})
        assert (answer.status_code, answer.content) == (200, PNG)


@pytest.mark.parametrize(
    ("name", "directory"),
    [
        ("none.png", "{root}"),
        ("notes.txt", "{root}"),
        ("fake.png", "{root}"),
        ("deep", "{root}"),
        ("link.png", "{root}"),
        ("outside.png", "{root}/up"),
        ("outside.png", "{root}/.."),
        ("outside.png", "{root}/deep/../.."),
        ("..%2Foutside.png", "{root}"),
        ("%2e%2e%2foutside.png", "{root}"),
        ("%252e%252e%252foutside.png", "{root}"),
        ("..%5Coutside.png", "{root}"),
        ("a%20b.png%00.png", "{root}"),
        ("a%20b.png", "{root}\x00"),
        ("a%20b.png", "{name}"),
        ("a%20b.png", ""),
        ("passwd", "/etc"),
        ("outside.png", "{parent}"),
        ("filename", "/etc/passwd"),
        ("filename", "{root}/link.png"),
        ("filename", "{root}/notes.txt"),
        ("filename", "{parent}/outside.png"),
    ],
)
def test_nothing_else_of_the_machine_is_served(local, media, name, directory):
    place = directory.format(root=media, parent=media.parent, name=media.name)
    assert get(local, name, place).status_code in (400, 404)


def test_nothing_is_served_without_the_setting_or_a_registration(make_server, media):
    server = make_server()
    client = server.client()
    project = client.post("/api/projects", json={"title": "Local", "label_config": CONFIG}).json()["id"]
    server.context.db.write_sync(files.register_directory, project, media)
    assert get(client, "a%20b.png", media).status_code == 404


def test_a_pipe_does_not_hold_up_the_server(local, media):
    os.mkfifo(media / "pipe.png")
    assert get(local, "pipe.png", media).status_code == 404


@pytest.mark.parametrize("path", ["/", "/etc", "/proc", "/sys/kernel", "/nowhere/at/all"])
def test_directories_of_the_system_cannot_be_registered(server, client, project, path):
    with pytest.raises(Forbidden):
        server.context.db.write_sync(files.register_directory, project, path)
