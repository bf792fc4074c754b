"""Visitors: on a server of many sessions, everybody who comes without a cookie gets a private project.

A visitor is an account without a password in an organization of its own, so what parts two visitors is what parts two
organizations. A link to a project (its UUID, which nobody can make up) lets another visitor into that project: as its
member, and as nothing else of that organization.
"""

import ipaddress

from sqlalchemy import Connection

from labelyard.actor import Actor
from labelyard.context import Context
from labelyard.kit.clock import DAY, now_us
from labelyard.kit.crypto import Secrets, random_hex
from labelyard.kit.errors import NotFound
from labelyard.organizations import service as organizations
from labelyard.projects import jobs as project_jobs
from labelyard.projects import members
from labelyard.projects import service as projects
from labelyard.projects.schemas import ProjectFields, title_from
from labelyard.users import belonging
from labelyard.users import service as users
from labelyard.users.sessions import NewSession, open_session
from labelyard.visitors import limits, queries

IDLE_DAYS = 30  # after which a visitor is forgotten with all projects
EMPTY_DAYS = 1  # the same for one without any task
_MINUTES = IDLE_DAYS * 24 * 60
_SWEEP_SECONDS = 3600
_AT_ONCE = 100


def address_key(secrets: Secrets, address: str) -> str:
    """What stands for an address in the store; of IPv6 its network, which one person has as a whole."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return secrets.sign("visitor unknown")
    if found.version == 6 and found.ipv4_mapped is None:
        found = ipaddress.ip_network((int(found), 64), strict=False).network_address
    return secrets.sign(f"visitor {found}")


def welcome(
    conn: Connection, address: str, user_agent: str, *, label_config: str = "", description: str = ""
) -> tuple[Actor, NewSession]:
    """A new visitor with a project. TooManyRequests when there are enough from this address (`address_key`) or at all."""
    limits.check_visitors(conn, address)
    now = now_us()
    organization_id = organizations.take_over(
        conn, {"title": "Visitor", "max_session_age_minutes": 12 * _MINUTES, "max_idle_minutes": _MINUTES}
    )
    values = {"active_organization_id": organization_id, "date_joined": now, "last_activity": now}
    user_id, _ = users.take_over(conn, f"visitor-{random_hex()}@visitors.invalid", values)
    users.join(conn, organization_id, user_id, "manager")
    queries.insert(
        conn, {"organization_id": organization_id, "user_id": user_id, "address": address, "created_at": now}
    )
    actor = users.actor_of(conn, user_id, "session")
    new_project(conn, actor, description, label_config)
    return actor, open_session(conn, user_id, persistent=True, user_agent=user_agent)


def new_project(conn: Connection, actor: Actor, description: str, label_config: str = "") -> int:
    """A project with this description, which is its title too as far as it fits; its id."""
    fields = ProjectFields(title=title_from(description), description=description)
    if label_config:
        fields.label_config = label_config
    return int(projects.create(conn, actor, fields)["id"])


def follow_link(conn: Connection, actor: Actor, project_id: int) -> Actor:
    """Go to the project of a link that holds: the caller as a member of it. NotFound when it is no visitor's."""
    organization_id = queries.organization_of(conn, project_id)
    if organization_id is None:
        raise NotFound("No project with this UUID.")
    if not users.is_member(conn, organization_id, actor.user_id):
        users.join(conn, organization_id, actor.user_id, "annotator")
    belonging.switch(conn, actor.user_id, organization_id)
    members.let_in(conn, project_id, actor.user_id, "manager")
    return users.actor_of(conn, actor.user_id, actor.via)


def go_home(conn: Connection, actor: Actor) -> Actor:
    """The caller in the own organization again, after a look at the project of somebody else."""
    organization_id = queries.home_of(conn, actor.user_id)
    if organization_id is None or organization_id == actor.organization_id:
        return actor
    belonging.switch(conn, actor.user_id, organization_id)
    return users.actor_of(conn, actor.user_id, actor.via)


def sweep(ctx: Context) -> int:
    """Forget visitors who have not come for long; how many."""
    now = now_us()
    found = ctx.db.read_sync(queries.gone, now - IDLE_DAYS * DAY, now - EMPTY_DAYS * DAY, _AT_ONCE)
    gone = 0
    for row in found:
        left = ctx.db.read_sync(queries.projects_of, row.organization_id)
        for project_id in left:
            # The visitor may be in another organization just now; a worker is where the project is.
            actor = ctx.db.read_sync(users.worker, row.user_id, project_id)
            deletion = ctx.db.write_sync(project_jobs.delete, ctx.jobs, actor, project_id)
            project_jobs.delete_objects(ctx.objects, deletion.keys)
        if not ctx.db.read_sync(queries.projects_of, row.organization_id):
            ctx.db.write_sync(queries.delete, row.organization_id, row.user_id)
            gone += 1
    return gone


def register(ctx: Context) -> None:
    """Tidy now and then, on a server of many sessions."""
    if ctx.settings.multi_session:
        ctx.periodic.add("visitors", _SWEEP_SECONDS, lambda: sweep(ctx))
