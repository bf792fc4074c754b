"""Sign-up, sign-in, sessions, tokens, users, organizations."""

import base64
import json
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from argon2 import Parameters, extract_parameters
from sqlalchemy import Connection
from starlette.testclient import TestClient
from tests.support.server import PASSWORD, Server, settings_for

from labelyard.db.schema import api_token, session, user
from labelyard.kit import crypto
from labelyard.kit.clock import MINUTE
from labelyard.kit.crypto import hash_password
from labelyard.kit.errors import Conflict
from labelyard.users import service as users

WHOAMI = "/api/current-user/whoami"
EMAIL = "ada@example.org"


def form(client: TestClient, path: str, **fields: str):
    """Fill in a form page as a browser does: get it, send it with the token of its cookie."""
    if "csrftoken" not in client.cookies:
        client.get(path)
    return client.post(path, data={"csrfmiddlewaretoken": client.cookies["csrftoken"], **fields})


def boot(text: str):
    return json.loads(text.split('id="boot">')[1].split("</script>")[0])


# --- sign-up ------------------------------------------------------------------------------------------------------


def test_the_first_account_owns_the_organization_and_closes_sign_up(accounts: Server) -> None:
    client = accounts.client()
    page = client.get("/user/signup/")
    assert page.status_code == 200
    assert boot(page.text)["signup_open"] is True
    answer = form(client, "/user/signup/", email=" Ada@Example.ORG ", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (302, "/")
    me = client.get(WHOAMI).json()
    assert me["email"] == EMAIL
    assert "organizations.change" in me["permissions"]
    assert client.get("/api/organizations").json()[0]["id"] == me["active_organization"]
    stranger = accounts.client()
    assert boot(stranger.get("/user/signup/").text)["signup_open"] is False
    refused = form(stranger, "/user/signup/", email="eve@example.org", password=PASSWORD)
    assert refused.status_code == 403
    assert len(client.get("/api/users").json()) == 1


def test_an_invitation_lets_the_next_one_in_until_it_is_reset(accounts: Server) -> None:
    owner = accounts.client()
    form(owner, "/user/signup/", email=EMAIL, password=PASSWORD)
    owner.headers["X-CSRFToken"] = owner.cookies["csrftoken"]
    invite = owner.get("/api/invite").json()
    assert invite["invite_url"] == f"/user/signup/?token={invite['token']}"
    guest = accounts.client()
    assert form(guest, invite["invite_url"], email="sam@example.org", password=PASSWORD).status_code == 302
    sam = guest.get(WHOAMI).json()
    assert sam["active_organization"] == owner.get(WHOAMI).json()["active_organization"]
    assert "projects.create" in sam["permissions"]
    assert "organizations.change" not in sam["permissions"]
    assert guest.get("/api/invite").status_code == 403
    assert owner.post("/api/invite/reset-token").status_code == 201
    late = accounts.client()
    assert form(late, invite["invite_url"], email="eve@example.org", password=PASSWORD).status_code == 403


def test_the_page_says_what_an_invitation_opens(accounts: Server) -> None:
    owner = accounts.client()
    form(owner, "/user/signup/", email=EMAIL, password=PASSWORD)
    owner.headers["X-CSRFToken"] = owner.cookies["csrftoken"]
    invite = owner.post("/api/invite/reset-token", json={"role": "reviewer"}).json()
    title = owner.get("/api/organizations").json()[0]["title"]
    opens = {"organization": title, "role": "reviewer", "member": False}
    stranger = accounts.client()
    assert boot(stranger.get(invite["invite_url"]).text)["invitation"] == opens
    assert boot(stranger.get("/user/signup/?token=" + "0" * 40).text)["invitation"] is None
    # Whoever is signed in is asked; without an invitation there is nothing to ask.
    assert boot(owner.get(invite["invite_url"]).text)["invitation"] == {**opens, "member": True}
    assert owner.get("/user/signup/", follow_redirects=False).status_code == 302


def test_open_sign_up_is_a_setting(make_server: Callable[..., Server]) -> None:
    server = make_server(local_mode=False, open_signup=True)
    server.add_account()
    client = server.client()
    assert form(client, "/user/signup/", email="eve@example.org", password=PASSWORD).status_code == 302


def test_sign_up_may_be_closed_even_to_the_first(make_server: Callable[..., Server]) -> None:
    server = make_server(local_mode=False, disable_signup_without_link=True)
    assert form(server.client(), "/user/signup/", email=EMAIL, password=PASSWORD).status_code == 403


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"email": EMAIL, "password": "short"}, "8 characters"),
        ({"email": EMAIL}, "8 characters"),
        ({"email": EMAIL, "password": "x" * 2000}, "1024"),
        ({"email": "nonsense", "password": PASSWORD}, "email"),
        ({"email": "a\x00b@example.org", "password": PASSWORD}, "email"),
        ({"email": "x" * 250 + "@example.org", "password": PASSWORD}, "email"),
    ],
)
def test_wrong_fields_bring_the_form_back_with_words(
    accounts: Server, fields: dict[str, str], word: str
) -> None:
    client = accounts.client()
    answer = form(client, "/user/signup/", **fields)
    assert answer.status_code == 200
    assert word in boot(answer.text)["form"]["errors"][0]
    assert boot(answer.text)["form"]["values"]["email"] == fields["email"]
    assert client.get(WHOAMI).status_code == 401


def test_a_taken_email_is_refused(make_server: Callable[..., Server]) -> None:
    server = make_server(local_mode=False, open_signup=True)
    server.add_account()
    answer = form(server.client(), "/user/signup/", email="ADA@example.org", password=PASSWORD)
    assert "already exists" in boot(answer.text)["form"]["errors"][0]


@pytest.mark.parametrize("path", ["/user/signup/", "/user/login/"])
def test_forms_without_the_csrf_token_are_403(accounts: Server, path: str) -> None:
    client = accounts.client()
    fields = {"email": EMAIL, "password": PASSWORD}
    assert client.post(path, data=fields).status_code == 403
    client.get(path)
    assert client.post(path, data=fields).status_code == 403
    assert client.post(path, data={**fields, "csrfmiddlewaretoken": "guess"}).status_code == 403
    header = {"X-CSRFToken": client.cookies["csrftoken"]}
    assert client.post(path, data=fields, headers=header).status_code in {200, 302}


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/projects/1/data?tab=2", "/projects/1/data?tab=2"),
        ("http://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/ok\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_next_leads_only_to_local_paths(accounts: Server, target: str, location: str) -> None:
    accounts.add_account()
    client = accounts.client()
    answer = form(client, "/user/login/", email=EMAIL, password=PASSWORD, next=target)
    assert (answer.status_code, answer.headers["location"]) == (302, location)
    again = client.get("/user/login/", params={"next": target})
    assert (again.status_code, again.headers["location"]) == (302, location)


# --- sessions -----------------------------------------------------------------------------------------------------


def test_sign_in_and_out(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.client()
    answer = form(client, "/user/login/", email="ADA@example.org", password=PASSWORD)
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("sessionid="))
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "max-age" not in cookie.lower()
    assert client.get(WHOAMI).status_code == 200
    stolen = accounts.client(cookie=f"sessionid={client.cookies['sessionid']}")
    assert stolen.get(WHOAMI).status_code == 200
    assert client.get("/logout").status_code == 302
    assert client.get(WHOAMI).status_code == 401
    assert stolen.get(WHOAMI).status_code == 401


def test_another_site_cannot_sign_out(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.sign_in()
    client.get("/logout", headers={"Sec-Fetch-Site": "cross-site"})
    assert client.get(WHOAMI).status_code == 200


def test_persistent_session_has_the_age_of_the_policy(accounts: Server) -> None:
    accounts.add_account()
    answer = form(accounts.client(), "/user/login/", email=EMAIL, password=PASSWORD, persist_session="on")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("sessionid="))
    assert f"Max-Age={11520 * 60}" in cookie


def test_wrong_password_and_unknown_user_read_alike(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.client()
    wrong = form(client, "/user/login/", email=EMAIL, password="not the password")
    unknown = form(client, "/user/login/", email="nobody@example.org", password="not the password")
    assert wrong.status_code == unknown.status_code == 200
    assert boot(wrong.text)["form"]["errors"] == boot(unknown.text)["form"]["errors"]
    assert "sessionid" not in client.cookies


def test_unknown_user_takes_as_long_as_a_wrong_password(
    accounts: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add_account()
    client, hasher = accounts.client(), crypto._hasher
    costs: list[Parameters] = []

    class Watched:
        hash = hasher.hash

        def verify(self, stored: str, password: str) -> bool:
            costs.append(extract_parameters(stored))
            return hasher.verify(stored, password)

    monkeypatch.setattr(crypto, "_hasher", Watched())
    for email in (EMAIL, "nobody@example.org"):
        answer = form(client, "/user/login/", email=email, password="not the password")
        assert answer.status_code == 200 and "sessionid" not in answer.cookies
    wrong, unknown = costs
    assert wrong == unknown


def test_guessing_is_slowed_down(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.client()
    answers = [form(client, "/user/login/", email=EMAIL, password=f"guess {n}") for n in range(12)]
    assert [answer.status_code for answer in answers[:10]] == [200] * 10
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    right = form(client, "/user/login/", email=EMAIL, password=PASSWORD)
    assert right.status_code == 429
    # Another account is not locked out by that.
    accounts.add_account("sam@example.org")
    assert form(client, "/user/login/", email="sam@example.org", password=PASSWORD).status_code == 302


@pytest.mark.parametrize(("column", "minutes"), [("created_at", 11521), ("last_seen_at", 4321)])
def test_old_and_idle_sessions_end(accounts: Server, column: str, minutes: int) -> None:
    accounts.add_account()
    client = accounts.sign_in()

    def age(conn: Connection) -> None:
        conn.execute(sa.update(session).values({column: session.c[column] - minutes * MINUTE}))

    assert client.get(WHOAMI).status_code == 200
    accounts.context.db.write_sync(age)
    assert client.get(WHOAMI).status_code == 401
    assert client.get("/projects/").headers["location"].startswith("/user/login/?next=")


def test_activity_is_noted_at_most_once_a_minute(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.sign_in()

    def seen(conn: Connection) -> int:
        return int(conn.execute(sa.select(session.c.last_seen_at)).scalar_one())

    def back(conn: Connection) -> None:
        conn.execute(sa.update(session).values(last_seen_at=session.c.last_seen_at - 2 * MINUTE))

    first = accounts.context.db.read_sync(seen)
    client.get(WHOAMI)
    assert accounts.context.db.read_sync(seen) == first
    accounts.context.db.write_sync(back)
    client.get(WHOAMI)
    assert accounts.context.db.read_sync(seen) >= first


def test_session_policy_holds_for_open_sessions(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.sign_in()
    policy = client.get("/api/session-policy").json()
    assert (policy["max_session_age"], policy["max_time_between_activity"]) == (11520, 4320)
    assert client.patch("/api/session-policy", json={"max_session_age": 0}).status_code == 400
    assert client.patch("/api/session-policy", json={"max_session_age": 5}).json()["max_session_age"] == 5
    accounts.context.db.write_sync(
        lambda conn: (
            conn.execute(sa.update(session).values(created_at=session.c.created_at - 6 * MINUTE)) and None
        )
    )
    assert client.get(WHOAMI).status_code == 401


def test_a_new_password_ends_all_sessions(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.sign_in()
    accounts.context.db.write_sync(users.set_password, EMAIL, hash_password("another password"))
    assert client.get(WHOAMI).status_code == 401
    assert accounts.sign_in(password="another password").get(WHOAMI).status_code == 200


# --- who comes in without -----------------------------------------------------------------------------------------


def test_without_credentials_401_on_the_api_and_login_on_pages(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.client()
    answer = client.get(WHOAMI)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "Authentication credentials were not provided."
    page = client.get("/projects/7/data?tab=1")
    assert (page.status_code, page.headers["location"]) == (
        302,
        "/user/login/?next=/projects/7/data%3Ftab%3D1",
    )


def test_local_mode_needs_no_login_and_ends_with_the_first_account(server: Server) -> None:
    client = server.client()
    owner = client.get(WHOAMI).json()
    assert boot(client.get("/").text)["local"] is True
    assert client.get("/user/login/").headers["location"] == "/"
    assert form(client, "/user/signup/", email=EMAIL, password=PASSWORD).status_code == 302
    # Who worked locally keeps the work: the account is the same user.
    me = client.get(WHOAMI).json()
    assert (me["id"], me["email"]) == (owner["id"], EMAIL)
    assert boot(client.get("/").text)["local"] is False
    assert server.client().get(WHOAMI).status_code == 401


def test_no_local_mode_beyond_loopback(make_server: Callable[..., Server]) -> None:
    server = make_server(host="0.0.0.0")
    assert server.client().get(WHOAMI).status_code == 401


def test_refuses_to_listen_beyond_loopback_without_an_account(server: Server, tmp_path) -> None:
    wide = settings_for(tmp_path / "data", host="0.0.0.0")
    db = server.context.db
    db.read_sync(lambda conn: users.check_bind(server.settings, conn))
    with pytest.raises(Conflict, match=r"0\.0\.0\.0"):
        db.read_sync(lambda conn: users.check_bind(wide, conn))
    server.add_account()
    db.read_sync(lambda conn: users.check_bind(wide, conn))


# --- tokens -------------------------------------------------------------------------------------------------------


def claims(token: str):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def with_bearer(server: Server, token: str) -> TestClient:
    return server.client(Authorization=f"Bearer {token}")


def test_personal_access_token_life(accounts: Server) -> None:
    accounts.add_account()
    browser = accounts.sign_in()
    made = browser.post("/api/token/", json={})
    assert made.status_code == 201
    refresh = made.json()["token"]
    assert claims(refresh)["token_type"] == "refresh"
    assert claims(refresh)["exp"] > time.time() + 100 * 365 * 24 * 3600
    assert claims(refresh)["user_id"] == str(browser.get(WHOAMI).json()["id"])
    assert browser.post("/api/token/", json={}).status_code == 409
    assert browser.get("/api/token/").json() == [{"token": refresh.rpartition(".")[0]}]

    anyone = accounts.client()
    access = anyone.post("/api/token/refresh/", json={"refresh": refresh}).json()["access"]
    assert claims(access)["token_type"] == "access"
    assert 290 <= claims(access)["exp"] - claims(access)["iat"] <= 300
    assert with_bearer(accounts, access).get(WHOAMI).json()["email"] == EMAIL
    assert with_bearer(accounts, refresh).get(WHOAMI).status_code == 401

    rotated = anyone.post("/api/token/rotate/", json={"refresh": refresh})
    assert rotated.status_code == 200
    newer = rotated.json()["refresh"]
    assert anyone.post("/api/token/refresh/", json={"refresh": refresh}).status_code == 401
    assert anyone.post("/api/token/rotate/", json={"refresh": refresh}).status_code == 400
    assert anyone.post("/api/token/blacklist/", json={"refresh": newer}).status_code == 204
    assert anyone.post("/api/token/blacklist/", json={"refresh": newer}).status_code == 404
    assert anyone.post("/api/token/refresh/", json={"refresh": newer}).status_code == 401
    assert browser.get("/api/token/").json() == []
    assert browser.post("/api/token/", json={}).status_code == 201


def test_the_owner_revokes_by_the_part_that_the_list_shows(accounts: Server) -> None:
    accounts.add_account()
    accounts.add_account("sam@example.org")
    ada, sam = accounts.sign_in(), accounts.sign_in("sam@example.org")
    ada.post("/api/token/", json={})
    head = ada.get("/api/token/").json()[0]["token"]
    assert accounts.client().post("/api/token/blacklist/", json={"refresh": head}).status_code == 401
    assert sam.post("/api/token/blacklist/", json={"refresh": head}).status_code == 404
    assert ada.post("/api/token/blacklist/", json={"refresh": head}).status_code == 204
    assert ada.get("/api/token/").json() == []


def test_forged_tokens_do_not_hold(accounts: Server) -> None:
    accounts.add_account()
    browser = accounts.sign_in()
    refresh = browser.post("/api/token/", json={}).json()["token"]
    access = browser.post("/api/token/refresh/", json={"refresh": refresh}).json()["access"]
    head, body, signature = access.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    forged = json.dumps({**claims(access), "user_id": "2"}).encode()
    other = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
    for bad in (
        f"{none}.{body}.",
        f"{head}.{other}.{signature}",
        f"{head}.{body}.{signature[::-1]}",
        "x",
        "..",
        "é",
        "x" * 9000,
        "",
    ):
        client = accounts.client()
        assert client.get(WHOAMI, headers={b"Authorization": f"Bearer {bad}".encode()}).status_code == 401
        assert client.post("/api/token/refresh/", json={"refresh": bad}).status_code in {400, 401}
    assert accounts.client().post("/api/token/refresh/", json={}).json()["validation_errors"] == {
        "refresh": ["This field is required."]
    }


def test_tokens_can_be_switched_off(accounts: Server) -> None:
    accounts.add_account()
    browser = accounts.sign_in()
    refresh = browser.post("/api/token/", json={}).json()["token"]
    access = browser.post("/api/token/refresh/", json={"refresh": refresh}).json()["access"]
    changed = browser.post("/api/jwt/settings", json={"api_tokens_enabled": False})
    assert changed.json()["api_tokens_enabled"] is False
    assert with_bearer(accounts, access).get(WHOAMI).status_code == 401
    assert browser.post("/api/token/refresh/", json={"refresh": refresh}).status_code == 401


def test_legacy_token_works_only_while_enabled(accounts: Server) -> None:
    browser = accounts.client()
    form(browser, "/user/signup/", email=EMAIL, password=PASSWORD)
    browser.headers["X-CSRFToken"] = browser.cookies["csrftoken"]
    assert browser.get("/api/jwt/settings").json() == {
        "api_tokens_enabled": True,
        "legacy_api_tokens_enabled": False,
    }
    token = browser.post("/api/current-user/reset-token/").json()["token"]
    assert len(token) == 40
    clients = (accounts.client(Authorization=f"Token {token}"), accounts.client(**{"X-API-Key": token}))
    assert [client.get(WHOAMI).status_code for client in clients] == [401, 401]
    assert browser.get("/api/current-user/token").status_code == 403
    browser.post("/api/jwt/settings", json={"legacy_api_tokens_enabled": True})
    assert [client.get(WHOAMI).status_code for client in clients] == [200, 200]
    assert browser.get("/api/current-user/token").json() == {"token": token}
    newer = browser.post("/api/current-user/reset-token/").json()["token"]
    assert [client.get(WHOAMI).status_code for client in clients] == [401, 401]
    assert accounts.client(Authorization=f"Token {newer}").get(WHOAMI).status_code == 200
    assert accounts.client(Authorization="Token nonsense").get(WHOAMI).json()["detail"] == "Invalid token."


def test_a_dump_of_the_database_holds_no_usable_secret(accounts: Server) -> None:
    accounts.add_account()
    browser = accounts.sign_in()
    secrets = [
        browser.post("/api/current-user/reset-token/").json()["token"],
        browser.post("/api/token/", json={}).json()["token"],
        browser.cookies["sessionid"],
        PASSWORD,
    ]

    def dump(conn: Connection) -> str:
        tables = (session, api_token, user)
        return repr([tuple(row) for table in tables for row in conn.execute(sa.select(table))])

    text = accounts.context.db.read_sync(dump)
    assert not [secret for secret in secrets if secret in text]


# --- users and organizations --------------------------------------------------------------------------------------


def test_user_object(client: TestClient) -> None:
    me = client.get(WHOAMI).json()
    permissions, role = me.pop("permissions"), me.pop("role")
    assert role == "owner"
    assert "tasks.delete" in permissions
    assert "storages.sync" in permissions
    assert list(me) == [
        "id", "first_name", "last_name", "username", "email", "last_activity", "custom_hotkeys", "avatar", "initials",
        "phone", "active_organization", "active_organization_meta", "allow_newsletters", "date_joined",
    ]  # fmt: skip
    assert me["initials"] == me["email"][:2]
    assert client.get(f"/api/users/{me['id']}/").json() == me
    assert client.get("/api/users/").json() == [me]
    named = client.patch(f"/api/users/{me['id']}/", json={"first_name": "Ada", "last_name": "Moreno"}).json()
    assert named["initials"] == "AM"


def test_profile_changes_take_only_listed_fields(client: TestClient) -> None:
    me = client.get(WHOAMI).json()
    path = f"/api/users/{me['id']}"
    sneaky = {
        "id": 99,
        "is_active": False,
        "password_hash": "x",
        "active_organization_id": 7,
        "role": "owner",
    }
    changed = client.patch(path, json={**sneaky, "phone": "12", "first_name": None}).json()
    assert changed == {**{key: me[key] for key in changed}, "phone": "12"}
    assert client.patch(path, json={"email": "eve@example.org"}).status_code == 405


def test_members_change_only_themselves(accounts: Server) -> None:
    accounts.add_account()
    accounts.add_account("sam@example.org", role="annotator")
    sam = accounts.sign_in("sam@example.org")
    ada_id, sam_id = (each["id"] for each in sam.get("/api/users").json())
    assert sam.patch(f"/api/users/{ada_id}", json={"first_name": "x"}).status_code == 403
    assert sam.patch(f"/api/users/{sam_id}", json={"first_name": "Sam"}).status_code == 200
    assert sam.post("/api/users", json={"email": "eve@example.org"}).status_code == 403
    assert sam.post("/api/jwt/settings", json={"legacy_api_tokens_enabled": True}).status_code == 403
    assert sam.patch("/api/session-policy", json={"max_session_age": 1}).status_code == 403
    assert sam.get("/api/invite").status_code == 403
    organization = sam.get("/api/organizations").json()[0]
    assert sam.get(f"/api/organizations/{organization['id']}").json()["token"] is None


def test_adding_a_user(client: TestClient) -> None:
    made = client.post("/api/users", json={"email": "Sam@Example.org", "first_name": "Sam"})
    assert made.status_code == 201
    assert made.json()["email"] == "sam@example.org"
    again = client.post("/api/users", json={"email": "sam@example.org"})
    assert again.status_code == 400
    assert "email" in again.json()["validation_errors"]
    # Local mode goes on: nobody can sign in with an account that has no password.
    assert client.get(WHOAMI).status_code == 200


def test_organization(client: TestClient) -> None:
    listed = client.get("/api/organizations/").json()
    assert [list(each) for each in listed] == [["id", "title", "contact_info", "created_at"]]
    path = f"/api/organizations/{listed[0]['id']}"
    full = client.get(path).json()
    assert list(full) == [
        "id",
        "title",
        "token",
        "created_at",
        "updated_at",
        "contact_info",
        "created_by",
        "users",
    ]
    assert full["users"] == [client.get(WHOAMI).json()["id"]]
    assert client.patch(path, json={"title": "Field team"}).json()["title"] == "Field team"
    assert client.patch(path, json={"title": ""}).status_code == 400
    assert client.get(f"/api/organizations/{listed[0]['id'] + 1}").status_code == 404
    assert client.post("/api/organizations", json={"title": "x"}).status_code == 403
