"""Fixtures that every test may use: both engines, and the real application on each."""

import gc
import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient

from tests.support.postgres import PostgresServer, quickest_directory
from tests.support.s3 import Emulator, emulator
from tests.support.server import Server, live_server, settings_for

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """What the tests consist of stays to the end: looking for garbage among it, again and again, takes half a second."""
    gc.collect()
    gc.freeze()


ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture(scope="session", autouse=True)
def only_this_machine() -> Iterator[None]:
    """No test looks up a name of the world outside, whatever address it makes up."""
    look_up = socket.getaddrinfo

    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        with suppress(ValueError):
            ipaddress.ip_address(name or "0.0.0.0")
            return look_up(host, *args, **kwargs)
        if name == "localhost" or name == socket.gethostname():
            return look_up(host, *args, **kwargs)
        raise socket.gaierror(socket.EAI_NONAME, "tests have no names but this machine's")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", guarded)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A private PostgreSQL server, started when the first test asks for it.

    Not below pytest's own directory: each new pytest run closes that to other users, and as root the server runs
    as the user postgres.
    """
    with TemporaryDirectory(
        prefix="labelyard-postgres-", ignore_cleanup_errors=True, dir=quickest_directory()
    ) as directory:
        server = PostgresServer(Path(directory))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def s3() -> Iterator[Emulator]:
    """A server that speaks S3, started when the first test asks for it."""
    with emulator() as found:
        yield found


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Ask for it (or for `server`, `client`) to run a test once on each engine."""
    return str(request.param)


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a fresh migrated database: "" for the embedded one."""
    if engine == "sqlite":
        yield ""
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def static_dir(tmp_path: Path) -> Path:
    """A front end as small as can be, so that pages can be tested without building the real one."""
    root = tmp_path / "static"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text(
        '<!doctype html><html lang="en"><head><title>Labelyard</title><!--boot--></head>'
        '<body><div id="root"></div><script type="module" src="/static/assets/index-Ab12Cd34.js"></script></body></html>'
    )
    (root / "assets" / "index-Ab12Cd34.js").write_text("export const answer = 42;\n")
    return root


@pytest.fixture
def make_server(tmp_path: Path, database_url: str, static_dir: Path) -> Iterator[Callable[..., Server]]:
    """Start the application with settings of your own: `make_server(local_mode=False)`. One per test."""
    with ExitStack() as stack:

        def make(**changes: Any) -> Server:
            settings = settings_for(tmp_path / "data", database_url, **changes)
            return stack.enter_context(Server(settings, static_dir=static_dir))

        yield make


@pytest.fixture
def server(make_server: Callable[..., Server]) -> Server:
    """The application as it comes, in local mode."""
    return make_server()


@pytest.fixture
def client(server: Server) -> TestClient:
    """The local owner: no account, no credentials."""
    return server.client()


@pytest.fixture
def accounts(make_server: Callable[..., Server]) -> Server:
    """The application in server mode, without an account yet."""
    return make_server(local_mode=False)


@pytest.fixture
def live(tmp_path: Path, static_dir: Path) -> Iterator[str]:
    """Address of the application behind a real socket, in local mode, on the embedded database."""
    with live_server(settings_for(tmp_path / "data"), static_dir=static_dir) as address:
        yield address
