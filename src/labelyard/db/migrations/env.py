"""Alembic's entry: the connection comes from `labelyard.db.migrate`, never from a configuration file."""

from alembic import context

from labelyard.db.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
context.run_migrations()
