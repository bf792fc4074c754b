"""`labelyard migrate`: bring a database to the schema of this release."""

from pathlib import Path

import click

from labelyard.cli.output import fail
from labelyard.db.migrate import HEAD, SchemaError, current_revision, prepare, upgrade
from labelyard.kit.db.open import is_embedded, open_migration_engine
from labelyard.settings import load


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Data directory of the embedded database.")
def migrate(data_dir: Path | None) -> None:
    """Bring the database to the schema of this release. The embedded one is copied to `backups/` first.

    `start` does this by itself for the embedded database; for PostgreSQL, stop the servers, back up, and run this.
    """
    settings = load({"data_dir": data_dir})
    try:
        if is_embedded(settings.database_url):
            done = prepare("", settings.database_path, settings.data_dir / "backups")
            if done.backup is not None:
                click.echo(f"backup: {done.backup}")
        else:
            engine = open_migration_engine(settings.database_url, settings.database_path)
            current_revision(engine)
            upgrade(engine)
            engine.dispose()
    except SchemaError as error:
        fail(str(error))
    click.echo(f"database at revision {HEAD}")
