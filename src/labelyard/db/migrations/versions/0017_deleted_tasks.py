"""Deleted tasks are kept for a while, with everything on them

Revision: 0017
Revises: 0016
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "deletion",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("tasks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_deletion_project_id_project"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deletion_project_id"), "deletion", ["project_id"], unique=False)
    _kept(
        "task",
        ("id",),
        _id("id"), _id("project_id"), _int("inner_id"),
        _text("data"), _text("meta"), _int("overlap"), _flag("allow_skip"),
        _int("total_annotations"), _int("cancelled_annotations"), _int("total_predictions"),
        _flag("is_labeled"), _int("free_slots"), _big("rnd"),
        sa.Column("score", sa.Float(), nullable=True),
        _id("import_id", nullable=True), _id("file_upload_id", nullable=True),
        _big("created_at"), _big("updated_at"), _id("updated_by", nullable=True),
        sa.Column("mean_score", sa.Float(), nullable=True),
    )  # fmt: skip
    _kept(
        "annotation",
        ("task_id", "id"),
        _id("id"), _id("task_id"), _id("project_id"),
        _id("completed_by", nullable=True), _id("updated_by", nullable=True),
        _text("result", nullable=True), _int("result_count"), _flag("was_cancelled"), _flag("ground_truth"),
        sa.Column("lead_time", sa.Float(), nullable=True),
        sa.Column("unique_id", sa.String(length=36), nullable=True), _big("import_id", nullable=True),
        sa.Column("last_action", sa.String(length=32), nullable=True), _flag("bulk_created"),
        _id("parent_prediction", nullable=True), _id("parent_annotation", nullable=True),
        _big("draft_created_at", nullable=True), _int("version"), _big("created_at"), _big("updated_at"),
        _text("prediction", nullable=True),
    )  # fmt: skip
    _kept(
        "prediction",
        ("task_id", "id"),
        _id("id"), _id("task_id"), _id("project_id"), _text("result"),
        sa.Column("score", sa.Float(), nullable=True), _text("model_version", nullable=True),
        sa.Column("cluster", sa.Integer(), nullable=True), sa.Column("mislabeling", sa.Float(), nullable=False),
        _big("created_at"), _big("updated_at"),
    )  # fmt: skip
    _kept(
        "draft",
        ("task_id", "id"),
        _id("id"), _id("task_id"), _id("project_id"), _id("user_id"), _id("annotation_id", nullable=True),
        _text("result"), sa.Column("lead_time", sa.Float(), nullable=True), _flag("was_postponed"),
        _big("created_at"), _big("updated_at"),
    )  # fmt: skip
    _kept(
        "task_key",
        ("task_id", "spec_id", "key"),
        _id("spec_id"), sa.Column("key", sa.LargeBinary(length=16), nullable=False), _id("task_id"),
    )  # fmt: skip
    _kept(
        "storage_link",
        ("task_id",),
        _id("task_id"), _id("storage_id"), sa.Column("key", _BYTEWISE, nullable=False), _int("row"),
    )  # fmt: skip


def _id(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _ID, autoincrement=False, nullable=nullable)


def _int(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _big(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _kept(source: str, key: tuple[str, ...], *columns: sa.Column[Any]) -> None:
    name = f"deleted_{source}"
    op.create_table(
        name,
        sa.Column("deletion_id", _ID, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["deletion_id"],
            ["deletion.id"],
            name=op.f(f"fk_{name}_deletion_id_deletion"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("deletion_id", *key, name=op.f(f"pk_{name}")),
    )


def downgrade() -> None:
    for source in ("storage_link", "task_key", "draft", "prediction", "annotation", "task"):
        op.drop_table(f"deleted_{source}")
    op.drop_table("deletion")
