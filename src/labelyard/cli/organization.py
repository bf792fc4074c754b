"""`organization`: the rooms of an install, from the machine the server runs on."""

from pathlib import Path

import click
from sqlalchemy import Connection

from labelyard.cli.options import data_dir_option
from labelyard.cli.output import problems_as_failures
from labelyard.cli.user import opened
from labelyard.kit.crypto import hash_password
from labelyard.organizations import service as organizations
from labelyard.settings import Settings
from labelyard.users import service as users


@click.group()
def organization() -> None:
    """Make and list organizations. People of one see nothing of another."""


@organization.command("create")
@click.argument("title")
@click.option(
    "--owner", required=True, metavar="EMAIL", help="Who owns it; an account that exists, or a new one."
)
@click.option("--password", help="Password of a new account, at least 8 characters. Asked for when left out.")
@data_dir_option
def create(title: str, owner: str, password: str | None, data_dir: Path | None) -> None:
    """Make a further organization, called TITLE, with its owner.

    The first organization makes itself with the first account (`user create`). An owner who has an account chooses
    the active organization on the page Organization.
    """
    with opened(data_dir, make=True) as context, problems_as_failures():
        known = context.db.read_sync(users.account_exists, owner)
        hashed = None
        if not known:
            password = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
            users.check_password(password)
            hashed = hash_password(password)
        made = context.db.write_sync(_make, context.settings, title, owner, hashed)
    click.echo(f"organization {made}: {title.strip()}, owned by {owner}")


def _make(conn: Connection, settings: Settings, title: str, owner: str, password_hash: str | None) -> int:
    made = organizations.create(conn, title=title, legacy_tokens=settings.enable_legacy_api_token)
    users.make_owner(conn, made, owner, password_hash)
    return made


@organization.command("list")
@data_dir_option
def list_(data_dir: Path | None) -> None:
    """List the organizations: id, title, members, projects."""
    with opened(data_dir) as context, problems_as_failures():
        for each in context.db.read_sync(organizations.overview):
            click.echo(f"{each['id']}\t{each['title']}\t{each['members']}\t{each['projects']}")
