"""The options of the 0.x command line, as scripts spell them."""

import json
import ssl
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.cli.conftest import Run
from tests.support.process import running_server

CONFIG = '<View><Text name="t" value="$text"/><Choices name="c" toName="t"><Choice value="a"/><Choice value="b"/></Choices></View>'


def project_of(url: str, **options: Any) -> dict[str, Any]:
    answer = httpx2.get(f"{url}/api/project", timeout=30, **options)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "config.xml").write_text(CONFIG)
    (tmp_path / "t.txt").write_text("one\ntwo\n")
    return tmp_path


def test_init_writes_the_keys_of_0x(run: Run, files: Path) -> None:
    made = run(
        "label-studio", "init", "moods", "-l", "config.xml", "-i", "t.txt", "--input-format", "text",
        "--sampling", "prediction-score-max", "--initial-project-description", "How people feel", "--host", "127.0.0.1",
        "-p", "8123", "--protocol", "https://", "-b", "-d", "-v", "--log-level", "ERROR", "--use-gevent", "--force",
        "--version", "--quiet",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("labelyard ") and made.stderr == ""
    said = json.loads((files / "moods" / "config.json").read_text())
    assert {name: said[name] for name in ("title", "description", "sampling", "host", "port", "protocol")} == {
        "title": "moods", "description": "How people feel", "sampling": "prediction-score-max", "host": "127.0.0.1",
        "port": 8123, "protocol": "https://",
    }  # fmt: skip
    assert said["label_config"] == "config.xml" and said["allow_delete_completions"] is True
    assert {"instruction", "ml_backends", "show_project_links_in_multisession", "source", "target"} <= set(
        said
    )
    with running_server(["moods", "--protocol", "http"], cwd=files) as server:
        project = project_of(server.url)
        assert (project["project_name"], project["task_count"]) == ("moods", 2)
        assert project["config"]["description"] == "How people feel"
        assert project["config"]["sampling"] == "prediction-score-max"


def test_a_template_and_a_base_configuration(run: Run, files: Path) -> None:
    base = {
        "title": "Base title",
        "instruction": "<b>Read.</b>",
        "sampling": "uniform",
        "label_config": "config.xml",
        "my_own": {"kept": [1, 2]},
    }
    (files / "base.json").write_text(json.dumps(base))
    made = run("label-studio", "init", "p", "-c", "base.json", "-i", "t.txt", "--input-format=text")
    assert made.returncode == 0, made.stderr
    said = json.loads((files / "p" / "config.json").read_text())
    assert said["my_own"] == {"kept": [1, 2]} and said["title"] == "Base title"
    with running_server(["p"], cwd=files) as server:
        project = project_of(server.url)
        assert (project["project_name"], project["instruction"]) == ("Base title", "<b>Read.</b>")
        assert project["config"]["sampling"] == "uniform" and project["data_types"] == {"text": "Text"}
    made = run("label-studio", "init", "q", "--template", "image_bbox")
    assert made.returncode == 0, made.stderr
    assert "<RectangleLabels" in (files / "q" / "config.xml").read_text()
    made = run("label-studio", "init", "r", "--template", "image_bbox", "-l", "config.xml")
    assert made.returncode == 0 and (files / "r" / "config.xml").read_text() == CONFIG


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--output-dir", "x"], 1, ["--output-dir", "Leave it out"]),
        (["--template", "image_bbocks"], 2, ["--template", "image_bbocks"]),
        (["--sampling", "backwards"], 2, ["--sampling", "prediction-score-max"]),
        (["--protocol", "ftp://"], 2, ["--protocol"]),
        (["--source-params", "{"], 2, ["--source-params", "JSON"]),
        (["--target-params", "[]"], 2, ["--target-params", "object"]),
        (["-s", "floppy"], 2, ["--source"]),
        (["-t", "s3"], 2, ["--target"]),
        (["--ml-backends", "localhost"], 2, ["--ml-backends", "localhost"]),
        (["--input-format", "csv"], 2, ["--input-format"]),
        (["-c", "missing.json"], 2, ["missing.json"]),
        (["-c", "broken.json"], 1, ["broken.json", "JSON"]),
        (["-c", "wrong.json"], 1, ["wrong.json", "sampling", "backwards"]),
        (["-c", "nowhere.json"], 1, ["nowhere.xml", "label_config"]),
        (["--cert", "missing.pem"], 2, ["missing.pem"]),
    ],
)
def test_what_is_refused(run: Run, files: Path, arguments: list[str], status: int, words: list[str]) -> None:
    (files / "broken.json").write_text("{")
    (files / "wrong.json").write_text('{"sampling": "backwards"}')
    (files / "nowhere.json").write_text('{"label_config": "nowhere.xml"}')
    done = run("label-studio", "init", "p", *arguments)
    said = done.stdout + done.stderr
    assert done.returncode == status, said
    assert all(word in said for word in words) and "Traceback" not in said, said
    assert not (files / "p").exists()


def test_a_port_that_is_free_is_taken_only_when_asked_for(run: Run, files: Path) -> None:
    assert run("label-studio", "init", "p", "-l", "config.xml").returncode == 0
    with running_server(["--data-dir", "d"], cwd=files) as first:
        refused = run("label-studio", "start", "p", "-p", str(first.port))
        assert refused.returncode == 1 and "--next-port" in refused.stderr
        with running_server(["p", "--next-port"], cwd=files, port=first.port, free=True) as second:
            assert second.port != first.port and project_of(second.url)["project_name"] == "Project p"
            assert f"Port {first.port} is busy" in second.output()


# --- config.json ---------------------------------------------------------------------------------------------------


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_config_json_is_followed_and_kept_true(run: Run, files: Path) -> None:
    assert run("label-studio", "init", "p", "-l", "config.xml").returncode == 0
    path = files / "p" / "config.json"
    edit(
        path, title="Edited by hand", description="d", instruction="<i>i</i>", sampling="uniform", unknown=[1]
    )
    with running_server(["p"], cwd=files) as server:
        project = project_of(server.url)
        assert (project["project_name"], project["instruction"]) == ("Edited by hand", "<i>i</i>")
        assert (project["config"]["description"], project["config"]["sampling"]) == ("d", "uniform")
        assert httpx2.patch(f"{server.url}/api/project", json={"title": "By the API"}).status_code == 201
        edit(path, port=8124)  # while it runs: kept for the next start, beside what the server writes
    said = json.loads(path.read_text())
    assert (said["title"], said["unknown"], said["port"]) == ("By the API", [1], 8124)
    with running_server(["p"], cwd=files) as server:
        assert project_of(server.url)["project_name"] == "By the API"
        config = CONFIG.replace('value="b"', 'value="c"')
        assert (
            httpx2.post(f"{server.url}/api/project/config", json={"label_config": config}).status_code == 201
        )
    said = json.loads(path.read_text())
    assert said["label_config_updated"] is True and said["port"] == 8124
    assert (files / "p" / "config.xml").read_text() == config


def test_an_edit_over_a_change_of_the_server_is_set_aside(run: Run, files: Path) -> None:
    assert run("label-studio", "init", "p", "-l", "config.xml").returncode == 0
    path = files / "p" / "config.json"
    with running_server(["p"], cwd=files) as server:
        assert httpx2.patch(f"{server.url}/api/project", json={"title": "By the API"}).status_code == 201
        edit(path, title="By hand")
    (aside,) = path.parent.glob("config.json.edited-*")
    assert json.loads(aside.read_text())["title"] == "By hand"
    assert json.loads(path.read_text())["title"] == "By the API"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": "x" * 51}, ["config.json", "50 characters"]),
        ({"sampling": "backwards"}, ["config.json", "sampling", "backwards"]),
        ({"allow_delete_completions": "no"}, ["config.json", "allow_delete_completions", "bool"]),
        ({"protocol": "gopher://"}, ["config.json", "protocol"]),
        ({"ml_backends": ["localhost:9090"]}, ["config.json", "ml_backends"]),
    ],
)
def test_a_wrong_value_stops_the_start(
    run: Run, files: Path, changes: dict[str, Any], words: list[str]
) -> None:
    assert run("label-studio", "init", "p", "-l", "config.xml").returncode == 0
    path = files / "p" / "config.json"
    edit(path, **changes)
    before = path.read_text()
    done = run("label-studio", "start", "p", "--no-browser", "-p", "8994")
    assert done.returncode == 1 and all(word in done.stderr for word in words), done.stderr
    assert path.read_text() == before


def test_completions_that_must_not_be_deleted(run: Run, files: Path) -> None:
    made = run("label-studio", "init", "p", "-l", "config.xml", "-i", "t.txt", "--input-format=text")
    assert made.returncode == 0
    edit(files / "p" / "config.json", allow_delete_completions=False)
    with running_server(["p"], cwd=files) as server, httpx2.Client(base_url=server.url, timeout=30) as client:
        assert client.get("/api/project").json()["config"]["allow_delete_completions"] is False
        task = client.get("/api/tasks").json()[0]["id"]
        result = [{"from_name": "c", "to_name": "t", "type": "choices", "value": {"choices": ["a"]}}]
        made = client.post(f"/api/tasks/{task}/completions", json={"result": result}).json()["id"]
        project = client.get("/api/project").json()["id"]
        everything = {"selectedItems": {"all": True, "excluded": []}}
        for method, path, body in (
            ("DELETE", f"/api/tasks/{task}/completions", None),
            ("DELETE", f"/api/tasks/{task}/completions/{made}", None),
            ("DELETE", "/api/completions", None),
            ("DELETE", f"/api/annotations/{made}", None),
            ("POST", "/api/annotations/bulk-delete", {"ids": [made], "project": project}),
            ("POST", f"/api/dm/actions?project={project}&id=delete_tasks_annotations", everything),
            ("POST", f"/api/tasks/{task}", {"completions": []}),
        ):
            answer = client.request(method, path, json=body)
            assert answer.status_code == 422 and "allow_delete_completions" in answer.json()["detail"], path
        assert client.get("/api/completions").json() == {"ids": [task]}
        assert client.patch(f"/api/tasks/{task}/completions/{made}", json={"lead_time": 1}).status_code == 201


def test_a_named_project_of_a_data_directory_is_the_current_one(run: Run, files: Path) -> None:
    for name in ("first", "second"):
        arguments = ["start", name, "--data-dir", "d", "--init", "-l", "config.xml"]
        with running_server(arguments[1:], cwd=files) as server:
            assert project_of(server.url)["project_name"] == name


# --- passwords and certificates ------------------------------------------------------------------------------------


OPEN = {"/health", "/favicon.ico"}
PATHS = [
    "/", "/projects", "/user/login", "/user/signup", "/api/project", "/api/tasks", "/api/health", "/version", "/docs/api",
    "/api/projects", "/data/upload/1/a.png", "/data/a.png?d=/etc", "/static/a.png?d=/etc", "/metrics", "/nowhere",
]  # fmt: skip


def test_a_password_is_asked_for_everywhere(run: Run, files: Path) -> None:
    made = run("label-studio", "init", "p", "-l", "config.xml", "-i", "t.txt", "--input-format=text")
    assert made.returncode == 0
    token = "0123456789abcdef0123456789abcdef01234567"
    arguments = [
        "p",
        "--username",
        "me",
        "--password",
        "pa:ss",
        "--user-token",
        token,
        "--enable-legacy-api-token",
        "-v",
    ]
    with running_server(arguments, cwd=files) as server:
        with httpx2.Client(base_url=server.url, timeout=30) as client:
            for path in PATHS:
                answer = client.get(path)
                assert answer.status_code == 401, path
                assert answer.headers["www-authenticate"].startswith('Basic realm="Login Required"'), path
            assert client.post("/api/project/import", json=[{"text": "x"}]).status_code == 401
            assert client.post("/user/login", data={"email": "a@b.c", "password": "x"}).status_code == 401
            assert client.get("/health").status_code == 200
            for wrong in (("me", "pass"), ("you", "pa:ss"), ("", ""), ("ME", "pa:ss")):
                assert client.get("/api/project", auth=wrong).status_code == 401, wrong
            for header in (
                "Basic",
                "Basic %%%",
                "Basic /w==",
                f"Token {token[::-1]}",
                "Bearer x",
                "Digest a",
            ):
                answer = client.get("/api/project", headers={"Authorization": header})
                assert answer.status_code == 401, header
            assert client.get("/api/project", headers={"Cookie": "sessionid=made-up"}).status_code == 401
            for good in ({"auth": ("me", "pa:ss")}, {"headers": {"Authorization": f"Token {token}"}}):
                assert client.get("/api/project", **good).json()["task_count"] == 2
                assert len(client.get("/api/projects", **good).json()["results"]) == 1
            assert (
                client.post("/api/project/import", json=[{"text": "x"}], auth=("me", "pa:ss")).status_code
                == 201
            )
            # what a browser repeats by itself must come from our own pages
            foreign = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
            answer = client.post(
                "/api/project/import", json=[{"text": "x"}], auth=("me", "pa:ss"), headers=foreign
            )
            assert answer.status_code == 403
        said = server.output()
        assert "pa:ss" not in said and token not in said and "bWU6cGE6c3M" not in said
    with running_server(["p"], cwd=files) as server:  # the password is not remembered
        assert project_of(server.url)["task_count"] == 3


def test_guessing_is_slowed_down(run: Run, files: Path) -> None:
    assert run("label-studio", "init", "p", "-l", "config.xml").returncode == 0
    edit(files / "p" / "config.json", password="in the file")
    with running_server(["p"], cwd=files) as server, httpx2.Client(base_url=server.url, timeout=30) as client:
        assert client.get("/api/project", auth=("ls", "in the file")).status_code == 200  # the name of 0.x
        codes = [client.get("/api/project", auth=("ls", f"guess {n}")).status_code for n in range(32)]
        assert codes[0] == 401 and codes[-1] == 429
        assert client.get("/api/project", auth=("ls", "in the file")).status_code == 429


def test_a_weak_password_stays_on_this_machine(run: Run, files: Path) -> None:
    assert run("label-studio", "init", "p", "-l", "config.xml").returncode == 0
    arguments = ["start", "p", "--password", "1234", "--host", "0.0.0.0", "-p", "8995", "-b"]
    done = run("label-studio", *arguments)
    assert done.returncode == 1 and "8 characters" in done.stderr


def test_an_address_as_the_name_makes_an_account(run: Run, files: Path) -> None:
    assert run("label-studio", "init", "p", "-l", "config.xml").returncode == 0
    account = ("ada@example.org", "correct horse")
    with running_server(["p", "--username", account[0], "--password", account[1]], cwd=files) as server:
        me = httpx2.get(f"{server.url}/api/current-user/whoami", auth=account).json()
        assert me["email"] == "ada@example.org"
    with running_server(["p", "--username", account[0], "--password", "another one"], cwd=files) as server:
        assert httpx2.get(f"{server.url}/api/project", auth=account).status_code == 401
        assert project_of(server.url, auth=(account[0], "another one"))
        assert "keeps its own password" in server.output()


def test_https(run: Run, files: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        cwd=files, check=True, capture_output=True,
    )  # fmt: skip
    made = run("label-studio", "init", "p", "-l", "config.xml", "--cert", "cert.pem", "--key", "key.pem")
    assert made.returncode == 0, made.stderr
    assert json.loads((files / "p" / "config.json").read_text())["protocol"] == "https://"
    trusted = ssl.create_default_context(cafile=str(files / "cert.pem"))
    with running_server(["p"], cwd=files, verify=trusted) as server:
        assert server.url.startswith("https://")
        assert project_of(server.url, verify=trusted)["config"]["protocol"] == "https://"
        assert f"https://localhost:{server.port}" in server.output()
    for arguments, word in (
        (["--cert", "cert.pem"], "--key"),
        (["--cert", "key.pem", "--key", "key.pem"], "no certificate"),
        (["--cert", "config.xml", "--key", "key.pem"], "no certificate"),
    ):
        done = run("label-studio", "start", "--data-dir", "d", "-b", *arguments)
        assert done.returncode == 1 and word in done.stderr, done.stderr


def test_local_mode_answers_this_machine_only(run: Run, files: Path) -> None:
    assert run("label-studio", "init", "p", "-l", "config.xml").returncode == 0
    with running_server(["p"], cwd=files) as server, httpx2.Client(base_url=server.url, timeout=30) as client:
        for host in ("evil.example", f"evil.example:{server.port}", "192.168.1.5", "localhost.evil.example"):
            assert client.get("/api/project", headers={"Host": host}).status_code == 400, host
        for headers in (
            {"Origin": "http://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Referer": "http://evil.example/page"},
        ):
            for path in ("/api/project/import", "/api/project/config", "/api/project?new=1"):
                assert client.post(path, json=[], headers=headers).status_code == 403, (path, headers)
        text = {"Content-Type": "text/plain"}
        assert client.post("/api/project/import", content='[{"text": "x"}]', headers=text).status_code == 415
        assert client.get("/api/project").json()["task_count"] == 0
