"""Who may send what: Host, Origin and CSRF rules, foreign objects, leaks."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient
from tests.support.server import Server

WHOAMI = "/api/current-user/whoami"


def change(client: TestClient, **headers: str) -> int:
    return client.patch("/api/users/1", json={"phone": "1"}, headers=headers).status_code


# --- cross-site requests ------------------------------------------------------------------------------------------

FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:9999"},
    {"Origin": "http://localhost:8080.evil.example"},
    {"Referer": "http://evil.example/localhost:8080"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8080"},
    {"Sec-Fetch-Site": "nonsense"},
]
OWN = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost:8080"},
    {"Referer": "http://localhost:8080/projects"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8080"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_is_refused_in_local_mode(client: TestClient, headers: dict[str, str]) -> None:
    assert change(client, **headers) == 403
    assert client.get("/api/users/1").json()["phone"] == ""


@pytest.mark.parametrize("headers", OWN)
def test_own_pages_are_not(client: TestClient, headers: dict[str, str]) -> None:
    assert change(client, **headers) == 200


def test_a_script_on_this_machine_needs_nothing(client: TestClient) -> None:
    assert change(client) == 200


def test_cookie_sessions_need_origin_or_token(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.sign_in()
    token = client.headers.pop("X-CSRFToken")
    assert change(client) == 403
    assert change(client, **{"X-CSRFToken": "guess"}) == 403
    assert change(client, **{"X-CSRFToken": ""}) == 403
    for headers in FOREIGN:
        assert change(client, **headers, **{"X-CSRFToken": token}) == 403
    assert change(client, **{"X-CSRFToken": token}) == 200
    for headers in OWN:
        assert change(client, **headers) == 200


def test_a_cross_site_form_with_the_cookie_is_refused(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.sign_in()
    del client.headers["X-CSRFToken"]
    evil = {"Origin": "http://evil.example"}
    assert client.post("/api/current-user/reset-token", data={"a": "b"}, headers=evil).status_code == 403
    as_text = {**evil, "content-type": "text/plain"}
    assert client.post("/api/token", content='{"a":1}', headers=as_text).status_code == 403
    assert client.get("/api/token").json() == []


def test_token_requests_are_exempt(accounts: Server) -> None:
    client = accounts.add_user()
    for headers in FOREIGN:
        assert change(client, **headers) == 200


def test_basic_credentials_do_not_exempt(accounts: Server) -> None:
    # A browser repeats them by itself, also for another site's request.
    accounts.add_account()
    client = accounts.sign_in()
    del client.headers["X-CSRFToken"]
    assert change(client, Authorization="Basic YTpi", Origin="http://evil.example") == 403
    assert change(client, Authorization="Basic YTpi") == 403


def test_a_bad_token_is_not_saved_by_a_cookie(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.sign_in()
    assert client.get(WHOAMI, headers={"Authorization": "Token wrong"}).status_code == 401
    assert client.get(WHOAMI, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_nothing_changes_by_get(accounts: Server) -> None:
    client = accounts.add_user()
    for path in (
        "/api/current-user/reset-token",
        "/api/invite/reset-token",
        "/api/token/rotate",
        "/api/token/blacklist",
    ):
        assert client.get(path).status_code == 405


def test_no_cross_origin_reading(client: TestClient) -> None:
    answer = client.get("/api/users", headers={"Origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PATCH"}
    assert client.options("/api/users", headers=preflight).status_code == 405


# --- the Host header ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "LOCALHOST",
        "127.0.0.1:8080",
        "127.8.9.1",
        "[::1]:8080",
        "box.localhost",
    ],
)
def test_loopback_names_are_answered_in_local_mode(client: TestClient, host: str) -> None:
    assert client.get(WHOAMI, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "10.0.0.5",
        "0.0.0.0",
        "2130706433",
        "127.0.0.1.nip.io",
        "",
        "a b",
        "[::2]",
    ],
)
def test_other_names_are_not(client: TestClient, host: str) -> None:
    answer = client.get(WHOAMI, headers={"Host": host})
    assert answer.status_code == 400
    assert answer.json()["status_code"] == 400


def test_listed_names_only_with_accounts(make_server: Callable[..., Server]) -> None:
    server = make_server(
        allowed_hosts="label.example.org, other.example.org", public_url="https://public.example.org/"
    )
    client = server.client()
    names = ("label.example.org", "OTHER.example.org:443", "public.example.org", "192.0.2.7")
    assert [client.get("/health", headers={"Host": name}).status_code for name in names] == [400] * 4
    server.add_account()
    assert [client.get("/health", headers={"Host": name}).status_code for name in names] == [200] * 4
    assert client.get("/health", headers={"Host": "evil.example"}).status_code == 400


def test_links_do_not_follow_the_host(make_server: Callable[..., Server]) -> None:
    server = make_server(local_mode=False, public_url="https://label.example.org/")
    client = server.add_user()
    url = client.get("/api/invite", headers={"Host": "192.0.2.7"}).json()["invite_url"]
    assert url.startswith("https://label.example.org/user/signup/?token=")


# --- secrets and leaks --------------------------------------------------------------------------------------------


def test_the_key_is_private_and_of_this_install(accounts: Server) -> None:
    key = accounts.settings.data_dir / "secret.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_text().strip()) == 64


def test_version_tells_nothing_of_the_machine(accounts: Server) -> None:
    text = accounts.client().get("/api/version").text
    assert "python" not in text.lower()
    assert str(accounts.settings.data_dir) not in text


@pytest.mark.parametrize(
    "path", ["/api/users/1", "/api/organizations/1", "/api/session-policy", "/api/jwt/settings"]
)
@pytest.mark.parametrize(
    "body",
    [b"[]", b'"x"', b"1e400", b'{"title": {"a": []}}', b'{"max_session_age": "x"}', b'{"max_session_age": 1e30}',
     b'{"max_session_age": 99999999999999999999}', b'{"phone": ' + b"9" * 5000 + b"}", b'{"a": "\x01"}', b"\x00", b"{}"],
)  # fmt: skip
def test_wrong_bodies_are_never_500(client: TestClient, path: str, body: bytes) -> None:
    for method in ("PATCH", "POST"):
        answer = client.request(method, path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code < 500, answer.text
        for leak in ("Traceback", "/src/", "SELECT", "sqlite", "psycopg", "pydantic"):
            assert leak not in answer.text
