"""A live server in a process of its own, and the official client that speaks to it.

With COMPAT_SERVER=http://… and COMPAT_TOKEN=… the tests speak to that server instead: so they are checked themselves.
COMPAT_FILES is a directory that it serves local files from, if it is on this machine.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from label_studio_sdk._legacy import Client, Project
from label_studio_sdk.client import LabelStudio

from tests.compat import recording

ROOT = Path(__file__).resolve().parents[2]
# The server runs in its own environment, which has no client; this one has no server.
PYTHON = Path(os.environ.get("COMPAT_PYTHON", ROOT / ".venv" / "bin" / "python"))
EMAIL, PASSWORD, TOKEN = "ada@example.org", "correct horse battery", "0123456789abcdef" * 2 + "01234567"

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="mood" toName="text"><Choice value="good"/><Choice value="bad"/></Choices>
  <Labels name="span" toName="text"><Label value="Person"/><Label value="Place"/></Labels>
</View>"""


def choice(value: str) -> list[dict[str, Any]]:
    """A result with one choice."""
    return [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": [value]}}]


@dataclass(frozen=True)
class Address:
    url: str
    token: str
    files: Path | None  # where the server may read and write local files


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """Where the server is, and the legacy token of its owner."""
    if given := os.environ.get("COMPAT_SERVER"):
        files = os.environ.get("COMPAT_FILES")
        yield Address(given.rstrip("/"), os.environ["COMPAT_TOKEN"], Path(files) if files else None)
        return
    home = tmp_path_factory.mktemp("server")
    with _server(home) as url:
        yield Address(url, TOKEN, home / "files")


@contextlib.contextmanager
def _server(directory: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(PYTHON), "-m", "labelyard", "start", "--data-dir", str(directory / "data"), "--port", str(port),
        "--no-browser", "--username", EMAIL, "--user-token", TOKEN, "--enable-legacy-api-token",
    ]  # fmt: skip
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LABELYARD_", "LABEL_STUDIO_"))
    }
    environment = {**kept, "LABELYARD_PASSWORD": PASSWORD, "LABELYARD_SQLITE_SYNCHRONOUS": "NORMAL"}
    environment["PYTHONPATH"] = str(ROOT / "src")
    environment["LABELYARD_OUTBOUND_ALLOW"] = (
        "127.0.0.1"  # where the webhooks of the tests go, and their buckets are
    )
    environment["LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED"] = "true"
    environment["LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT"] = str(directory / "files")
    (directory / "files").mkdir()
    log = directory / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, env=environment, stdout=sink, stderr=sink, cwd=directory, start_new_session=True
        )
    url = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + 30
        while not _answers(f"{url}/health"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-5000:]}")
            time.sleep(0.05)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


@pytest.fixture(scope="session")
def ls(address: Address) -> LabelStudio:
    """The current client, as the owner of the organization."""
    return recording.record(LabelStudio(base_url=address.url, api_key=address.token))


@pytest.fixture(scope="session")
def old_classes() -> Iterator[None]:
    """The classes of the older client note which of their methods are called."""
    with pytest.MonkeyPatch.context() as patch:
        recording.record_class(Client, "Client", patch.setattr)
        recording.record_class(Project, "Project", patch.setattr)
        yield


@pytest.fixture(scope="session")
def old(address: Address, old_classes: None) -> Client:
    """The older client, as the owner of the organization."""
    return Client(url=address.url, api_key=address.token)


@pytest.fixture
def project(ls: LabelStudio) -> Any:
    """A project of the test's own."""
    return ls.projects.create(title=f"Moods {uuid.uuid4().hex[:8]}", label_config=CONFIG)


@pytest.fixture
def tasks(ls: LabelStudio, project: Any) -> list[int]:
    """Ids of five tasks in the project, whose texts are `text 0` to `text 4`."""
    items: Any = [{"text": f"text {n}", "n": n} for n in range(5)]
    answer: Any = ls.projects.import_tasks(id=project.id, request=items, return_task_ids=True)
    return list(answer.task_ids)


@pytest.fixture
def new_email() -> Callable[[], str]:
    return lambda: f"{uuid.uuid4().hex[:12]}@example.org"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What was called is looked at when everything else has run."""
    items.sort(key=lambda item: item.path.name == "test_table.py")
