"""The copy of the prediction that an annotation was made beside, of annotations that were taken over

Revision: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("annotation", sa.Column("prediction", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("annotation", "prediction")
