"""The real application on a temporary data directory, and clients that speak to it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx2
import uvicorn
from anyio.from_thread import BlockingPortal
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from labelyard.actor import Role
from labelyard.app import create_app
from labelyard.context import Context
from labelyard.kit import crypto
from labelyard.kit.http.protocol import BoundedProtocol
from labelyard.organizations import service as organizations
from labelyard.settings import Settings
from labelyard.users import service as users
from labelyard.users import tokens
from tests.support.database import put_database
from tests.support.transport import WholeAnswers

# Hashing is slow on purpose: 0.1 s and 64 MiB at each sign-in. No test needs the strength.
crypto._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORD = "correct horse battery"
PASSWORD_HASH = crypto.hash_password(PASSWORD)
BASE_URL = "http://localhost:8080"


def settings_for(data_dir: Path, database_url: str = "", **changes: Any) -> Settings:
    """Settings of a server of its own; the quick durability, because no test pulls the plug through this fixture."""
    if not database_url:
        put_database(data_dir / "labelyard.sqlite3")
    values: dict[str, Any] = {
        "data_dir": data_dir,
        "database_url": database_url,
        "sqlite_synchronous": "NORMAL",
    }
    return Settings(**{**values, **changes})


class Server:
    """A started application without a socket. `client()` makes clients with their own cookies."""

    def __init__(self, settings: Settings, *, static_dir: Path | None = None) -> None:
        self.settings = settings
        self.app = create_app(settings, static_dir=static_dir)
        self._lifespan = TestClient(self.app, base_url=BASE_URL)

    def __enter__(self) -> "Server":
        self._lifespan.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._lifespan.__exit__(*error)

    @property
    def context(self) -> Context:
        context: Context = self.app.state.context
        return context

    def client(self, **headers: str) -> TestClient:
        """A client without credentials: in local mode the owner, else nobody. Redirects are not followed."""
        # It shares the event loop that the application was started on.
        return _Client(self.app, headers, self._lifespan.portal)

    def add_user(
        self, email: str = "ada@example.org", role: Role = "manager", *, organization_id: int | None = None
    ) -> "TestClient":
        """Make an account; a client that carries its legacy token. The first account owns the organization."""
        user_id = self.add_account(email, role=role, organization_id=organization_id)
        token = self.context.db.write_sync(tokens.reset_legacy, self.context.secrets, user_id)["token"]
        return self.client(Authorization=f"Token {token}")

    def add_account(
        self, email: str = "ada@example.org", *, role: Role = "manager", organization_id: int | None = None
    ) -> int:
        """Make an account with `PASSWORD`; its id. Legacy tokens are switched on."""

        def make(conn: Any) -> int:
            user_id = users.make_account(
                conn, self.settings, email, PASSWORD_HASH, role=role, organization_id=organization_id
            )
            actor = users.actor_of(conn, user_id)
            organizations.enable_legacy_tokens(conn, actor.organization_id)
            return user_id

        return self.context.db.write_sync(make)

    def sign_in(self, email: str = "ada@example.org", password: str = PASSWORD) -> TestClient:
        """A client with the cookies of a browser session; it sends the CSRF header as the web app does."""
        client = self.client()
        client.get("/user/login/")
        token = client.cookies["csrftoken"]
        form = {"email": email, "password": password, "csrfmiddlewaretoken": token}
        answer = client.post("/user/login/", data=form)
        assert answer.status_code == 302, answer.text
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        return client


class _Client(TestClient):
    """A client of an application that is started already: as a context it starts and stops nothing."""

    def __init__(self, app: FastAPI, headers: dict[str, str], portal: BlockingPortal | None) -> None:
        super().__init__(app, base_url=BASE_URL, headers=headers, follow_redirects=False)
        self.portal = portal
        self._transport = WholeAnswers(app, self._portal_factory)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()


@contextmanager
def live_server(settings: Settings, *, static_dir: Path | None = None) -> Iterator[str]:
    """The application behind a real socket on a free port; its address."""
    app = create_app(settings, static_dir=static_dir)
    config = uvicorn.Config(
        app, http=BoundedProtocol, host="127.0.0.1", port=0, log_level="warning", lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the server did not start")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)


def http(base_url: str) -> httpx2.Client:
    """A client for a live server."""
    return httpx2.Client(base_url=base_url, timeout=30)
