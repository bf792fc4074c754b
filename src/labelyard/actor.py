"""Who is asking. Every service takes an `Actor`; it is made only by `users.service` (or the command line)."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["owner", "administrator", "manager", "reviewer", "annotator"]
Via = Literal["session", "token", "jwt", "basic", "local", "cli", "job"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in user inside one organization.

    `via` tells how the request proved it: a cookie session, a legacy token, a JWT access token, user name and
    password of the settings, the local mode without accounts, the command line, or a job that was asked for before.
    """

    user_id: int
    organization_id: int
    role: Role
    email: str
    via: Via
    session_id: str | None = None
