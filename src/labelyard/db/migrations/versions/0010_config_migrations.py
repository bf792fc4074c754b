"""Changes of label configs that take the results along

Revision: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "config_migration",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("job_id", _ID, nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("to_version", sa.Integer(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_config_migration_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_config_migration_user_id_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_config_migration")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_config_migration_project_id"), "config_migration", ["project_id"])
    op.create_index(op.f("ix_config_migration_user_id"), "config_migration", ["user_id"])
    op.create_table(
        "config_migration_change",
        sa.Column("migration_id", _ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("row_id", _ID, nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["migration_id"],
            ["config_migration.id"],
            name=op.f("fk_config_migration_change_migration_id_config_migration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("migration_id", "kind", "row_id", name=op.f("pk_config_migration_change")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("config_migration_change")
    op.drop_table("config_migration")
