"""Which projects were taken over from where, so that the same one is not taken over twice by mistake

Revision: 0019
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "takeover",
        sa.Column("project_id", _ID, autoincrement=False, nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("old_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_takeover_project_id_project"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_takeover")),
    )
    op.create_index(op.f("ix_takeover_identity"), "takeover", ["identity"], unique=False)
    op.create_index(op.f("ix_takeover_place"), "takeover", ["place"], unique=False)


def downgrade() -> None:
    op.drop_table("takeover")
