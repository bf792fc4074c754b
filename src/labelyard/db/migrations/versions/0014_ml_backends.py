"""ML backends and what they were asked for

Revision: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _fk(table: str, column: str, target: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"), ondelete=ondelete
    )


def upgrade() -> None:
    op.create_table(
        "ml_backend",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("protocol", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.String(length=2), server_default="DI", nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("auth_method", sa.String(length=16), server_default="NONE", nullable=False),
        sa.Column("basic_auth_user", sa.Text(), nullable=True),
        sa.Column("basic_auth_pass", sa.Text(), nullable=True),
        sa.Column("extra_params", sa.Text(), nullable=True),
        sa.Column("timeout", sa.Float(), server_default="100", nullable=False),
        sa.Column("is_interactive", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("auto_update", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("model_version", sa.Text(), server_default="", nullable=False),
        sa.Column("versions", sa.Text(), server_default="[]", nullable=False),
        sa.Column("set_by", _ID, nullable=True),
        sa.Column("webhook_id", _ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        _fk("ml_backend", "project_id", "project"),
        _fk("ml_backend", "set_by", "user_account", "SET NULL"),
        _fk("ml_backend", "webhook_id", "webhook", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ml_backend")),
        sqlite_autoincrement=True,
    )
    for column in ("project_id", "set_by", "webhook_id"):
        op.create_index(op.f(f"ix_ml_backend_{column}"), "ml_backend", [column], unique=False)
    op.create_table(
        "ml_run",
        sa.Column("id", _ID, nullable=False),
        sa.Column("backend_id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("job_id", _ID, nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("options", sa.Text(), server_default="{}", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("predicted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("predictions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        _fk("ml_run", "backend_id", "ml_backend"),
        _fk("ml_run", "project_id", "project"),
        _fk("ml_run", "user_id", "user_account", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ml_run")),
        sqlite_autoincrement=True,
    )
    for column in ("backend_id", "project_id", "user_id"):
        op.create_index(op.f(f"ix_ml_run_{column}"), "ml_run", [column], unique=False)
    op.create_table(
        "ml_run_task",
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("task_id", _ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        _fk("ml_run_task", "run_id", "ml_run"),
        _fk("ml_run_task", "task_id", "task"),
        sa.PrimaryKeyConstraint("run_id", "task_id", name=op.f("pk_ml_run_task")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_ml_run_task_task_id"), "ml_run_task", ["task_id"], unique=False)
    op.create_index(
        "ix_ml_run_task_failed",
        "ml_run_task",
        ["run_id", "task_id"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )


def downgrade() -> None:
    op.drop_table("ml_run_task")
    op.drop_table("ml_run")
    op.drop_table("ml_backend")
