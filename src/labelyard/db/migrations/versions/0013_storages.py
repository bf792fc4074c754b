"""Storages: where tasks come from and results go to

Revision: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column(
        "served_directory", sa.Column("writable", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "storage",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("created_by", _ID, nullable=True),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("dialect", sa.String(length=4), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=True),
        sa.Column("job_id", _ID, nullable=True),
        sa.Column("status", sa.String(length=24), server_default="initialized", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("synced_at", sa.BigInteger(), nullable=True),
        sa.Column("synced_count", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_storage_project_id_project"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["user_account.id"],
            name=op.f("fk_storage_created_by_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storage")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_storage_project_id"), "storage", ["project_id"], unique=False)
    op.create_table(
        "storage_link",
        sa.Column("task_id", _ID, autoincrement=False, nullable=False),
        sa.Column("storage_id", _ID, nullable=False),
        sa.Column("key", _BYTEWISE, nullable=False),
        sa.Column("row", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_storage_link_task_id_task"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["storage_id"],
            ["storage.id"],
            name=op.f("fk_storage_link_storage_id_storage"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_storage_link")),
        sa.UniqueConstraint("storage_id", "key", "row", name=op.f("uq_storage_link_storage_id_key_row")),
    )
    op.create_table(
        "storage_outbox",
        sa.Column("id", _ID, nullable=False),
        sa.Column("storage_id", _ID, nullable=False),
        sa.Column("task_id", _ID, nullable=False),
        sa.Column("annotation_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["storage_id"],
            ["storage.id"],
            name=op.f("fk_storage_outbox_storage_id_storage"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storage_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_storage_outbox_storage_id", "storage_outbox", ["storage_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("storage_outbox")
    op.drop_table("storage_link")
    op.drop_table("storage")
    op.drop_column("served_directory", "writable")
