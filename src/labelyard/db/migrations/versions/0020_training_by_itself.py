"""How many annotated tasks there were when a model was last told to train

Revision: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ml_backend", sa.Column("trained_tasks", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("ml_backend", "trained_tasks")
