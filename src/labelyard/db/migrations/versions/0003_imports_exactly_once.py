"""Imports that know tasks again, can be repeated, cancelled and undone

Revision: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("import", sa.Column("cancelled", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("import", sa.Column("undone_at", sa.BigInteger(), nullable=True))
    op.add_column("import", sa.Column("undo", sa.Text(), nullable=True))

    op.create_table(
        "import_change",
        sa.Column("import_id", _ID, nullable=False),
        sa.Column("task_id", _ID, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("meta", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import.id"], name=op.f("fk_import_change_import_id_import"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_import_change_task_id_task"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "task_id", name=op.f("pk_import_change")),
    )
    op.create_index(op.f("ix_import_change_task_id"), "import_change", ["task_id"])

    op.create_table(
        "idempotency_key",
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("import_id", _ID, nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_idempotency_key_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_idempotency_key_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import.id"], name=op.f("fk_idempotency_key_import_id_import"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "user_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_user_id"), "idempotency_key", ["user_id"])
    op.create_index(op.f("ix_idempotency_key_import_id"), "idempotency_key", ["import_id"])
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"])

    op.create_table(
        "dedupe_spec",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("upto_inner_id", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_dedupe_spec_project_id_project"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedupe_spec")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_dedupe_spec_project_id_spec", "dedupe_spec", ["project_id", "spec"], unique=True)

    op.create_table(
        "task_key",
        sa.Column("spec_id", _ID, nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("task_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["spec_id"], ["dedupe_spec.id"], name=op.f("fk_task_key_spec_id_dedupe_spec"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_task_key_task_id_task"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("spec_id", "key", "task_id", name=op.f("pk_task_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_task_key_task_id"), "task_key", ["task_id"])


def downgrade() -> None:
    for table in ("task_key", "dedupe_spec", "idempotency_key", "import_change"):
        op.drop_table(table)
    with op.batch_alter_table("import") as batch:
        for column in ("undo", "undone_at", "cancelled"):
            batch.drop_column(column)
