"""Accounts that the command line makes."""

from sqlalchemy import Connection

from labelyard.cli.output import fail, problems_as_failures, say
from labelyard.context import Context
from labelyard.kit.crypto import hash_password, verify_password
from labelyard.organizations import service as organizations
from labelyard.settings import Settings
from labelyard.users import service as users
from labelyard.users import tokens


def ensure_first_account(context: Context, settings: Settings) -> None:
    """Make the account that `--username` and `--password` name, unless it exists; set its token where one is given."""
    if settings.basic_auth and "@" not in settings.username:
        # Who knows the password of the settings is the owner; a name that is no address makes no account.
        if settings.user_token:
            set_token(context, context.db.read_sync(users.cli_actor).email, settings.user_token)
        return
    if not settings.username:
        if settings.user_token and context.db.read_sync(users.is_local, settings):
            fail("--user-token needs an account.", "Add --username and --password.")
        return
    if not context.db.read_sync(users.account_exists, settings.username):
        if not settings.password:
            fail(
                "--username needs a password for the account it makes.",
                "Add --password, or set LABELYARD_PASSWORD.",
            )
        make_account(context, settings.username, settings.password)
    elif settings.basic_auth and not context.db.read_sync(_fits, settings.username, settings.password):
        say(
            f"NOTE: the account {settings.username} keeps its own password for the sign-in page. Change it with: "
            f"labelyard user reset-password {settings.username} --data-dir {settings.data_dir}"
        )
    if settings.user_token:
        set_token(context, settings.username, settings.user_token)


def _fits(conn: Connection, email: str, password: str) -> bool:
    return verify_password(users.password_hash_of(conn, email), password)


def make_account(
    context: Context, email: str, password: str, *, role: str = "manager", organization: int | None = None
) -> int:
    with problems_as_failures():
        users.check_password(password)
        if organization is not None:
            context.db.read_sync(organizations.check_exists, organization)
        return context.db.write_sync(
            users.make_account,
            context.settings,
            email,
            hash_password(password),
            role=role,  # type: ignore[arg-type]
            organization_id=organization,
            reopen=True,
        )


def set_token(context: Context, email: str, token: str | None) -> str:
    """Give the user a legacy token (a new one when `token` is None); returns it."""
    with problems_as_failures():
        user_id = context.db.read_sync(users.id_of, email)
        return context.db.write_sync(tokens.reset_legacy, context.secrets, user_id, token)["token"]
