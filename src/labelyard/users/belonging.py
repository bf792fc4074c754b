"""Joining an organization, leaving it, and moving between several."""

from sqlalchemy import Connection

from labelyard.actor import Role
from labelyard.kit.clock import now_us
from labelyard.kit.errors import Invalid
from labelyard.users import queries, tokens


def join(conn: Connection, organization_id: int, user_id: int, role: Role) -> None:
    """Make a user a member. Nothing changes for one who is a member already."""
    if not queries.is_member(conn, organization_id, user_id):
        queries.insert_member(conn, organization_id, user_id, role, now_us())


def switch(conn: Connection, user_id: int, organization_id: int) -> None:
    """Make one of a user's organizations the active one, for sessions and tokens alike. Invalid for a foreign one."""
    if not queries.is_member(conn, organization_id, user_id):
        raise Invalid({"active_organization": [f"You are no member of an organization {organization_id}."]})
    queries.update_user(conn, user_id, {"active_organization_id": organization_id})


def leave(conn: Connection, organization_id: int, user_id: int) -> None:
    """End a membership, with the roles in the organization's projects. What the user made stays under their name.

    Another organization of theirs becomes the active one. Without any the account is closed: sessions and tokens end,
    and it comes back only by an administrator who adds the address again.
    """
    queries.delete_member(conn, organization_id, user_id)
    others = queries.organizations_of(conn, user_id)
    if others:
        queries.leave_organization(conn, user_id, organization_id, others[0])
        return
    queries.update_user(
        conn, user_id, {"is_active": False, "active_organization_id": None, "password_hash": None}
    )
    queries.delete_sessions_of(conn, user_id)
    queries.delete_tokens(conn, user_id, tokens.LEGACY)
    queries.revoke_tokens(conn, user_id, tokens.REFRESH, now_us())
