"""Random places only for the tasks of projects with uniform sampling

Revision: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_INDEX = "ix_task_open_rnd"


def _create_index(condition: str) -> None:
    where = sa.text(condition)
    op.create_index(_INDEX, "task", ["project_id", "rnd"], sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    op.add_column("project_counts", sa.Column("placed_from", sa.Integer(), nullable=True))
    # Every task of before has its place.
    op.execute(
        "UPDATE project_counts SET placed_from = 1"
        " WHERE project_id IN (SELECT id FROM project WHERE sampling = 'Uniform sampling')"
    )
    op.drop_index(_INDEX, "task")
    _create_index("free_slots > 0 AND rnd != 0")


def downgrade() -> None:
    op.drop_index(_INDEX, "task")
    op.execute("UPDATE task SET rnd = id * 2654435761 % 4294967296 WHERE rnd = 0")
    _create_index("free_slots > 0")
    op.drop_column("project_counts", "placed_from")
