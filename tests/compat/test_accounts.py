"""Users, tokens and the organization with the current client."""

import asyncio
from collections.abc import Callable

import pytest
from label_studio_sdk.client import AsyncLabelStudio, LabelStudio
from label_studio_sdk.core.api_error import ApiError

from tests.compat.conftest import Address


def test_users_are_made_read_changed_and_deleted(ls: LabelStudio, new_email: Callable[[], str]) -> None:
    email = new_email()
    made = ls.users.create(
        username=email.partition("@")[0], email=email, first_name="Grace", last_name="Hopper"
    )
    read = ls.users.get(id=made.id)
    assert (read.email, read.first_name, read.initials) == (email, "Grace", "GH")
    assert ls.users.update(id=made.id, phone="555 1234").phone == "555 1234"
    assert email in {each.email for each in ls.users.list()}
    ls.users.delete(id=made.id)
    assert email not in {each.email for each in ls.users.list()}
    with pytest.raises(ApiError) as error:
        ls.users.create(username="x", email="not an address")
    assert error.value.status_code == 400


def test_who_am_i(ls: LabelStudio) -> None:
    me = ls.users.whoami()
    assert me.id
    assert me.active_organization
    assert "projects.create" in me.permissions


def test_own_profile(ls: LabelStudio) -> None:
    assert ls.users.get_current_user().id == ls.users.whoami().id
    assert ls.users.update_current_user(first_name="Ada").first_name == "Ada"
    assert ls.users.get_current_user().first_name == "Ada"


def test_hotkeys_are_kept(ls: LabelStudio) -> None:
    keys = {"annotation:submit": {"key": "ctrl+enter", "active": True}}
    assert ls.users.update_hotkeys(custom_hotkeys=keys).custom_hotkeys == keys
    assert ls.users.get_hotkeys().custom_hotkeys == keys


def test_legacy_token_is_read_and_changed(
    ls: LabelStudio, address: Address, new_email: Callable[[], str]
) -> None:
    assert ls.users.get_token().token == address.token
    fresh = ls.users.reset_token().token
    try:
        assert LabelStudio(base_url=address.url, api_key=fresh).users.get_token().token == fresh
        with pytest.raises(ApiError) as error:
            LabelStudio(base_url=address.url, api_key=address.token).users.whoami()
        assert error.value.status_code == 401
    finally:
        # The other tests go on with the token that the owner has now.
        ls._client_wrapper._tokens_client._api_key = fresh
        object.__setattr__(address, "token", fresh)


def test_personal_access_token(ls: LabelStudio, address: Address) -> None:
    before = ls.jwt_settings.get()
    ls.jwt_settings.update(api_token_ttl_days=30, api_tokens_enabled=True, legacy_api_tokens_enabled=True)
    assert ls.jwt_settings.get().api_tokens_enabled is True
    token = ls.tokens.create().token
    (listed,) = ls.tokens.list()
    assert token.startswith(listed.token)
    mine = LabelStudio(base_url=address.url, api_key=token)
    assert mine.users.whoami().id == ls.users.whoami().id
    access = ls.tokens.refresh(refresh=token).access
    assert access.count(".") == 2
    with pytest.raises(ApiError) as error:
        ls.tokens.create(request_options={"max_retries": 0})
    assert error.value.status_code == 409
    rotated = ls.tokens.rotate(refresh=token).refresh
    with pytest.raises(ApiError) as error:
        ls.tokens.refresh(refresh=token)
    assert error.value.status_code == 401
    assert LabelStudio(base_url=address.url, api_key=rotated).projects.list(page_size=1)
    ls.tokens.blacklist(refresh=rotated)
    with pytest.raises(ApiError) as error:
        ls.tokens.blacklist(refresh=rotated)
    assert error.value.status_code == 404
    assert ls.tokens.list() == []
    ls.jwt_settings.update(
        api_token_ttl_days=30,
        api_tokens_enabled=before.api_tokens_enabled,
        legacy_api_tokens_enabled=before.legacy_api_tokens_enabled,
    )


def test_organization_and_its_members(ls: LabelStudio, new_email: Callable[[], str]) -> None:
    (organization,) = ls.organizations.list()
    read = ls.organizations.get(id=organization.id)
    assert read.title == organization.title
    assert ls.organizations.update(id=organization.id, title="The lab").title == "The lab"
    email = new_email()
    user = ls.users.create(username=email, email=email)
    members = ls.organizations.members.list(id=organization.id, page_size=100)
    assert user.id in {each.user.id for each in members.items}
    assert ls.organizations.members.get(id=organization.id, user_pk=user.id).user == user.id
    ls.organizations.members.delete(id=organization.id, user_pk=user.id)
    with pytest.raises(ApiError) as error:
        ls.organizations.members.get(id=organization.id, user_pk=user.id)
    assert error.value.status_code == 404
    invite = ls.organizations.invites.get_invite_link()
    assert invite.token in invite.invite_url
    assert ls.organizations.reset_token().token != invite.token


def test_session_policy(ls: LabelStudio) -> None:
    before = ls.session_policy.get()
    changed = ls.session_policy.update(max_session_age=60, max_time_between_activity=30)
    assert (changed.max_session_age, changed.max_time_between_activity) == (60, 30)
    ls.session_policy.update(
        max_session_age=before.max_session_age, max_time_between_activity=before.max_time_between_activity
    )


def test_asynchronous_client(address: Address, project, tasks) -> None:
    async def read() -> None:
        ls = AsyncLabelStudio(base_url=address.url, api_key=address.token)
        assert (await ls.users.whoami()).id
        assert [each.id async for each in await ls.tasks.list(project=project.id, page_size=2)] == tasks
        assert [each["id"] for each in await ls.projects.exports.as_json(project.id)] == tasks

    asyncio.run(read())


def test_wrong_key_is_refused(address: Address) -> None:
    with pytest.raises(ApiError) as error:
        LabelStudio(base_url=address.url, api_key="f" * 40).users.whoami()
    assert error.value.status_code == 401
