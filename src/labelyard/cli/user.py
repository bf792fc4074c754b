"""`user`: accounts, from the machine the server runs on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import click

from labelyard.actor import Role
from labelyard.app import close_context
from labelyard.cli.accounts import make_account, set_token
from labelyard.cli.options import data_dir_option
from labelyard.cli.output import problems_as_failures
from labelyard.cli.serving import open_context, open_existing
from labelyard.context import Context
from labelyard.kit.crypto import hash_password
from labelyard.settings import load
from labelyard.users import service as users


@contextmanager
def opened(data_dir: Path | None, *, make: bool = False) -> Iterator[Context]:
    """The context of a data directory, closed afterwards. One that is not there is made only with `make`."""
    context = open_context(load({"data_dir": data_dir})) if make else open_existing(data_dir)
    try:
        yield context
    finally:
        close_context(context)


@click.group()
def user() -> None:
    """Make and manage accounts."""


_password = click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Password, at least 8 characters. Asked for when left out.",
)


@user.command("create")
@click.argument("email")
@_password
@click.option(
    "--role",
    type=click.Choice(get_args(Role)),
    default="manager",
    show_default=True,
    help="Role in the organization. The first account is its owner.",
)
@click.option(
    "--organization",
    type=int,
    metavar="ID",
    help="Organization it belongs to (`organization list`). Default: the first.",
)
@data_dir_option
def create(email: str, password: str, role: str, organization: int | None, data_dir: Path | None) -> None:
    """Make an account for EMAIL. One that was closed opens again."""
    with opened(data_dir, make=True) as context:
        user_id = make_account(context, email, password, role=role, organization=organization)
    click.echo(f"account {user_id}: {email}")


@user.command("list")
@data_dir_option
def list_(data_dir: Path | None) -> None:
    """List the accounts: id, email, role, when last active."""
    with opened(data_dir) as context, problems_as_failures():
        for account in context.db.read_sync(users.accounts):
            click.echo(f"{account['id']}\t{account['email']}\t{account['role']}\t{account['last_activity']}")


@user.command("reset-password")
@click.argument("email")
@_password
@data_dir_option
def reset_password(email: str, password: str, data_dir: Path | None) -> None:
    """Set a new password for EMAIL and end all its sessions."""
    with opened(data_dir) as context, problems_as_failures():
        users.check_password(password)
        context.db.write_sync(users.set_password, email, hash_password(password))
    click.echo("password set, all sessions ended")


@user.command("token")
@click.argument("email")
@data_dir_option
def token(email: str, data_dir: Path | None) -> None:
    """Make a new legacy API token for EMAIL and print it. The old one ends.

    It works while legacy tokens are switched on (`start --enable-legacy-api-token`, or the account page).
    """
    with opened(data_dir) as context:
        click.echo(set_token(context, email, None))
