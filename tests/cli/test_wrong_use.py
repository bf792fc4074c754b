"""Everything that can be wrong around a command: a message with place and cure, status 1, nothing half-made."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Run, program
from tests.support.process import ServerProcess, clean_environment, running_server

CONFIG = '<View><Text name="t" value="$text"/><Choices name="c" toName="t"><Choice value="a"/><Choice value="b"/></Choices></View>'
# A directory that nobody can make anything in, root included.
UNWRITABLE = "/proc/labelyard"


def check_failed(done: "subprocess.CompletedProcess[str]", *words: str, status: int = 1) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == status, said
    assert "Traceback" not in said and 'File "' not in said, said
    assert len(said) < 5000, said[:5000]
    for word in words:
        assert word in said, said


def everything(root: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(root.rglob("*"))}


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """A project folder `p` with one task."""
    (tmp_path / "c.xml").write_text(CONFIG)
    (tmp_path / "t.txt").write_text("one\n")
    made = run("labelyard", "init", "p", "-l", "c.xml", "-i", "t.txt", "--input-format=text")
    assert made.returncode == 0, made.stderr
    return tmp_path / "p"


@pytest.mark.parametrize("name", ["label-studio", "labelyard"])
def test_the_installed_program_says_it_by_its_status(tmp_path: Path, name: str) -> None:
    """The other tests here spare themselves the start of the program (`tests/support/warm.py`)."""

    def installed(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(program(name)), *arguments], cwd=tmp_path, env=clean_environment(HOME=str(tmp_path)),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    assert installed("version").returncode == 0
    check_failed(installed("export", "7", "--data-dir", "d"), "error:", "d: no data directory")
    check_failed(installed("init", "--wrong"), "--wrong", status=2)


# --- init ---------------------------------------------------------------------------------------------------------

INIT = {
    "a binary file as text": (["-i", "binary", "--input-format=text"], ["binary", "line 2"]),
    "a NUL in a text": (["-i", "nul.txt", "--input-format=text"], ["nul.txt", "line 2", "NUL"]),
    "a binary file as JSON": (["-i", "binary"], ["binary", "UTF-8"]),
    "a JSON bomb": (["-i", "bomb.json"], ["bomb.json"]),
    "a number without end": (["-i", "long.json"], ["long.json", "digits"]),
    "an empty file": (["-i", "empty.json"], ["empty.json", "empty"]),
    "a directory as JSON": (["-i", "directory"], ["directory", "json-dir"]),
    "a directory as text": (["-i", "directory", "--input-format=text"], ["directory", "text-dir"]),
    "a file as image-dir": (["-i", "binary", "--input-format=image-dir"], ["binary", "not a directory"]),
    "an empty directory": (["-i", "directory", "--input-format=json-dir"], ["directory", "no files"]),
    "a file that cannot be read": (["-i", "unreadable.json"], ["unreadable.json"]),
    "a text that cannot be read": (["-i", "unreadable.json", "--input-format=text"], ["unreadable.json"]),
    "a JSON text that breaks off": (["-i", "cut.json"], ["cut.json, line 2, column 16", "Mend the file"]),
    "a NUL in JSON": (["-i", "nul.json"], ["nul.json, line 2, column 13", "NUL", "Remove"]),
    "a task without its key": (["-i", "keys.json"], ["keys.json, line 3, item 1: ", '"text"']),
    "a link to elsewhere": (["-i", "media", "--input-format=image-dir"], ["out.png", "leads out of"]),
    "a broken link in a directory": (["-i", "links", "--input-format=json-dir"], ["links", "no files"]),
}


@pytest.mark.parametrize("what", INIT)
def test_init_refuses_wrong_input(run: Run, tmp_path: Path, what: str) -> None:
    arguments, words = INIT[what]
    (tmp_path / "c.xml").write_text(CONFIG)
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "nul.txt").write_bytes(b"one\nt\x00wo\n")
    (tmp_path / "bomb.json").write_bytes(b"[" * 1_000_000)
    (tmp_path / "long.json").write_bytes(b'[{"text": ' + b"1" * 1_000_000 + b"}]")
    (tmp_path / "empty.json").touch()
    (tmp_path / "directory").mkdir()
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "a.json").symlink_to("b.json")
    (tmp_path / "links" / "b.json").symlink_to("a.json")
    (tmp_path / "cut.json").write_text('[{"text": "é"},\n {"text": "two"')
    (tmp_path / "nul.json").write_text('[\n {"text": "é\\u0000"}]')
    (tmp_path / "keys.json").write_text('[{"text": "a"},\n\n {"letter": "b"}]')
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "out.png").symlink_to(tmp_path / "binary")
    (tmp_path / "unreadable.json").symlink_to(
        "/proc/self/mem"
    )  # root may open it, but reading fails for everybody
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    check_failed(run("labelyard", "init", "p", "-l", "c.xml", *arguments), "error:", *words)
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


CONFIGS = {
    "a directory": ("directory", ["directory", "XML file"]),
    "not UTF-8": ("latin.xml", ["latin.xml", "UTF-8", "iconv"]),
    "UTF-16": ("utf16.xml", ["utf16.xml", "UTF-8"]),
    "not XML": ("text.xml", ["text.xml", "line 1"]),
    "a document type": ("laughs.xml", ["laughs.xml", "DOCTYPE"]),
    "too deep": ("deep.xml", ["deep.xml", "more than 100 deep", "Flatten"]),
    "too large": ("large.xml", ["large.xml", "bytes"]),
}


@pytest.mark.parametrize("what", CONFIGS)
def test_init_refuses_a_wrong_config(run: Run, tmp_path: Path, what: str) -> None:
    name, words = CONFIGS[what]
    (tmp_path / "directory").mkdir()
    (tmp_path / "latin.xml").write_bytes("<View><Header value='é'/></View>".encode("latin-1"))
    (tmp_path / "utf16.xml").write_bytes(CONFIG.encode("utf-16"))
    (tmp_path / "text.xml").write_text("no XML at all")
    (tmp_path / "laughs.xml").write_text('<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><View>&d;</View>')
    (tmp_path / "deep.xml").write_text(f"{'<View>' * 3000}{'</View>' * 3000}")
    (tmp_path / "large.xml").write_text(f"<View>{'<View/>' * 200_000}</View>")
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    check_failed(run("labelyard", "init", "p", "-l", name), *words)
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (UNWRITABLE, ["/proc"]),
        ("t.txt/p", ["t.txt"]),
        ("t.txt", ["t.txt", "file of that name"]),
        ("x" * 300, ["xxx"]),
        (".", ["--force"]),
    ],
)
def test_init_where_nothing_can_be_made(run: Run, tmp_path: Path, name: str, words: list[str]) -> None:
    (tmp_path / "t.txt").write_text("mine")
    before = everything(tmp_path)
    check_failed(run("labelyard", "init", name), *words)
    assert everything(tmp_path) == before


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A program started here can be interrupted, also when whoever runs the tests ignores that, as a shell in the
    background does: what is ignored stays so in what is started, what is handled does not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_init_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_text(CONFIG)
    (tmp_path / "many.txt").write_text("a line of text\n" * 300_000)
    before = everything(tmp_path)
    arguments = ["init", "p", "-l", "c.xml", "-i", "many.txt", "--input-format=text"]
    process = subprocess.Popen(
        [str(program("labelyard")), *arguments], cwd=tmp_path, env=clean_environment(HOME=str(tmp_path)),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".p.partial*/spool/*/body")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert everything(tmp_path) == before


# --- start --------------------------------------------------------------------------------------------------------


def test_start_on_a_busy_port(run: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        check_failed(run("labelyard", "start", "--data-dir", "d", "--port", port), port, "--port")
    assert not (tmp_path / "d" / "labelyard.sqlite3").exists()


@pytest.mark.parametrize(
    ("name", "value"), [("OUTBOUND_ALLOW", "minio, http://minio"), ("OUTBOUND_CA_FILE", "/no/such/file.pem")]
)
def test_a_wrong_setting_of_outbound_connections(run: Run, name: str, value: str) -> None:
    done = run("labelyard", "start", "--data-dir", "d", **{f"LABELYARD_{name}": value})
    check_failed(done, name.lower(), value.rpartition(" ")[2])


def test_start_makes_no_folder_that_it_cannot_serve(run: Run, tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        check_failed(run("labelyard", "start", "p", "--init", "--port", port), port, "--port")
    check_failed(run("labelyard", "start", "p", "--init", LABELYARD_PORT="http"), "LABELYARD_PORT")
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_a_wrong_port(run: Run, port: str) -> None:
    check_failed(run("labelyard", "start", "--port", port), "--port", status=2)


def test_a_second_server_on_the_same_directory(run: Run, tmp_path: Path) -> None:
    with running_server(["--data-dir", "d"], cwd=tmp_path) as server:
        second = run("labelyard", "start", "--data-dir", "d", "--port", str(server.port + 1))
        check_failed(second, str(tmp_path / "d"), "another process", str(server.process.pid))


def test_start_where_nothing_can_be_kept(run: Run, tmp_path: Path) -> None:
    check_failed(run("labelyard", "start", "--data-dir", UNWRITABLE), UNWRITABLE)
    (tmp_path / "file").write_text("mine")
    check_failed(run("labelyard", "start", "--data-dir", "file"), "file")
    check_failed(run("labelyard", "start", "--data-dir", "file/below"), "file")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("content", ["", "abc", "00" * 32, "zz" * 32, "\xff" * 64])
def test_a_damaged_key_is_named_and_kept(run: Run, folder: Path, content: str) -> None:
    (folder / "secret.key").write_text(content, encoding="latin-1")
    check_failed(run("labelyard", "start", "p"), "secret.key", "backup")
    assert (folder / "secret.key").read_text(encoding="latin-1") == content


def test_a_database_of_a_later_release_is_left_alone(run: Run, folder: Path) -> None:
    database = folder / "labelyard.sqlite3"
    with sqlite3.connect(database) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    conn.close()
    for command in (["start", "p"], ["export", "1", "--data-dir", "p"], ["migrate", "--data-dir", "p"]):
        check_failed(run("labelyard", *command), "later release", "9999", "backup")
    with sqlite3.connect(database) as conn:
        assert conn.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
        assert conn.execute("SELECT count(*) FROM task").fetchone() == (1,)
    conn.close()
    assert not list(folder.glob("backups/*"))


def test_a_file_that_is_no_database(run: Run, folder: Path) -> None:
    (folder / "labelyard.sqlite3").write_bytes(b"not a database, " * 1000)
    for command in (["start", "p"], ["export", "1", "--data-dir", "p"], ["migrate", "--data-dir", "p"]):
        check_failed(run("labelyard", *command), "database")
    assert (folder / "labelyard.sqlite3").read_bytes().startswith(b"not a database")


def test_a_database_of_somebody_else(run: Run, folder: Path) -> None:
    (folder / "labelyard.sqlite3").unlink()
    with sqlite3.connect(folder / "labelyard.sqlite3") as conn:
        conn.execute("CREATE TABLE recipes (id INTEGER)")
    conn.close()
    check_failed(run("labelyard", "start", "p"), "tables that are not Labelyard's")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("config.json", b"{", ["config.json", "JSON"]),
        ("config.json", b"[]", ["config.json", "object"]),
        ("config.json", b'{"port": "http"}', ["config.json", "port"]),
        ("config.json", b'{"port": 99999}', ["port", "99999"]),
        ("config.json", b"\xff\xfe", ["config.json"]),
        ("config.xml", b"<View>", ["config.xml", "line 1"]),
        ("config.xml", b"\xff\xfe<", ["config.xml", "UTF-8"]),
    ],
)
def test_an_edited_folder_with_a_mistake(
    run: Run, folder: Path, name: str, content: bytes, words: list[str]
) -> None:
    (folder / name).write_bytes(content)
    os.utime(folder / name, (time.time() + 10, time.time() + 10))
    check_failed(
        run("labelyard", "start", "p", "--no-browser", *([] if "port" in words else ["--port", "8999"])),
        *words,
    )
    assert (folder / name).read_bytes() == content


SETTINGS = [
    ({"LABELYARD_PORT": "http"}, ["LABELYARD_PORT", "http"]),
    ({"LABELYARD_PORT": "99999"}, ["port", "99999"]),
    ({"LABELYARD_LOCAL_MODE": "perhaps"}, ["LABELYARD_LOCAL_MODE"]),
    ({"LABELYARD_SETTINGS": "missing.toml"}, ["missing.toml"]),
    ({"LABELYARD_SETTINGS": "broken.toml"}, ["broken.toml", "TOML"]),
    ({"LABELYARD_SETTINGS": "unknown.toml"}, ["unknown.toml", "colour"]),
    ({"LABELYARD_DATABASE_URL": "mysql://localhost/x"}, ["LABELYARD_DATABASE_URL", "postgresql://"]),
    ({"LABELYARD_DATABASE_URL": "postgresql://127.0.0.1:1/none"}, ["database"]),
    ({"LABELYARD_DATABASE_URL": "postgresql://a:b:c:d/none"}, ["LABELYARD_DATABASE_URL"]),
    ({"LABELYARD_SQLITE_SYNCHRONOUS": "OFF"}, ["sqlite_synchronous", "FULL"]),
]


@pytest.mark.parametrize(("env", "words"), SETTINGS, ids=[str(env) for env, _ in SETTINGS])
def test_a_wrong_setting_is_named(run: Run, tmp_path: Path, env: dict[str, str], words: list[str]) -> None:
    (tmp_path / "broken.toml").write_text("port = ")
    (tmp_path / "unknown.toml").write_text('colour = "green"')
    env = {"LABELYARD_PORT": "8997", **env}  # somebody may use the usual one
    check_failed(run("labelyard", "start", "--data-dir", "d", "--no-browser", **env), *words)
    if words != ["port", "99999"]:
        check_failed(run("labelyard", "user", "list", "--data-dir", "d", **env), *words)


def test_beyond_this_machine_only_with_an_account(run: Run) -> None:
    check_failed(
        run("labelyard", "start", "--data-dir", "d", "--host", "0.0.0.0", "--port", "8998"),
        "account",
        "user create",
    )
    check_failed(
        run("labelyard", "start", "--data-dir", "d", "--host", "no.such.host.invalid"), "no.such.host.invalid"
    )


def test_an_account_needs_a_password_and_an_address(run: Run) -> None:
    start = ["start", "--data-dir", "d", "--port", "8997", "--no-browser"]
    check_failed(run("labelyard", *start, "--username", "ada@example.org"), "--password")
    check_failed(run("labelyard", *start, "--username", "ada", "--password", "correct horse"), "email")
    check_failed(
        run("labelyard", *start, "--username", "ada@example.org", "--password", "short"), "8 characters"
    )
    check_failed(run("labelyard", *start, "--user-token", "x" * 40), "--username")


# --- import, export, user -----------------------------------------------------------------------------------------


def test_import_refuses_and_changes_nothing(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text('text\n"open\n')
    (tmp_path / "good.csv").write_text("text\ntwo\n")
    (tmp_path / "bad.json").write_text('[{"text": "a"}, {"letter": "b"}]')
    (tmp_path / "program.exe").write_bytes(b"MZ")
    (tmp_path / "blank.csv").write_text("text\n")
    (tmp_path / "unreadable.json").symlink_to("/proc/self/mem")
    wrong: list[tuple[list[str], list[str]]] = [
        (["1", "good.csv", "bad.csv"], ["bad.csv", "line 2"]),
        (["1", "bad.json"], ["text"]),
        (["1", "program.exe"], [".exe"]),
        (["1", "unreadable.json"], ["unreadable.json"]),
        (["1", "p"], ["directory"]),
        (["1", "blank.csv"], ["no tasks in the files"]),
        (["2", "good.csv"], ["2"]),
    ]
    for arguments, words in wrong:
        check_failed(run("labelyard", "import", *arguments, "--data-dir", "p"), *words)
    check_failed(run("labelyard", "import", "1", "missing.csv", "--data-dir", "p"), "missing.csv", status=2)
    check_failed(run("labelyard", "import", "one", "good.csv", "--data-dir", "p"), "one", status=2)
    exported = run("labelyard", "export", "1", "--all-tasks", "--data-dir", "p")
    assert len(json.loads(exported.stdout)) == 1
    assert not list((folder / "spool").glob("*/*")) and not [
        path for path in (folder / "media").rglob("*") if path.is_file()
    ]


def test_export_refuses(run: Run, folder: Path, tmp_path: Path) -> None:
    check_failed(run("labelyard", "export", "7", "--data-dir", "p"), "7")
    check_failed(run("labelyard", "export", str(10**30), "--data-dir", "p"), "project")
    check_failed(run("labelyard", "export", "1", "-f", "PDF", "--data-dir", "p"), "PDF")
    check_failed(
        run("labelyard", "export", "1", "-o", "missing/out.json", "--data-dir", "p"), "directory missing"
    )
    check_failed(run("labelyard", "export", "1", "-o", "p", "--data-dir", "p"), "p", status=2)
    assert not list(tmp_path.glob(".*.part"))


def test_user_refuses(run: Run, folder: Path) -> None:
    where = ["--data-dir", "p"]
    check_failed(run("labelyard", "user", "create", "ada", "--password", "correct horse", *where), "email")
    check_failed(run("labelyard", "user", "create", "a@b.c", "--password", "short", *where), "8 characters")
    check_failed(
        run("labelyard", "user", "create", "a@b.c", "--password", "x" * 2000, *where), "1024 characters"
    )
    check_failed(
        run("labelyard", "user", "create", "a@b.c", "--password", "correct horse", "--role", "king", *where),
        "king",
        status=2,
    )
    check_failed(
        run("labelyard", "user", "reset-password", "no@body.org", "--password", "correct horse", *where),
        "no@body.org",
    )
    check_failed(run("labelyard", "user", "token", "no@body.org", *where), "no@body.org")
    check_failed(run("labelyard", "user", "list", "--data-dir", UNWRITABLE), UNWRITABLE)


def test_a_mistyped_data_directory_is_named_and_not_made(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("text\ntwo\n")
    for command in (
        ["import", "1", "good.csv"],
        ["export", "1"],
        ["user", "list"],
        ["user", "token", "ada@example.org"],
        ["user", "reset-password", "ada@example.org", "--password", "correct horse"],
    ):
        check_failed(
            run("labelyard", *command, "--data-dir", "typo"), "typo: no data directory", "--data-dir"
        )
    assert not (tmp_path / "typo").exists()


def test_two_accounts_of_one_address(run: Run, folder: Path) -> None:
    create = ["user", "create", "ada@example.org", "--password", "correct horse", "--data-dir", "p"]
    assert run("labelyard", *create).returncode == 0
    check_failed(run("labelyard", *create), "exists")


def test_a_stopped_server_leaves_no_lock(run: Run, tmp_path: Path) -> None:
    server = ServerProcess(["--data-dir", "d"], cwd=tmp_path)
    server.wait_ready()
    server.kill()
    with running_server(["--data-dir", "d"], cwd=tmp_path):
        pass
