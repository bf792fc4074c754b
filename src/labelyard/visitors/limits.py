"""How much a visitor, an address and all visitors together may have, so that no robot fills the disk."""

from sqlalchemy import Connection

from labelyard.kit.errors import TooManyRequests
from labelyard.visitors import queries

PROJECTS = 20  # of a visitor
PER_ADDRESS = 50  # visitors
VISITORS = 10_000


def check_projects(conn: Connection, organization_id: int) -> bool:
    """Whether a new project of the organization is that of a visitor. TooManyRequests when they have enough."""
    if not queries.is_visitors(conn, organization_id):
        return False
    if queries.project_count(conn, organization_id) >= PROJECTS:
        raise TooManyRequests(f"At most {PROJECTS} projects. Delete one first.")
    return True


def check_visitors(conn: Connection, address: str) -> None:
    """TooManyRequests when there are enough visitors, from this address or at all."""
    if queries.count(conn, address) >= PER_ADDRESS or queries.count(conn) >= VISITORS:
        raise TooManyRequests(
            "Too many sessions. Go on with the cookie of an earlier one, or try again tomorrow."
        )
