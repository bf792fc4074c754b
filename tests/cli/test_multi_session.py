"""`start-multi-session`: private projects behind one address, kept over a restart."""

from pathlib import Path

import httpx2
from tests.support.process import ServerProcess

CONFIG = '<View><Text name="t" value="$text"/><Choices name="c" toName="t"><Choice value="a"/><Choice value="b"/></Choices></View>'


def started(tmp_path: Path, *arguments: str) -> ServerProcess:
    server = ServerProcess(["--root-dir", "many", *arguments], cwd=tmp_path, command="start-multi-session")
    server.wait_ready()
    return server


def test_visitors_are_apart_and_known_again(tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_text(CONFIG)
    server = started(tmp_path, "--label-config", "c.xml", "--initial-project-description", "Moods of letters")
    try:
        with httpx2.Client(base_url=server.url) as one, httpx2.Client(base_url=server.url) as other:
            mine = one.get("/api/project").json()
            assert (mine["project_name"], mine["data_types"]) == ("Moods of letters", {"text": "Text"})
            assert one.post("/api/project/import", json=[{"text": "mine"}]).status_code == 201
            assert other.get("/api/tasks").json() == []
            cookies = dict(one.cookies)
    finally:
        server.stop()
    assert (tmp_path / "many" / "labelyard-sessions" / "labelyard.sqlite3").is_file()
    server = started(tmp_path)
    try:
        with httpx2.Client(base_url=server.url, cookies=cookies) as again:
            assert [each["data"] for each in again.get("/api/tasks").json()] == [{"text": "mine"}]
            assert again.get("/api/project").json()["uuid"] == mine["uuid"]
    finally:
        server.stop()
