"""Views of the data manager, and what their lists are filtered and ordered by

Revision: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# Lower case by the rules of Unicode whatever the database's language; the embedded engine has a function of this name.
_FOLD = """
DO $do$
DECLARE rules text := (
    SELECT 'COLLATE ' || quote_ident(nspname) || '.' || quote_ident(collname)
    FROM pg_collation JOIN pg_namespace ON pg_namespace.oid = collnamespace
    WHERE collname IN ('und-x-icu', 'pg_c_utf8', 'C.utf8', 'C.UTF-8')
    ORDER BY collname DESC LIMIT 1);
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION labelyard_fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE '
        'AS $$ SELECT lower($1 %s) $$', coalesce(rules, ''));
END $do$
"""


def upgrade() -> None:
    op.add_column(
        "project_counts", sa.Column("data_changes", sa.Integer(), server_default="0", nullable=False)
    )
    _views()
    _indexes()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FOLD)


def _views() -> None:
    op.create_table(
        "view",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("data", sa.Text(), server_default="{}", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_view_project_id_project"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_view_user_id_user_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_view")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_view_project_id", "view", ["project_id", "position", "id"], unique=False)
    op.create_index(op.f("ix_view_user_id"), "view", ["user_id"], unique=False)


def _indexes() -> None:
    op.create_table(
        "data_index",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("upto_inner_id", sa.Integer(), server_default="0", nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_data_index_project_id_project"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_index")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_data_index_project_id", "data_index", ["project_id", "kind", "path"], unique=True)
    for name, kind in (("text_value", _BYTEWISE), ("number_value", sa.Float())):
        op.create_table(
            name,
            sa.Column("index_id", _ID, nullable=False),
            sa.Column("missing", sa.Boolean(), nullable=False),
            sa.Column("value", kind, nullable=False),
            sa.Column("task_id", _ID, nullable=False),
            sa.ForeignKeyConstraint(
                ["index_id"],
                ["data_index.id"],
                name=op.f(f"fk_{name}_index_id_data_index"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint("index_id", "missing", "value", "task_id", name=op.f(f"pk_{name}")),
            sqlite_with_rowid=False,
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION labelyard_fold(text)")
    op.drop_table("number_value")
    op.drop_table("text_value")
    op.drop_table("data_index")
    op.drop_table("view")
    with op.batch_alter_table("project_counts") as batch_op:
        batch_op.drop_column("data_changes")
