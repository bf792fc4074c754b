"""Organizations and users of a 1.x install, and who is a member of which."""

import contextlib
from typing import Any

from sqlalchemy import Connection

from labelyard.actor import Role
from labelyard.kit.crypto import password_of_elsewhere
from labelyard.kit.db.foreign import Row
from labelyard.kit.errors import Problem
from labelyard.organizations import service as organizations
from labelyard.takeover.install.work import Work, time_of
from labelyard.takeover.model import TakeoverError, checked_json
from labelyard.users import service as users
from labelyard.users import tokens


def _organization_rows(work: Work) -> list[Row]:
    columns = ("id", "title", "token", "contact_info", "created_by_id", "created_at", "updated_at")
    return work.source.rows("organization", columns, order="id")


def store_organizations(work: Work, conn: Connection) -> None:
    first = None if users.anybody_signs_in(conn) else organizations.first_id(conn)
    work.organization = _known(work)
    work.kept = set(work.organization)
    policies = {row["organization_id"]: row for row in work.source.rows(
        "session_policy_sessiontimeoutpolicy", ("organization_id", "max_session_age", "max_time_between_activity"))}  # fmt: skip
    jwt = {row["organization_id"]: row for row in work.source.rows(
        "jwt_auth_jwtsettings", ("organization_id", "api_tokens_enabled", "api_token_ttl_days", "legacy_api_tokens_enabled"))}  # fmt: skip
    for row in _organization_rows(work):
        if row["id"] in work.kept:
            continue
        values: dict[str, Any] = {
            "title": (row["title"] or "Label Studio")[: organizations.MAX_TITLE],
            "contact_info": row["contact_info"],
            "invite_token": row["token"],
            "created_at": time_of(row["created_at"]),
            "updated_at": time_of(row["updated_at"]),
            # Before tokens could be switched off, everybody had a legacy one.
            "legacy_api_tokens_enabled": True,
        }
        if (policy := policies.get(row["id"])) is not None:
            values["max_session_age_minutes"] = policy["max_session_age"] or 11520
            values["max_idle_minutes"] = policy["max_time_between_activity"] or 4320
        if (given := jwt.get(row["id"])) is not None:
            values["api_tokens_enabled"] = bool(given["api_tokens_enabled"])
            values["legacy_api_tokens_enabled"] = bool(given["legacy_api_tokens_enabled"])
            values["api_token_ttl_days"] = given["api_token_ttl_days"]
        if first is None and not work.offset["organization"]:
            values["id"] = row["id"]
        work.organization[row["id"]] = organizations.take_over(conn, values, first)
        first = None
        work.report.organizations += 1
    if not work.organization:
        raise TakeoverError(
            f"{work.source.path}: it has no organization.", "Start the old server once, then try again."
        )


def _known(work: Work) -> dict[int, int]:
    """Organizations that are here already, because projects of theirs were taken over before: id there → id here."""
    rows = work.source.rows("project", ("id", "organization_id"))
    of_project = {row["id"]: row["organization_id"] for row in rows}
    found: dict[int, int] = {}
    for row in work.known:
        found.setdefault(of_project[row.old_id], row.organization_id)
    return found


def store_users(work: Work, conn: Connection) -> None:
    work.user, work.new_users, work.known_users = {}, set(), set()
    members = work.source.rows(
        "organizations_organizationmember", ("organization_id", "user_id", "deleted_at"), order="id"
    )
    home: dict[int, int] = {}
    for row in members:
        if row["deleted_at"] is None and row["organization_id"] in work.organization:
            home.setdefault(row["user_id"], work.organization[row["organization_id"]])
    keys = {row["user_id"]: row["key"] for row in work.source.rows("authtoken_token", ("key", "user_id"))}
    unknown = 0
    columns = ("id", "password", "username", "email", "first_name", "last_name", "is_active", "date_joined",
               "last_activity", "phone", "active_organization_id", "allow_newsletters", "custom_hotkeys")  # fmt: skip
    for row in work.source.rows("htx_user", columns, order="id"):
        hashed = password_of_elsewhere(row["password"] or "")
        active = bool(row["is_active"]) and row["id"] in home
        unknown += hashed is None and active
        values: dict[str, Any] = {
            name: row[name] or "" for name in ("username", "first_name", "last_name", "phone")
        } | {
            "password_hash": hashed if active else None,
            "is_active": active,
            "active_organization_id": work.organization.get(
                row["active_organization_id"], home.get(row["id"])
            ),
            "allow_newsletters": None if row["allow_newsletters"] is None else bool(row["allow_newsletters"]),
            "custom_hotkeys": checked_json(
                row["custom_hotkeys"], "{", f"{work.source.path}: user {row['id']}"
            )
            or "{}",
            "date_joined": time_of(row["date_joined"]),
            "last_activity": time_of(row["last_activity"] or row["date_joined"]),
        }
        if not work.offset["htx_user"]:
            values["id"] = row["id"]
        try:
            user_id, made = users.take_over(conn, row["email"], values)
        except Problem:
            raise TakeoverError(
                f"{work.source.path}: user {row['id']} has no valid email address: {row['email']!r}.",
                "Give them one where they are, and try again.",
            ) from None
        work.user[row["id"]] = user_id
        work.report.users += made
        if active:
            (work.new_users if made else work.known_users).add(row["id"])
        if not made:
            work.report.notes.append(f"{row['email']} had an account already, which stays as it is.")
        elif active and row["id"] in keys:
            with contextlib.suppress(Problem):  # the token is somebody else's
                tokens.reset_legacy(conn, work.ctx.secrets, user_id, keys[row["id"]])
    if unknown:
        work.report.notes.append(
            f"{unknown} passwords are kept in a way that cannot be verified: labelyard user reset-password EMAIL"
        )
    owners = {row["id"]: row["created_by_id"] for row in _organization_rows(work)}
    for row in members:
        if (
            row["deleted_at"] is not None
            or row["organization_id"] not in work.organization
            or row["user_id"] not in work.user
        ):
            continue
        role: Role = "owner" if owners[row["organization_id"]] == row["user_id"] else "manager"
        users.join(conn, work.organization[row["organization_id"]], work.user[row["user_id"]], role)
    for old, creator in owners.items():
        if creator in work.user and old not in work.kept:
            organizations.set_creator(conn, work.organization[old], work.user[creator])
