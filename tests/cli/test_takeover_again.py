"""`import-project`: ML backends and tokens of a 1.x install, and what was taken over before."""

import base64
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.cli.conftest import Run
from tests.support import install
from tests.support.legacy_directory import make as make_directory
from tests.support.model_server import ModelServer, model_server
from tests.support.process import ServerProcess, running_server


@pytest.fixture
def old(tmp_path: Path) -> Path:
    install.add_the_rest(install.make(tmp_path / "old"))
    return tmp_path / "old"


def client_of(server: ServerProcess) -> httpx2.Client:
    headers = {"Authorization": f"Token {install.TOKEN}"}
    return httpx2.Client(base_url=server.url, timeout=60, headers=headers)


def refreshed(server: ServerProcess, token: str) -> httpx2.Response:
    return httpx2.post(f"{server.url}/api/token/refresh/", json={"refresh": token}, timeout=60)


# --- ML backends --------------------------------------------------------------------------------------------------


def test_ml_backends_come_along(run: Run, tmp_path: Path, old: Path, database_url: str) -> None:
    env = {"LABELYARD_DATABASE_URL": database_url} if database_url else {}
    with model_server() as model:
        _point_to(old, model)
        model.login = f"Basic {base64.b64encode(b'me:secret words').decode()}"
        done = run("labelyard", "import-project", old, "--data-dir", tmp_path / "new", **env)
        assert done.returncode == 0, done.stderr
        assert model.asked == []  # nobody is called on the way
        env["LABELYARD_ML_BLOCK_LOCAL_IP"] = "false"
        with (
            running_server(["--data-dir", "new"], cwd=tmp_path, env=env) as server,
            client_of(server) as client,
        ):
            (backend,) = client.get("/api/ml", params={"project": 3}).json()
            assert {name: backend[name] for name in _KEPT} == _KEPT | {"url": model.url}
            assert backend["state"] == "CO"  # it was looked at now, and answers
            # What was made here is told to it over the webhook that it had.
            hooks = client.get("/api/webhooks", params={"project": 3}).json()
            assert [each["id"] for each in hooks if each["url"] == f"{model.url}/webhook"] == [8]
            assert client.delete(f"/api/ml/{backend['id']}").status_code == 204
            assert 8 not in [each["id"] for each in client.get("/api/webhooks").json()]
            login = {"auth_method": "BASIC_AUTH", "basic_auth_user": "me", "basic_auth_pass": "secret words"}
            new = client.post("/api/ml", json={"project": 3, "url": model.url, **login})
            assert new.json()["id"] == 3  # ids that were given are not given again


_KEPT: dict[str, Any] = {
    "id": 1,
    "url": "",
    "title": "Moods",
    "description": "Old one",
    "is_interactive": True,
    "auth_method": "BASIC_AUTH",
    "basic_auth_user": "me",
    "basic_auth_pass_is_set": True,
    "extra_params": {"depth": 3},
    "timeout": 12.5,
    "auto_update": False,
    "model_version": "v7",
    "project": 3,
    "created_at": "2022-03-04T05:06:07.000008Z",
}


def _point_to(old: Path, model: ModelServer) -> None:
    with closing(sqlite3.connect(old / "label_studio.sqlite3")) as conn, conn:
        conn.execute("UPDATE ml_mlbackend SET url = ? WHERE id = 1", (f"{model.url}/",))
        conn.execute("UPDATE webhook SET url = ? WHERE id = 8", (f"{model.url}/webhook",))


def test_ml_backends_of_a_0x_project_come_along(run: Run, tmp_path: Path) -> None:
    listed = [
        {"url": "http://127.0.0.1:9/", "name": "my"},
        {"url": "http://127.0.0.1:9", "name": "twice"},
        {"url": "ftp://model", "name": "wrong"},
        7,
    ]
    directory = make_directory(tmp_path / "old-project", ml_backends=listed)
    done = run("labelyard", "import-project", directory, "--data-dir", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    assert "1 ML backends" in done.stderr and "3 ML backends were left out" in done.stderr
    with running_server(["--data-dir", "new"], cwd=tmp_path) as server:
        assert httpx2.get(f"{server.url}/api/models").json() == {"models": ["my"]}
        (backend,) = httpx2.get(f"{server.url}/api/ml?project=1").json()
        assert (backend["url"], backend["state"]) == ("http://127.0.0.1:9", "DI")


# --- personal access tokens ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", [True, False])
def test_personal_access_tokens_go_on_with_the_old_secret_key(
    run: Run, tmp_path: Path, old: Path, option: bool
) -> None:
    text = f"# made by the old server\nDEBUG=false\nexport SECRET_KEY='{install.SECRET_KEY}'\n"
    (tmp_path / "elsewhere.env" if option else old / ".env").write_text(text)
    more = ["--env-file", tmp_path / "elsewhere.env"] if option else []
    done = run("labelyard", "import-project", old, "--data-dir", tmp_path / "new", *more)
    assert done.returncode == 0, done.stderr
    assert "2 users, 2 personal access tokens" in done.stderr
    with running_server(["--data-dir", "new"], cwd=tmp_path) as server:
        token = install.personal_token(1, 4)
        answer = refreshed(server, token)
        assert answer.status_code == 200, answer.text
        bearer = {"Authorization": f"Bearer {answer.json()['access']}"}
        me = httpx2.get(f"{server.url}/api/current-user/whoami", headers=bearer).json()
        assert me["email"] == "ann@example.org"
        listed = httpx2.get(f"{server.url}/api/token/", headers=bearer).json()
        assert [each["token"] for each in listed] == [token.rpartition(".")[0]]
        head, _, signature = token.rpartition(".")
        for wrong in (
            install.personal_token(1, 4, key="another key"),
            head,
            f"{head}.",
            f"{head}.{signature[:-2]}",
            f"{'0' * 31}1",  # its jti, which is no secret
            install.personal_token(3, 4),  # its time was over
            install.personal_token(4, 4),  # it was blacklisted
            install.personal_token(5, 99),  # of nobody
            install.personal_token(9, 4),  # was never given
        ):
            assert refreshed(server, wrong).status_code == 401, wrong
        # Rotating ends it, and gives one that this server signed.
        made = httpx2.post(f"{server.url}/api/token/rotate/", json={"refresh": token})
        assert made.status_code == 200
        assert refreshed(server, token).status_code == 401
        assert refreshed(server, made.json()["refresh"]).status_code == 200
        other = install.personal_token(2, 6)
        assert httpx2.post(f"{server.url}/api/token/blacklist/", json={"refresh": other}).status_code == 204
        assert refreshed(server, other).status_code == 401


def test_tokens_that_were_stored_whole_need_no_key(run: Run, tmp_path: Path, old: Path) -> None:
    token = install.personal_token(1, 4, key="nobody knows")
    with closing(sqlite3.connect(old / "label_studio.sqlite3")) as conn, conn:
        conn.execute("UPDATE token_blacklist_outstandingtoken SET token = ? WHERE id = 1", (token,))
    done = run("labelyard", "import-project", old, "--data-dir", tmp_path / "new")
    assert "1 personal access tokens, which only the SECRET_KEY of the old install can sign" in done.stderr
    with running_server(["--data-dir", "new"], cwd=tmp_path) as server:
        assert refreshed(server, token).status_code == 200
        assert refreshed(server, install.personal_token(2, 6)).status_code == 401


def test_an_account_that_was_here_before_gets_no_tokens(run: Run, tmp_path: Path, old: Path) -> None:
    """Whoever had its address in the old install would be let in as its owner."""
    (old / ".env").write_text(f"SECRET_KEY={install.SECRET_KEY}\n")
    into = ("--data-dir", tmp_path / "new")
    made = run("labelyard", "user", "create", "ann@example.org", "--password", "long enough", *into)
    assert made.returncode == 0, made.stderr
    done = run("labelyard", "import-project", old, *into)
    assert done.returncode == 0, done.stderr
    assert "1 users, 1 personal access tokens" in done.stderr
    assert "1 personal access tokens of people who had an account already were left out" in done.stderr
    with running_server(["--data-dir", "new"], cwd=tmp_path) as server:
        assert refreshed(server, install.personal_token(1, 4)).status_code == 401
        assert refreshed(server, install.personal_token(2, 6)).status_code == 200
    # Those that came with their account are not told to be left out when it is there already.
    again = run("labelyard", "import-project", old, *into, "--again")
    assert again.returncode == 0, again.stderr
    assert "1 personal access tokens of people who had an account already were left out" in again.stderr


def test_a_file_without_the_secret_key_is_refused(run: Run, tmp_path: Path, old: Path) -> None:
    (tmp_path / "x.env").write_text("DEBUG=1\n# SECRET_KEY=no\nMY_SECRET_KEY=no\nSECRET_KEY=\nPORT=80\n")
    done = run(
        "labelyard", "import-project", old, "--data-dir", tmp_path / "new", "--env-file", tmp_path / "x.env"
    )
    assert done.returncode == 1 and "x.env: there is no SECRET_KEY=… in it" in done.stderr
    assert not (tmp_path / "new").exists()


# --- the same once more -------------------------------------------------------------------------------------------


def test_an_install_is_known_again(run: Run, tmp_path: Path, old: Path) -> None:
    with closing(sqlite3.connect(old / "label_studio.sqlite3")) as conn, conn:
        shown = '{"text": "/data/upload/3/ab12cd34-größe.txt"}'
        conn.execute("UPDATE task SET data = ? WHERE id = 20", (shown,))
    into = ("--data-dir", tmp_path / "new")
    assert run("labelyard", "import-project", old, *into).returncode == 0
    # It lies elsewhere now, and went on meanwhile: the same install all the same.
    moved = tmp_path / "moved"
    shutil.copytree(old, moved)
    with closing(sqlite3.connect(moved / "label_studio.sqlite3")) as conn, conn:
        conn.execute(
            "INSERT INTO task VALUES (60, '{\"text\": \"late\"}', '{}', 2, 3, '2023-01-01', '2023-01-01', 2)"
        )
    refused = run("labelyard", "import-project", moved, *into)
    assert refused.returncode == 1, refused.stderr
    assert "was taken over before, as project 3 'Old project' (there 3) on 20" in refused.stderr
    assert "--without-project 3" in refused.stderr and "--again" in refused.stderr
    left_out = run("labelyard", "import-project", moved, *into, "--without-project", "3")
    assert left_out.returncode == 0, left_out.stderr
    again = run("labelyard", "import-project", moved, *into, "--again")
    assert again.returncode == 0, again.stderr
    with running_server(["--data-dir", "new"], cwd=tmp_path) as server, client_of(server) as client:
        found = {each["id"]: each for each in client.get("/api/projects").json()["results"]}
        first, second = sorted(found)
        assert (first, [found[each]["task_number"] for each in (first, second)]) == (3, [5, 6])
        assert len(client.get("/api/organizations").json()) == 1
        assert client.get("/api/labels").json()["count"] == 1
        links = client.get("/api/label_links").json()["results"]
        assert sorted(each["project"] for each in links) == [3, second]
        hooks = [each["project"] for each in client.get("/api/webhooks").json()]
        assert sorted(hooks, key=str) == sorted([3, 3, second, second, None], key=str)
        # The file of the second one is its own: it stays when the first project goes.
        params = {"exportType": "JSON", "download_all_tasks": "true"}
        shown = client.get(f"/api/projects/{second}/export", params=params).json()[1]["data"]["text"]
        assert shown == f"/data/upload/{second}/ab12cd34-größe.txt"
        assert client.delete("/api/projects/3").status_code == 204
        assert client.get(shown).text == "a file"
    # What was deleted is not there, so it may come again.
    third = run("labelyard", "import-project", old, *into)
    assert third.returncode == 1 and f"as project {second} 'Old project'" in third.stderr


def test_files_of_a_takeover_that_was_killed_at_its_end_stay(run: Run, tmp_path: Path, old: Path) -> None:
    into = ("--data-dir", tmp_path / "new")
    assert run("labelyard", "import-project", old, *into).returncode == 0
    key = "upload/3/ab12cd34-größe.txt"
    (stored,) = (tmp_path / "new").rglob("*-größe.txt")
    # All was stored, and what was needed on the way is still there.
    left = tmp_path / "new" / "spool" / "takeover"
    left.mkdir(parents=True)
    (left / "adopted").write_text(f"{json.dumps(key)}\n")
    refused = run("labelyard", "import-project", old, *into)
    assert refused.returncode == 1, refused.stderr
    assert stored.read_text() == "a file"
    assert not left.exists()


def test_a_directory_of_0x_is_known_again(run: Run, tmp_path: Path) -> None:
    directory = make_directory(tmp_path / "old-project")
    into = ("--data-dir", tmp_path / "new")
    assert run("labelyard", "import-project", directory, *into).returncode == 0
    copy = tmp_path / "copy"
    shutil.copytree(directory, copy)
    (copy / "completions" / "1.json").unlink(missing_ok=True)  # labeled on meanwhile
    for each in (directory, copy):
        refused = run("labelyard", "import-project", each, *into)
        assert refused.returncode == 1, refused.stderr
        assert f"{each} was taken over before, as project 1 " in refused.stderr
        assert "--again" in refused.stderr
    # More tasks came since: it is known by its place.
    tasks = directory / "tasks.json"
    tasks.write_text(tasks.read_text().rstrip().removesuffix("}") + ', "7777": {"data": {"text": "new"}}}')
    assert run("labelyard", "import-project", directory, *into).returncode == 1
    again = run("labelyard", "import-project", directory, *into, "--again")
    assert again.returncode == 0, again.stderr
