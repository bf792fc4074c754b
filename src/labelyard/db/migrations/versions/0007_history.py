"""Deletions of annotations can be found, to be taken back

Revision: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_DELETION = sa.text("kind = 'deleted'")
_INDEXES = {
    "ix_annotation_event_deleted_task": ["task_id"],
    "ix_annotation_event_deleted_project": ["project_id", "seq"],
}


def upgrade() -> None:
    for name, columns in _INDEXES.items():
        op.create_index(name, "annotation_event", columns, sqlite_where=_DELETION, postgresql_where=_DELETION)


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, table_name="annotation_event")
