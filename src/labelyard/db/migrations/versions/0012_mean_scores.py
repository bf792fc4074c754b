"""The mean score of a task's predictions, for sampling by prediction score

Revision: 0012
Revises: 0011
"""

from itertools import groupby
from math import fsum
from operator import itemgetter

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_STEP = 20_000  # task ids that are looked at together
_NEXT = sa.text("SELECT min(task_id) FROM prediction WHERE task_id > :after")
_SCORES = sa.text(
    "SELECT task_id, score FROM prediction WHERE task_id BETWEEN :first AND :last AND score IS NOT NULL ORDER BY task_id"
)
_UPDATE = sa.text("UPDATE task SET mean_score = :mean WHERE id = :task")


def upgrade() -> None:
    op.add_column("task", sa.Column("mean_score", sa.Float(), nullable=True))
    connection = op.get_bind()
    last = 0
    while (first := connection.execute(_NEXT, {"after": last}).scalar()) is not None:
        last = first + _STEP
        rows = connection.execute(_SCORES, {"first": first, "last": last}).all()
        means = []
        for task, found in groupby(rows, itemgetter(0)):
            scores = [row[1] for row in found]
            means.append({"task": task, "mean": fsum(scores) / len(scores)})
        if means:
            connection.execute(_UPDATE, means)
    rated = sa.text("free_slots > 0 AND mean_score IS NOT NULL")
    op.create_index(
        "ix_task_open_mean_score",
        "task",
        ["project_id", "mean_score", "id"],
        sqlite_where=rated,
        postgresql_where=rated,
    )


def downgrade() -> None:
    op.drop_index("ix_task_open_mean_score", table_name="task")
    op.drop_column("task", "mean_score")
