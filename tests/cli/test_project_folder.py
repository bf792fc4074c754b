"""`init` and `start NAME`: every documented command line, on real files, through both names of the program."""

import json
import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.cli.conftest import Run
from tests.support import media
from tests.support.legacy_documents import CONFIG, TASK
from tests.support.process import running_server

IMAGE_CONFIG = (
    '<View><Image name="img" value="$image"/><RectangleLabels name="box" toName="img"><Label value="Car"/>'
    "</RectangleLabels></View>"
)
AUDIO_CONFIG = (
    '<View><Audio name="snd" value="$audio"/><Choices name="c" toName="snd"><Choice value="a"/><Choice value="b"/>'
    "</Choices></View>"
)
TASKS: list[dict[str, Any]] = [TASK, {"my_text": "A bare object is the data"}]


def export(url: str) -> list[dict[str, Any]]:
    with httpx2.Client(base_url=url, timeout=60) as client:
        projects = client.get("/api/projects").json()["results"]
        assert len(projects) == 1
        answer = client.get(
            f"/api/projects/{projects[0]['id']}/export",
            params={"exportType": "JSON", "download_all_tasks": "true"},
        )
        assert answer.status_code == 200, answer.text
        return list(answer.json())


@pytest.mark.parametrize("name", ["label-studio", "labelyard"])
def test_json_tasks(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "config.xml").write_text(CONFIG)
    (tmp_path / "my_tasks.json").write_text(json.dumps(TASKS))
    made = run(name, "init", "my-project", "--input-path=my_tasks.json", "--label-config=config.xml")
    assert made.returncode == 0, made.stderr
    folder = tmp_path / "my-project"
    assert (folder / "config.xml").read_text() == CONFIG
    assert {"config.json", "labelyard.sqlite3", "secret.key"} <= {each.name for each in folder.iterdir()}
    assert not list(tmp_path.glob(".*partial*"))
    with running_server(["my-project"], cwd=tmp_path) as server:
        first, second = export(server.url)
    assert first["data"] == TASKS[0]["data"]
    assert first["annotations"][0]["result"] == TASKS[0]["completions"][0]["result"]
    assert first["total_predictions"] == 1
    assert second["data"] == TASKS[1]


def test_init_without_a_name_or_config(run: Run, tmp_path: Path) -> None:
    """The oldest documented form: `label-studio init --input-path=my_tasks.json`."""
    (tmp_path / "my_tasks.json").write_text(json.dumps(TASKS))
    made = run("label-studio", "init", "--input-path", "my_tasks.json", "--input-format", "json")
    assert made.returncode == 0, made.stderr
    assert "2 tasks" in made.stderr
    assert (tmp_path / "my_project" / "labelyard.sqlite3").is_file()


def test_json_dir(run: Run, tmp_path: Path) -> None:
    nested = tmp_path / "dir" / "with" / "json" / "files" / "deeper"
    nested.mkdir(parents=True)
    (nested.parent / "a.json").write_text(json.dumps([{"my_text": "one"}, {"my_text": "two"}]))
    (nested / "B.JSON").write_text(json.dumps({"data": {"my_text": "three"}}))
    (nested / "notes.txt").write_text("no task")
    (tmp_path / "config.xml").write_text(CONFIG)
    made = run(
        "label-studio",
        "init",
        "p",
        "--input-path=dir/with/json/files",
        "--input-format=json-dir",
        "-l",
        "config.xml",
    )
    assert made.returncode == 0, made.stderr
    with running_server(["p"], cwd=tmp_path) as server:
        assert [task["data"]["my_text"] for task in export(server.url)] == ["one", "two", "three"]


def test_text_and_text_dir(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text(CONFIG)
    (tmp_path / "my_tasks.txt").write_text(
        "this is a first task\n  this is a second task \r\nżółć 🙂\n", encoding="utf-8"
    )
    made = run(
        "label-studio",
        "init",
        "p",
        "--input-path=my_tasks.txt",
        "--input-format=text",
        "--label-config=config.xml",
    )
    assert made.returncode == 0, made.stderr
    with running_server(["p"], cwd=tmp_path) as server:
        texts = [task["data"] for task in export(server.url)]
    assert texts == [
        {"my_text": "this is a first task"},
        {"my_text": "this is a second task"},
        {"my_text": "żółć 🙂"},
    ]

    directory = tmp_path / "dir" / "with" / "text" / "files"
    (directory / "sub").mkdir(parents=True)
    (directory / "a.txt").write_text("one\ntwo")
    (directory / "sub" / "b.log").write_text("three\n")
    made = run(
        "label-studio",
        "init",
        "q",
        "--input-path=dir/with/text/files",
        "--input-format=text-dir",
        "--label-config=config.xml",
    )
    assert made.returncode == 0, made.stderr
    assert "3 tasks" in made.stderr


@pytest.mark.parametrize(
    ("format", "config", "key", "names"),
    [
        ("image-dir", IMAGE_CONFIG, "image", ["a b.png", "sub/c.JPG", "d.tiff", "e.bmp", "f.gif"]),
        ("audio-dir", AUDIO_CONFIG, "audio", ["a.wav", "sub/ü.WAV"]),
    ],
)
def test_media_directories(
    run: Run, tmp_path: Path, format: str, config: str, key: str, names: list[str]
) -> None:
    directory = tmp_path / "my" / "files"
    (directory / "sub").mkdir(parents=True)
    for name in names:
        kind = {"jpg": "JPEG", "tiff": "TIFF", "bmp": "BMP", "gif": "GIF"}.get(
            name.rpartition(".")[2].lower(), "PNG"
        )
        (directory / name).write_bytes(media.tone() if key == "audio" else media.image(kind))
    (directory / "readme.txt").write_text("no media")
    (tmp_path / "secret.png").write_bytes(media.image())
    (tmp_path / "config.xml").write_text(config)
    made = run(
        "label-studio", "init", "my-project", "--input-path=my/files", f"--input-format={format}",
        "--label-config=config.xml", "--allow-serving-local-files",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "WARNING" in made.stderr
    (directory / "link.png").symlink_to(tmp_path / "secret.png")
    with running_server(["my-project"], cwd=tmp_path) as server, httpx2.Client(base_url=server.url) as client:
        media_urls = [task["data"][key] for task in export(server.url)]
        assert len(media_urls) == len(names)
        for url in media_urls:
            answer = client.get(url)
            assert answer.status_code == 200, url
            assert answer.headers["content-type"].startswith(key)
            part = client.get(url, headers={"Range": "bytes=2-5"})
            assert part.status_code == 206 and part.content == answer.content[2:6]
        path = str(directory / names[0])
        for spelling in ("/data/filename", "/static/filename"):
            assert client.get(spelling, params={"d": path}).status_code == 200
        older = client.get(media_urls[0].replace("/data/", "/static/", 1), follow_redirects=True)
        assert older.status_code == 200 and older.content == client.get(media_urls[0]).content
        for outside in (
            str(tmp_path / "secret.png"),
            f"{directory}/../../secret.png",
            "/etc/passwd",
            str(directory / "link.png"),
        ):
            assert client.get("/data/filename", params={"d": outside}).status_code in {403, 404}
        assert client.get("/data/secret.png", params={"d": str(tmp_path)}).status_code in {403, 404}


def test_local_files_are_not_served_unless_allowed(run: Run, tmp_path: Path) -> None:
    directory = tmp_path / "files"
    directory.mkdir()
    (directory / "a.png").write_bytes(media.image())
    (tmp_path / "config.xml").write_text(IMAGE_CONFIG)
    made = run(
        "label-studio",
        "init",
        "p",
        "--input-path=files",
        "--input-format=image-dir",
        "--label-config=config.xml",
    )
    assert made.returncode == 0 and "--allow-serving-local-files" in made.stderr
    with running_server(["p"], cwd=tmp_path) as server:
        url = export(server.url)[0]["data"]["image"]
        assert httpx2.get(server.url + url).status_code in {403, 404}


def test_a_folder_can_be_moved(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text(CONFIG)
    (tmp_path / "t.txt").write_text("one\ntwo\n")
    assert (
        run("label-studio", "init", "p", "-i", "t.txt", "--input-format=text", "-l", "config.xml").returncode
        == 0
    )
    shutil.copytree(tmp_path / "p", tmp_path / "elsewhere" / "moved")
    shutil.rmtree(tmp_path / "p")
    with running_server(["moved", "--root-dir", "elsewhere"], cwd=tmp_path) as server:
        assert [task["data"]["my_text"] for task in export(server.url)] == ["one", "two"]


def test_start_with_init(tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text(CONFIG)
    (tmp_path / "t.txt").write_text("one\n")
    arguments = [
        "p",
        "--init",
        "--input-path=t.txt",
        "--input-format=text",
        "--label-config=config.xml",
        "--sampling=uniform",
    ]
    with running_server(arguments, cwd=tmp_path) as server:
        assert len(export(server.url)) == 1
        project = httpx2.get(f"{server.url}/api/projects").json()["results"][0]
        assert project["sampling"] == "Uniform sampling" and project["title"] == "Project p"


def test_a_name_in_a_data_directory_is_a_title(run: Run, tmp_path: Path) -> None:
    """As in 1.x: `start NAME --data-dir D --init` makes a project in D, once."""
    (tmp_path / "config.xml").write_text(CONFIG)
    (tmp_path / "t.txt").write_text("one\ntwo\n")
    init = ["--init", "--input-path=t.txt", "--input-format=text", "--label-config=config.xml"]
    refused = run("label-studio", "start", "shop", "--data-dir", "d")
    assert refused.returncode == 1 and "no project called 'shop'" in refused.stderr
    for arguments in (init, init, []):
        with running_server(["shop", "--data-dir", "d", *arguments], cwd=tmp_path) as server:
            (project,) = httpx2.get(f"{server.url}/api/projects").json()["results"]
            assert (project["title"], project["task_number"]) == ("shop", 2)
    assert not (tmp_path / "shop").exists()


def test_a_project_in_a_data_directory_is_made_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text(CONFIG)
    (tmp_path / "t.json").write_text('[{"my_text": "a"}, {"other": 1}]')
    arguments = ["shop", "--data-dir", "d", "--init", "-i", "t.json", "-l", "config.xml", "--no-browser"]
    failed = run("label-studio", "start", *arguments, LABELYARD_PORT="8996")
    assert failed.returncode == 1 and "t.json, line 1, item 1" in failed.stderr
    with running_server(["--data-dir", "d"], cwd=tmp_path) as server:
        assert httpx2.get(f"{server.url}/api/projects").json()["count"] == 0


def test_an_edited_config_file_is_taken_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text(CONFIG)
    assert run("label-studio", "init", "p", "-l", "config.xml").returncode == 0
    edited = CONFIG.replace("Neutral", "Mixed")
    (tmp_path / "p" / "config.xml").write_text(edited)
    with running_server(["p"], cwd=tmp_path) as server:
        project = httpx2.get(f"{server.url}/api/projects").json()["results"][0]
        assert project["label_config"] == edited
        changed = edited.replace("Mixed", "Unsure")
        answer = httpx2.patch(f"{server.url}/api/projects/{project['id']}", json={"label_config": changed})
        assert answer.status_code == 200
    assert (tmp_path / "p" / "config.xml").read_text() == changed


def test_a_killed_server_loses_no_config_to_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text(CONFIG)
    assert run("label-studio", "init", "p", "-l", "config.xml").returncode == 0
    path = tmp_path / "p" / "config.xml"
    path.write_text(CONFIG.replace("Neutral", "Mixed"))
    changed = CONFIG.replace("Neutral", "Unsure")
    with running_server(["p"], cwd=tmp_path) as server:
        project = httpx2.get(f"{server.url}/api/projects").json()["results"][0]
        httpx2.patch(f"{server.url}/api/projects/{project['id']}", json={"label_config": changed})
        server.kill()
    assert "Mixed" in path.read_text()
    with running_server(["p"], cwd=tmp_path) as server:
        assert httpx2.get(f"{server.url}/api/projects").json()["results"][0]["label_config"] == changed
        assert path.read_text() == changed


WRONG = [
    # files, arguments, expected in the message
    ({"c.xml": "<View><Text name='t' value='$t'/>\n<Choice></View>"}, ["-l", "c.xml"], ["c.xml", "line 2"]),
    (
        {
            "c.xml": "<View>\n<Text name='t' value='$t'/>\n<Choices name='c' toName='zzz'><Choice value='a'/></Choices></View>"
        },
        ["-l", "c.xml"],
        ["c.xml", "line 3", "Choices", "zzz"],
    ),
    (
        {"c.xml": CONFIG, "t.json": '[{"my_text": "a"}, {"other": 1}]'},
        ["-l", "c.xml", "-i", "t.json"],
        ["t.json", "item 1", "my_text"],
    ),
    ({"c.xml": CONFIG, "t.json": '[{"my_text": "a"}'}, ["-l", "c.xml", "-i", "t.json"], ["t.json"]),
    ({"c.xml": CONFIG, "t.json": '["a"]'}, ["-l", "c.xml", "-i", "t.json"], ["t.json", "item 0"]),
    ({"t.txt": "a\n"}, ["-i", "t.txt", "--input-format=text"], ["--label-config"]),
    (
        {"c.xml": CONFIG, "t.txt": b"ok\n\xff\xfe\n"},
        ["-l", "c.xml", "-i", "t.txt", "--input-format=text"],
        ["t.txt", "line 2", "UTF-8"],
    ),
    (
        {"c.xml": CONFIG, "t.txt": "a"},
        ["-l", "c.xml", "-i", "t.txt", "--input-format=text-dir"],
        ["not a directory"],
    ),
    (
        {"c.xml": IMAGE_CONFIG, "d/a.txt": "a"},
        ["-l", "c.xml", "-i", "d", "--input-format=image-dir"],
        ["no files", "image-dir"],
    ),
]


@pytest.mark.parametrize(("files", "arguments", "expected"), WRONG)
def test_wrong_input_names_the_place_and_leaves_nothing(
    run: Run, tmp_path: Path, files: dict[str, str | bytes], arguments: list[str], expected: list[str]
) -> None:
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    made = run("label-studio", "init", "my-project", *arguments)
    assert made.returncode == 1, made.stderr
    for word in expected:
        assert word in made.stderr
    assert "Traceback" not in made.stderr
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


def test_an_existing_folder_is_left_alone_unless_forced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("one\n")
    (tmp_path / "c.xml").write_text(CONFIG)
    arguments = ["init", "p", "-l", "c.xml", "-i", "t.txt", "--input-format=text"]
    assert run("label-studio", *arguments).returncode == 0
    again = run("label-studio", *arguments)
    assert again.returncode == 1 and "--force" in again.stderr
    assert run("label-studio", *arguments, "--force").returncode == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    refused = run("label-studio", "init", "mine", "-l", "c.xml", "--force")
    assert refused.returncode == 1 and (tmp_path / "mine" / "thesis.tex").exists()


def test_usage_errors_have_status_two(run: Run) -> None:
    assert run("label-studio", "init", "p", "--input-format=csv").returncode == 2
    assert run("label-studio", "init", "p", "-i", "missing.json").returncode == 2
    assert run("label-studio", "fly").returncode == 2


def test_starting_what_is_not_there_says_how_to_make_it(run: Run) -> None:
    started = run("label-studio", "start", "nothing")
    assert started.returncode == 1 and "init nothing" in started.stderr


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_the_log_level_says_whether_requests_are_logged(tmp_path: Path, level: str) -> None:
    env = {"LABEL_STUDIO_LOG_LEVEL": level}
    with running_server(["--data-dir", "d"], cwd=tmp_path, env=env) as server:
        httpx2.get(f"{server.url}/api/projects/12345%0afalse?token=secret")
    said = server.output()  # once it has stopped: a request is logged after its answer
    assert ("/api/projects/12345%0afalse" in said) is (level == "DEBUG")
    assert "secret" not in said
