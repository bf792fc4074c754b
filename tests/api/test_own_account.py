"""The own account: hotkeys, sessions, password, picture."""

from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from tests.support.media import image
from tests.support.server import PASSWORD, Server

from labelyard.db.schema import session

WHOAMI = "/api/current-user/whoami"
HOTKEYS = "/api/current-user/hotkeys"
SESSIONS = "/api/current-user/sessions"
NEW = "another horse battery"


def user_id(client: TestClient) -> int:
    found: int = client.get(WHOAMI).json()["id"]
    return found


# --- hotkeys ------------------------------------------------------------------------------------------------------


def test_hotkeys_come_back(client: TestClient) -> None:
    assert client.get(f"{HOTKEYS}/").json() == {"custom_hotkeys": {}}
    keys = {
        "annotation:submit": {"key": "ctrl+enter", "active": True},
        "regions:delete": {"key": "d", "active": False},
    }
    assert client.patch(f"{HOTKEYS}/", json={"custom_hotkeys": keys}).json() == {"custom_hotkeys": keys}
    assert client.get(HOTKEYS).json() == {"custom_hotkeys": keys}
    assert client.get(WHOAMI).json()["custom_hotkeys"] == keys
    assert client.patch(HOTKEYS, json={"custom_hotkeys": {}}).json() == {"custom_hotkeys": {}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("submit", {"key": "a"}),
        ("a:b:c", {"key": "a"}),
        ("</script>:x", {"key": "a"}),
        ("a:b", "ctrl"),
        ("a:b", {"key": 1}),
        ("a:b", {"key": ""}),
        ("a:b", {"key": "</script><script>"}),
        ("a:b", {"key": "a" * 65}),
        ("a:b", {"key": "a", "active": "yes"}),
        ("a:b", {"active": True}),
        ("a:b", None),
    ],
)
def test_wrong_hotkeys(client: TestClient, name: str, value: Any) -> None:
    answer = client.patch(HOTKEYS, json={"custom_hotkeys": {name: value, "x:y": {"key": "b"}}})
    assert answer.status_code == 400
    assert list(answer.json()["details"]["custom_hotkeys"]) == [name]
    assert answer.json()["error"] and answer.json()["validation_errors"] == answer.json()["details"]
    assert client.get(HOTKEYS).json() == {"custom_hotkeys": {}}


def test_hotkeys_are_bounded(client: TestClient) -> None:
    many = {f"a:{n}": {"key": "a"} for n in range(501)}
    bodies: list[dict[str, Any]] = [{}, {"custom_hotkeys": []}, {"custom_hotkeys": many}]
    for body in bodies:
        answer = client.patch(HOTKEYS, json=body)
        assert answer.status_code == 400 and "custom_hotkeys" in answer.json()["details"]


# --- sessions -----------------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended(accounts: Server) -> None:
    accounts.add_account()
    accounts.add_account("sam@example.org")
    here, there, sam = accounts.sign_in(), accounts.sign_in(), accounts.sign_in("sam@example.org")
    listed = here.get(f"{SESSIONS}/").json()
    assert [each["current"] for each in listed].count(True) == 1 and len(listed) == 2
    assert listed[0].keys() == {"id", "created_at", "last_seen_at", "persistent", "user_agent", "current"}
    assert here.cookies["sessionid"] not in here.get(SESSIONS).text
    (other,) = [each["id"] for each in listed if not each["current"]]
    assert sam.delete(f"{SESSIONS}/{other}").status_code == 404
    assert there.get(WHOAMI).status_code == 200
    assert here.delete(f"{SESSIONS}/{other}/").status_code == 204
    assert here.delete(f"{SESSIONS}/{other}").status_code == 404
    assert there.get(WHOAMI).status_code == 401
    third = accounts.sign_in()
    assert here.delete(SESSIONS).status_code == 204
    assert [each.get(WHOAMI).status_code for each in (here, third, sam)] == [200, 401, 200]


def test_a_session_that_is_over_is_not_listed(accounts: Server) -> None:
    accounts.add_account()
    client = accounts.add_user("sam@example.org", role="administrator")
    accounts.sign_in("sam@example.org")
    assert len(client.get(SESSIONS).json()) == 1
    old = sa.update(session).values(created_at=0)
    accounts.context.db.write_sync(lambda conn: conn.execute(old) and None)
    assert client.get(SESSIONS).json() == []


# --- password -----------------------------------------------------------------------------------------------------


def change(client: TestClient, current: str, new: str) -> Any:
    body = {"current_password": current, "new_password": new}
    return client.post("/api/current-user/password", json=body)


def test_changing_the_password_ends_the_other_sessions(accounts: Server) -> None:
    accounts.add_account()
    here, there = accounts.sign_in(), accounts.sign_in()
    assert change(here, PASSWORD, NEW).status_code == 204
    assert [here.get(WHOAMI).status_code, there.get(WHOAMI).status_code] == [200, 401]
    accounts.sign_in(password=NEW)
    with pytest.raises(AssertionError):
        accounts.sign_in(password=PASSWORD)


def test_a_password_is_not_changed_without_the_old_one(accounts: Server) -> None:
    accounts.add_account()
    here, there = accounts.sign_in(), accounts.sign_in()
    assert "current_password" in change(here, "wrong", NEW).json()["validation_errors"]
    assert "new_password" in change(here, PASSWORD, "short").json()["validation_errors"]
    assert change(here, PASSWORD, "x" * 2000).status_code == 400
    assert change(here, "x" * 2000, NEW).status_code == 400
    assert there.get(WHOAMI).status_code == 200
    answers = [change(here, "wrong", NEW).status_code for _ in range(12)]
    assert answers[0] == 400 and answers[-1] == 429


def test_an_account_without_a_password_has_none_to_change(client: TestClient) -> None:
    assert change(client, "", NEW).status_code == 403


# --- picture ------------------------------------------------------------------------------------------------------


def upload(client: TestClient, user: int, data: bytes, name: str = "me.png", kind: str = "image/png") -> Any:
    return client.post(f"/api/users/{user}/avatar/", files={"avatar": (name, data, kind)})


def test_a_picture_is_served_as_bytes_that_do_nothing(accounts: Server) -> None:
    ada, sam = accounts.add_user(), accounts.add_user("sam@example.org", role="annotator")
    # A real picture that is called a page, with a page in it.
    data = image() + b"<html><script>alert(1)</script>"
    address = upload(sam, user_id(sam), data, "me.html", "text/html").json()["avatar"]
    assert address.startswith(f"/data/avatars/{user_id(sam)}-") and address.endswith(".png")
    served = ada.get(address)
    assert served.content == data and served.headers["content-type"] == "image/png"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert accounts.client().get(address).status_code == 401
    assert ada.get(f"/api/users/{user_id(sam)}").json()["avatar"] == address
    newer = upload(sam, user_id(sam), image("JPEG")).json()["avatar"]
    assert newer.endswith(".jpg") and ada.get(address).status_code == 404
    assert sam.delete(f"/api/users/{user_id(sam)}/avatar").status_code == 204
    assert ada.get(newer).status_code == 404 and sam.get(WHOAMI).json()["avatar"] is None
    stored = accounts.settings.media_dir / "avatars"
    assert list(stored.iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html></html>", b"BM" + b"\x00" * 40, b"RIFF0000WAVE", b"\xff"],
)  # fmt: skip
def test_what_is_no_picture_is_refused(client: TestClient, data: bytes) -> None:
    answer = upload(client, user_id(client), data)
    assert answer.status_code == 400 and "avatar" in answer.json()["validation_errors"]
    assert client.get(WHOAMI).json()["avatar"] is None


def test_pictures_are_bounded_and_need_a_form(client: TestClient) -> None:
    own = user_id(client)
    assert upload(client, own, image() + b"\x00" * 1024 * 1024).status_code == 413
    assert client.post(f"/api/users/{own}/avatar", json={"avatar": "x"}).status_code == 415
    assert client.post(f"/api/users/{own}/avatar", data={"avatar": "x"}).status_code == 415
    for name in ("1-x.png", "../secret.key", f"{own}-{'0' * 40}.html", f"{own}-{'0' * 40}.png"):
        assert client.get(f"/data/avatars/{name}").status_code == 404


# --- the doors that need no credentials ---------------------------------------------------------------------------


def test_guessing_tokens_is_slowed_down(accounts: Server) -> None:
    accounts.add_account()
    browser = accounts.sign_in()
    refresh = browser.post("/api/token", json={}).json()["token"]
    nobody = accounts.client()
    for _ in range(80):  # a good token never waits
        assert nobody.post("/api/token/refresh", json={"refresh": refresh}).status_code == 200
    answers = [nobody.post("/api/token/refresh", json={"refresh": "a.b.c"}) for _ in range(61)]
    assert {each.status_code for each in answers[:60]} == {401}
    assert answers[60].status_code == 429 and int(answers[60].headers["retry-after"]) > 0
    for path in ("rotate", "blacklist"):
        assert nobody.post(f"/api/token/{path}", json={"refresh": "a.b.c"}).status_code == 429
