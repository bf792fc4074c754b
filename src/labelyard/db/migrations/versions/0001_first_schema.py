"""First schema

Revision: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "annotation_event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("annotation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("fields", sa.Text(), server_default="{}", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_annotation_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("annotation_event", schema=None) as batch_op:
        batch_op.create_index("ix_annotation_event_annotation_id", ["annotation_id", "seq"], unique=False)
        batch_op.create_index("ix_annotation_event_project_id", ["project_id", "seq"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), server_default="{}", nullable=False),
        sa.Column("progress", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dedupe_key", sa.String(length=128), nullable=True),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(
            "ix_job_live",
            ["state", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'running', 'cancelling')"),
            postgresql_where=sa.text("state IN ('queued', 'running', 'cancelling')"),
        )
        batch_op.create_index(batch_op.f("ix_job_project_id"), ["project_id"], unique=False)
        batch_op.create_index(
            "uq_job_dedupe",
            ["kind", "dedupe_key"],
            unique=True,
            sqlite_where=sa.text("dedupe_key IS NOT NULL AND state IN ('queued', 'running', 'cancelling')"),
            postgresql_where=sa.text(
                "dedupe_key IS NOT NULL AND state IN ('queued', 'running', 'cancelling')"
            ),
        )

    op.create_table(
        "organization",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=1000), nullable=False),
        sa.Column("contact_info", sa.String(length=254), nullable=True),
        sa.Column("invite_token", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("api_tokens_enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("legacy_api_tokens_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("api_token_ttl_days", sa.Integer(), nullable=True),
        sa.Column("max_session_age_minutes", sa.Integer(), server_default="11520", nullable=False),
        sa.Column("max_idle_minutes", sa.Integer(), server_default="4320", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("invite_token", name=op.f("uq_organization_invite_token")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("username", sa.String(length=256), server_default="", nullable=False),
        sa.Column("first_name", sa.String(length=256), server_default="", nullable=False),
        sa.Column("last_name", sa.String(length=256), server_default="", nullable=False),
        sa.Column("phone", sa.String(length=256), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column(
            "active_organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("allow_newsletters", sa.Boolean(), nullable=True),
        sa.Column("custom_hotkeys", sa.Text(), server_default="{}", nullable=False),
        sa.Column("date_joined", sa.BigInteger(), nullable=False),
        sa.Column("last_activity", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("head", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_api_token_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_token_hash")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_membership_organization_id_organization"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_membership_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "user_id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_user_id"), ["user_id"], unique=False)

    op.create_table(
        "project",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organization_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=50), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("label_config", sa.Text(), nullable=False),
        sa.Column("config_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("expert_instruction", sa.Text(), server_default="", nullable=False),
        sa.Column("show_instruction", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("show_skip_button", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("enable_empty_annotation", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("show_annotation_history", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("color", sa.String(length=16), server_default="#FFFFFF", nullable=False),
        sa.Column("maximum_annotations", sa.Integer(), server_default="1", nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("model_version", sa.Text(), server_default="", nullable=False),
        sa.Column("is_draft", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("min_annotations_to_start_training", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "start_training_on_annotation_update", sa.Boolean(), server_default=sa.false(), nullable=False
        ),
        sa.Column("show_collab_predictions", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("sampling", sa.String(length=100), server_default="Sequential sampling", nullable=False),
        sa.Column("show_ground_truth_first", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("annotator_evaluation_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("show_overlap_first", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("overlap_cohort_percentage", sa.Integer(), server_default="100", nullable=False),
        sa.Column("task_data_login", sa.String(length=256), nullable=True),
        sa.Column("task_data_password", sa.String(length=256), nullable=True),
        sa.Column("control_weights", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "evaluate_predictions_automatically", sa.Boolean(), server_default=sa.false(), nullable=False
        ),
        sa.Column("skip_queue", sa.String(length=100), server_default="REQUEUE_FOR_OTHERS", nullable=False),
        sa.Column(
            "reveal_preannotations_interactively", sa.Boolean(), server_default=sa.false(), nullable=False
        ),
        sa.Column("pinned_at", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_project_organization_id_organization"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "session",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("persistent", sa.Boolean(), nullable=False),
        sa.Column("user_agent", sa.String(length=256), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_session_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_session")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "data_column",
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_data_column_project_id_project"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "name", name=op.f("pk_data_column")),
    )
    op.create_table(
        "file_upload",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_file_upload_project_id_project"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_file_upload_user_id_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_upload")),
        sa.UniqueConstraint("key", name=op.f("uq_file_upload_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("file_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_file_upload_project_id"), ["project_id"], unique=False)

    op.create_table(
        "import",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), server_default="{}", nullable=False),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_import_project_id_project"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_import_user_id_user_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("import", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_project_id"), ["project_id"], unique=False)

    op.create_table(
        "label_cursor",
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sampling", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_label_cursor_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_label_cursor_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "user_id", name=op.f("pk_label_cursor")),
    )
    op.create_table(
        "project_config",
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("label_config", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_project_config_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "version", name=op.f("pk_project_config")),
    )
    op.create_table(
        "project_counts",
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tasks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("finished", sa.Integer(), server_default="0", nullable=False),
        sa.Column("annotated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("annotations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancelled", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ground_truth", sa.Integer(), server_default="0", nullable=False),
        sa.Column("predictions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_inner_id", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_project_counts_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_project_counts")),
    )
    op.create_table(
        "served_directory",
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_served_directory_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "path", name=op.f("pk_served_directory")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inner_id", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("meta", sa.Text(), server_default="{}", nullable=False),
        sa.Column("overlap", sa.Integer(), server_default="1", nullable=False),
        sa.Column("allow_skip", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("total_annotations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancelled_annotations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total_predictions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_labeled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("free_slots", sa.Integer(), server_default="1", nullable=False),
        sa.Column("rnd", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("file_upload_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_task_project_id_project"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(
            "ix_task_file_upload_id",
            ["file_upload_id"],
            unique=False,
            sqlite_where=sa.text("file_upload_id IS NOT NULL"),
            postgresql_where=sa.text("file_upload_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_task_open_id",
            ["project_id", "id"],
            unique=False,
            sqlite_where=sa.text("free_slots > 0"),
            postgresql_where=sa.text("free_slots > 0"),
        )
        batch_op.create_index(
            "ix_task_open_rnd",
            ["project_id", "rnd"],
            unique=False,
            sqlite_where=sa.text("free_slots > 0"),
            postgresql_where=sa.text("free_slots > 0"),
        )
        batch_op.create_index(
            "ix_task_open_score",
            ["project_id", "score", "id"],
            unique=False,
            sqlite_where=sa.text("free_slots > 0 AND score IS NOT NULL"),
            postgresql_where=sa.text("free_slots > 0 AND score IS NOT NULL"),
        )
        batch_op.create_index("uq_task_project_id_inner_id", ["project_id", "inner_id"], unique=True)

    op.create_table(
        "annotation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("completed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("result_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("was_cancelled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ground_truth", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("lead_time", sa.Float(), nullable=True),
        sa.Column("unique_id", sa.String(length=36), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("last_action", sa.String(length=32), nullable=True),
        sa.Column("bulk_created", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("parent_prediction", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("parent_annotation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("draft_created_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_annotation_project_id_project"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_annotation_task_id_task"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("annotation", schema=None) as batch_op:
        batch_op.create_index("ix_annotation_project_id", ["project_id", "id"], unique=False)
        batch_op.create_index(
            "ix_annotation_skipped",
            ["project_id", "completed_by", "updated_at"],
            unique=False,
            sqlite_where=sa.text("was_cancelled = 1"),
            postgresql_where=sa.text("was_cancelled"),
        )
        batch_op.create_index("ix_annotation_task_id", ["task_id", "completed_by"], unique=False)
        batch_op.create_index(
            "uq_annotation_unique_id",
            ["unique_id"],
            unique=True,
            sqlite_where=sa.text("unique_id IS NOT NULL"),
            postgresql_where=sa.text("unique_id IS NOT NULL"),
        )

    op.create_table(
        "lease",
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_lease_task_id_task"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_lease_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "user_id", name=op.f("pk_lease")),
    )
    with op.batch_alter_table("lease", schema=None) as batch_op:
        batch_op.create_index("ix_lease_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_lease_user_id", ["user_id", "project_id"], unique=False)

    op.create_table(
        "prediction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("cluster", sa.Integer(), nullable=True),
        sa.Column("mislabeling", sa.Float(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_prediction_project_id_project"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_prediction_task_id_task"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prediction")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("prediction", schema=None) as batch_op:
        batch_op.create_index("ix_prediction_project_id", ["project_id", "model_version"], unique=False)
        batch_op.create_index("ix_prediction_task_id", ["task_id", "id"], unique=False)

    op.create_table(
        "draft",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("annotation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("result", sa.Text(), server_default="[]", nullable=False),
        sa.Column("lead_time", sa.Float(), nullable=True),
        sa.Column("was_postponed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotation.id"],
            name=op.f("fk_draft_annotation_id_annotation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_draft_project_id_project"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_draft_task_id_task"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_draft_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index("ix_draft_annotation_id", ["annotation_id"], unique=False)
        batch_op.create_index("ix_draft_project_id", ["project_id", "user_id", "was_postponed"], unique=False)
        batch_op.create_index("ix_draft_task_id", ["task_id", "user_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index("ix_draft_task_id")
        batch_op.drop_index("ix_draft_project_id")
        batch_op.drop_index("ix_draft_annotation_id")

    op.drop_table("draft")
    with op.batch_alter_table("prediction", schema=None) as batch_op:
        batch_op.drop_index("ix_prediction_task_id")
        batch_op.drop_index("ix_prediction_project_id")

    op.drop_table("prediction")
    with op.batch_alter_table("lease", schema=None) as batch_op:
        batch_op.drop_index("ix_lease_user_id")
        batch_op.drop_index("ix_lease_expires_at")

    op.drop_table("lease")
    with op.batch_alter_table("annotation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_annotation_unique_id",
            sqlite_where=sa.text("unique_id IS NOT NULL"),
            postgresql_where=sa.text("unique_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_annotation_task_id")
        batch_op.drop_index(
            "ix_annotation_skipped",
            sqlite_where=sa.text("was_cancelled = 1"),
            postgresql_where=sa.text("was_cancelled"),
        )
        batch_op.drop_index("ix_annotation_project_id")

    op.drop_table("annotation")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("uq_task_project_id_inner_id")
        batch_op.drop_index(
            "ix_task_open_score",
            sqlite_where=sa.text("free_slots > 0 AND score IS NOT NULL"),
            postgresql_where=sa.text("free_slots > 0 AND score IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_task_open_rnd",
            sqlite_where=sa.text("free_slots > 0"),
            postgresql_where=sa.text("free_slots > 0"),
        )
        batch_op.drop_index(
            "ix_task_open_id",
            sqlite_where=sa.text("free_slots > 0"),
            postgresql_where=sa.text("free_slots > 0"),
        )
        batch_op.drop_index(
            "ix_task_file_upload_id",
            sqlite_where=sa.text("file_upload_id IS NOT NULL"),
            postgresql_where=sa.text("file_upload_id IS NOT NULL"),
        )

    op.drop_table("task")
    op.drop_table("served_directory")
    op.drop_table("project_counts")
    op.drop_table("project_config")
    op.drop_table("label_cursor")
    with op.batch_alter_table("import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_project_id"))

    op.drop_table("import")
    with op.batch_alter_table("file_upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_file_upload_project_id"))

    op.drop_table("file_upload")
    op.drop_table("data_column")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_user_id"))

    op.drop_table("session")
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_project_organization_id"))

    op.drop_table("project")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_user_id"))

    op.drop_table("membership")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_user_id"))

    op.drop_table("api_token")
    op.drop_table("user_account")
    op.drop_table("organization")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_job_dedupe",
            sqlite_where=sa.text("dedupe_key IS NOT NULL AND state IN ('queued', 'running', 'cancelling')"),
            postgresql_where=sa.text(
                "dedupe_key IS NOT NULL AND state IN ('queued', 'running', 'cancelling')"
            ),
        )
        batch_op.drop_index(batch_op.f("ix_job_project_id"))
        batch_op.drop_index(
            "ix_job_live",
            sqlite_where=sa.text("state IN ('queued', 'running', 'cancelling')"),
            postgresql_where=sa.text("state IN ('queued', 'running', 'cancelling')"),
        )

    op.drop_table("job")
    with op.batch_alter_table("annotation_event", schema=None) as batch_op:
        batch_op.drop_index("ix_annotation_event_project_id")
        batch_op.drop_index("ix_annotation_event_annotation_id")

    op.drop_table("annotation_event")
