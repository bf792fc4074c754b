"""Members of projects, invitations with a role and an end, pictures of people

Revision: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("user_account", sa.Column("avatar", sa.Text(), nullable=True))
    op.add_column(
        "organization",
        sa.Column("invite_role", sa.String(length=16), server_default="manager", nullable=False),
    )
    op.add_column("organization", sa.Column("invite_expires_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "project", sa.Column("members_only", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "project_member",
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_project_member_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_project_member_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "user_id", name=op.f("pk_project_member")),
    )
    op.create_index(op.f("ix_project_member_user_id"), "project_member", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_project_member_user_id"), table_name="project_member")
    op.drop_table("project_member")
    for table, column in (
        ("project", "members_only"),
        ("organization", "invite_expires_at"),
        ("organization", "invite_role"),
        ("user_account", "avatar"),
    ):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(column)
