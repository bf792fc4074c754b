"""The built front end, a real server and a real browser."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.e2e.client import Client
from tests.e2e.watch import Watch
from tests.support.process import ServerProcess, clean_environment, running_server

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
BUILT = ROOT / "src/labelyard/web/static/index.html"
SCREENSHOTS = ROOT / "test-results" / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Sound goes nowhere, and plays without a gesture, so that a test can listen to what the editor does.
    "--mute-audio",
]
# Shared machines stall for seconds; what waits longer than this is broken.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def front_end() -> Path:
    """The web app that the server serves, built anew when its sources are newer."""
    sources = [*WEB.glob("src/**/*"), *WEB.glob("public/*"), WEB / "index.html", WEB / "vite.config.ts"]
    # Types and tests are no part of what is built.
    built = [
        path
        for path in sources
        if path.is_file() and not path.name.endswith(".d.ts") and ".test." not in path.name
    ]
    newest = max(path.stat().st_mtime for path in built)
    if not BUILT.exists() or BUILT.stat().st_mtime < newest:
        subprocess.run(
            ["npm", "run", "--silent", "build"], cwd=WEB, check=True, capture_output=True, timeout=300
        )
    return BUILT.parent


# Scope package, not session: while it lives, Playwright keeps an event loop running in this thread.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "Chromium is missing: run tools/install-system-packages"
    started = playwright.chromium.launch(executable_path=program, args=FLAGS, timeout=60_000)
    yield started
    started.close()


@pytest.fixture(scope="package")
def sample_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the sample projects; copy it before use."""
    data = tmp_path_factory.mktemp("samples") / "data"
    subprocess.run(
        [sys.executable, "-m", "labelyard", "samples", "--quiet", "--data-dir", str(data)],
        env=clean_environment(),
        check=True,
        timeout=120,
    )
    return data


@pytest.fixture(scope="package")
def shared_server(
    front_end: Path, sample_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """One server in local mode for the tests that keep to their own projects; the samples stay as they came."""
    home = tmp_path_factory.mktemp("shared")
    shutil.copytree(sample_data, home / "data")
    long_imports = {"LABELYARD_MAX_IMPORT_TASKS": "2000000"}
    with running_server(["--data-dir", str(home / "data")], cwd=home, env=long_imports, cold=True) as server:
        yield server


@pytest.fixture
def start_server(front_end: Path, tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Start a server of the test's own: `start_server(env={…}, data=directory_to_copy)`."""
    with ExitStack() as stack:

        def start(
            *arguments: str, env: dict[str, str] | None = None, data: Path | None = None
        ) -> ServerProcess:
            home = tmp_path / f"server-{len(list(tmp_path.iterdir()))}"
            home.mkdir()
            if data is not None:
                shutil.copytree(data, home / "data")
            command = ["--data-dir", str(home / "data"), *arguments]
            return stack.enter_context(running_server(command, cwd=home, env=env))

        yield start


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., tuple[BrowserContext, Watch]]]:
    """New browser contexts, watched: what went wrong in one unseen fails the test."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def open_one(url: str, **options: Any) -> tuple[BrowserContext, Watch]:
        settings: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}, "color_scheme": "light"}
        context = browser.new_context(base_url=url, **{**settings, **options})
        context.set_default_timeout(20_000)
        watch = Watch(context)
        opened.append((context, watch))
        return context, watch

    yield open_one
    for context, watch in opened:
        context.close()
        watch.check()


@pytest.fixture
def client(shared_server: ServerProcess) -> Iterator[Client]:
    """The REST API of the shared server."""
    with Client(shared_server.url) as opened:
        yield opened


@pytest.fixture
def api(server: ServerProcess) -> Iterator[Client]:
    """The REST API of the module's own server."""
    with Client(server.url) as opened:
        yield opened


@pytest.fixture
def visitor(
    server: ServerProcess,
    open_context: Callable[..., tuple[BrowserContext, Watch]],
    request: pytest.FixtureRequest,
) -> Page:
    """A page of the module's own server, whose refusals of `REFUSED` are part of the tests."""
    context, watch = open_context(server.url)
    watch.expect(400, request.module.REFUSED)
    return context.new_page()


@pytest.fixture
def watched(
    shared_server: ServerProcess, open_context: Callable[..., tuple[BrowserContext, Watch]]
) -> tuple[Page, Watch]:
    """A page on the shared server, and its watch for tests that provoke refusals."""
    context, watch = open_context(shared_server.url)
    return context.new_page(), watch


@pytest.fixture
def page(watched: tuple[Page, Watch]) -> Page:
    """A page on the shared server."""
    return watched[0]
