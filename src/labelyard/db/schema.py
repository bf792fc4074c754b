"""The tables, for both engines.

Conventions: times are BIGINT microseconds since the epoch (UTC); JSON is TEXT, validated at the door and spliced
into answers as it is, so that key order and number spelling survive on both engines; ids are never reused (SQLite
promises that only with AUTOINCREMENT).
Counters live in rows that change in the same transaction as what they count.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite makes an alias of the row id only from the literal type INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")
Time = BigInteger


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True)


def _ref(
    name: str, target: str, *, ondelete: str = "CASCADE", nullable: bool = False, index: bool = False
) -> Column[int]:
    return Column(name, Id, ForeignKey(target, ondelete=ondelete), nullable=nullable, index=index)


# --- people -------------------------------------------------------------------------------------------------------

user = Table(
    "user_account",
    metadata,
    _id(),
    Column("email", String(254), nullable=False, unique=True),  # lower-cased
    Column("username", String(256), nullable=False, server_default=""),
    Column("first_name", String(256), nullable=False, server_default=""),
    Column("last_name", String(256), nullable=False, server_default=""),
    Column("phone", String(256), nullable=False, server_default=""),
    Column("password_hash", Text),  # argon2id; NULL = cannot sign in with a password
    Column("is_active", Boolean, nullable=False, server_default=sa.true()),
    Column("active_organization_id", Id),
    Column("allow_newsletters", Boolean),
    Column("custom_hotkeys", Text, nullable=False, server_default="{}"),
    Column("avatar", Text),  # object key of the picture
    Column("date_joined", Time, nullable=False),
    Column("last_activity", Time, nullable=False),
    sqlite_autoincrement=True,
)

organization = Table(
    "organization",
    metadata,
    _id(),
    Column("title", String(1000), nullable=False),
    Column("contact_info", String(254)),
    Column("invite_token", String(64), nullable=False, unique=True),
    Column("invite_role", String(16), nullable=False, server_default="manager"),
    Column("invite_expires_at", Time),  # NULL = until it is reset
    Column("created_by", Id),
    Column("api_tokens_enabled", Boolean, nullable=False, server_default=sa.true()),
    Column("legacy_api_tokens_enabled", Boolean, nullable=False, server_default=sa.false()),
    Column("api_token_ttl_days", Integer),
    Column("max_session_age_minutes", Integer, nullable=False, server_default="11520"),
    Column("max_idle_minutes", Integer, nullable=False, server_default="4320"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)

membership = Table(
    "membership",
    metadata,
    _ref("organization_id", "organization.id"),
    _ref("user_id", "user_account.id", index=True),
    Column("role", String(16), nullable=False),
    Column("created_at", Time, nullable=False),
    sa.PrimaryKeyConstraint("organization_id", "user_id"),
)

session = Table(
    "session",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the cookie value, hex
    _ref("user_id", "user_account.id", index=True),
    Column("created_at", Time, nullable=False),
    Column("last_seen_at", Time, nullable=False),
    Column("persistent", Boolean, nullable=False),
    Column("user_agent", String(256), nullable=False, server_default=""),
)

# Who came to a server of many sessions without a cookie, and the organization that was made for them.
visitor = Table(
    "visitor",
    metadata,
    Column(
        "organization_id",
        Id,
        ForeignKey("organization.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _ref("user_id", "user_account.id", index=True),
    Column("address", String(64), nullable=False, index=True),  # where they came from, keyed
    Column("created_at", Time, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    _id(),
    _ref("user_id", "user_account.id", index=True),
    Column("kind", String(8), nullable=False),  # legacy | refresh
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of the token (legacy) or of its jti
    Column("secret", Text),  # legacy: encrypted with the install's key, so that its owner can read it again
    Column("head", Text),  # refresh: header and payload without the signature
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time),
    Column("revoked_at", Time),
    sqlite_autoincrement=True,
)

# --- projects -----------------------------------------------------------------------------------------------------

project = Table(
    "project",
    metadata,
    _id(),
    _ref("organization_id", "organization.id", index=True),
    Column("title", String(50), nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default=""),
    Column("label_config", Text, nullable=False),
    Column("config_version", Integer, nullable=False, server_default="1"),
    Column("expert_instruction", Text, nullable=False, server_default=""),
    Column("show_instruction", Boolean, nullable=False, server_default=sa.false()),
    Column("show_skip_button", Boolean, nullable=False, server_default=sa.true()),
    Column("enable_empty_annotation", Boolean, nullable=False, server_default=sa.true()),
    Column("show_annotation_history", Boolean, nullable=False, server_default=sa.false()),
    Column("color", String(16), nullable=False, server_default="#FFFFFF"),
    Column("maximum_annotations", Integer, nullable=False, server_default="1"),
    Column("is_published", Boolean, nullable=False, server_default=sa.false()),
    Column("model_version", Text, nullable=False, server_default=""),
    Column("is_draft", Boolean, nullable=False, server_default=sa.false()),
    Column("min_annotations_to_start_training", Integer, nullable=False, server_default="0"),
    Column("start_training_on_annotation_update", Boolean, nullable=False, server_default=sa.false()),
    Column("show_collab_predictions", Boolean, nullable=False, server_default=sa.true()),
    Column("sampling", String(100), nullable=False, server_default="Sequential sampling"),
    Column("show_ground_truth_first", Boolean, nullable=False, server_default=sa.false()),
    Column("annotator_evaluation_enabled", Boolean, nullable=False, server_default=sa.false()),
    Column("show_overlap_first", Boolean, nullable=False, server_default=sa.false()),
    Column("overlap_cohort_percentage", Integer, nullable=False, server_default="100"),
    Column("task_data_login", String(256)),
    Column("task_data_password", String(256)),
    Column("control_weights", Text, nullable=False, server_default="{}"),
    Column("evaluate_predictions_automatically", Boolean, nullable=False, server_default=sa.false()),
    Column("skip_queue", String(100), nullable=False, server_default="REQUEUE_FOR_OTHERS"),
    Column("reveal_preannotations_interactively", Boolean, nullable=False, server_default=sa.false()),
    Column("pinned_at", Time),
    Column("members_only", Boolean, nullable=False, server_default=sa.false()),
    Column("created_by", Id),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)

# Who has a role in this project, whatever the role in the organization; see `access.rights`.
project_member = Table(
    "project_member",
    metadata,
    _ref("project_id", "project.id"),
    _ref("user_id", "user_account.id", index=True),
    Column("role", String(16), nullable=False),
    Column("created_at", Time, nullable=False),
    sa.PrimaryKeyConstraint("project_id", "user_id"),
)

project_counts = Table(
    "project_counts",
    metadata,
    Column("project_id", Id, ForeignKey("project.id", ondelete="CASCADE"), primary_key=True),
    Column("tasks", Integer, nullable=False, server_default="0"),
    Column("finished", Integer, nullable=False, server_default="0"),  # tasks with is_labeled
    Column(
        "annotated", Integer, nullable=False, server_default="0"
    ),  # tasks with an annotation that is not cancelled
    Column("annotations", Integer, nullable=False, server_default="0"),  # not cancelled
    Column("cancelled", Integer, nullable=False, server_default="0"),
    Column("ground_truth", Integer, nullable=False, server_default="0"),
    Column("predictions", Integer, nullable=False, server_default="0"),
    Column("last_inner_id", Integer, nullable=False, server_default="0"),
    Column(
        "data_changes", Integer, nullable=False, server_default="0"
    ),  # how often data of a task was changed
    # Tasks with this inner id or a higher one have a random place (`task.rnd`); NULL: none needs one.
    Column("placed_from", Integer),
)

project_config = Table(
    "project_config",
    metadata,
    _ref("project_id", "project.id"),
    Column("version", Integer, nullable=False),
    Column("label_config", Text, nullable=False),
    Column("author_id", Id),
    Column("note", Text, nullable=False, server_default=""),  # what made it, if that was no plain change
    Column("created_at", Time, nullable=False),
    sa.PrimaryKeyConstraint("project_id", "version"),
)

# A change of the label config that took the results along, and what it changed: what a row was before, and the mark by
# which its undo knows that nobody changed it since.
config_migration = Table(
    "config_migration",
    metadata,
    _id(),
    _ref("project_id", "project.id", index=True),
    _ref("user_id", "user_account.id", ondelete="SET NULL", nullable=True, index=True),
    Column("job_id", Id),
    Column("status", String(16), nullable=False),  # in_progress | completed | failed | undoing | undone
    Column("from_version", Integer, nullable=False),
    Column("to_version", Integer, nullable=False),
    Column("rules", Text, nullable=False),  # JSON
    Column("counts", Text, nullable=False, server_default="{}"),  # JSON
    Column("error", Text),
    Column("created_at", Time, nullable=False),
    Column("finished_at", Time),
    Column("undone_at", Time),
    sqlite_autoincrement=True,
)

config_migration_change = Table(
    "config_migration_change",
    metadata,
    _ref("migration_id", "config_migration.id"),
    Column("kind", String(16), nullable=False),  # annotations | drafts | predictions
    Column("row_id", Id, nullable=False),
    Column("before", Text, nullable=False),  # the result
    Column("mark", BigInteger, nullable=False),  # version of the annotation, `updated_at` of the others
    sa.PrimaryKeyConstraint("migration_id", "kind", "row_id"),
    sqlite_with_rowid=False,
)

# How many tasks carry each top-level data key: the columns of the task table, without reading a task.
data_column = Table(
    "data_column",
    metadata,
    _ref("project_id", "project.id"),
    Column("name", Text, nullable=False),
    Column("tasks", Integer, nullable=False),
    sa.PrimaryKeyConstraint("project_id", "name"),
)

# Directories whose files the project's tasks may show (`/data/<name>?d=<directory>`).
served_directory = Table(
    "served_directory",
    metadata,
    _ref("project_id", "project.id"),
    Column("path", Text, nullable=False),  # absolute, resolved
    Column("writable", Boolean, nullable=False, server_default=sa.false()),  # results may be written below it
    Column("created_at", Time, nullable=False),
    sa.PrimaryKeyConstraint("project_id", "path"),
)

# --- tasks and what is made on them -------------------------------------------------------------------------------

task = Table(
    "task",
    metadata,
    _id(),
    _ref("project_id", "project.id"),
    Column("inner_id", Integer, nullable=False),
    Column("data", Text, nullable=False),
    Column("meta", Text, nullable=False, server_default="{}"),
    Column("overlap", Integer, nullable=False, server_default="1"),
    Column("allow_skip", Boolean, nullable=False, server_default=sa.true()),
    Column("total_annotations", Integer, nullable=False, server_default="0"),  # not cancelled
    Column("cancelled_annotations", Integer, nullable=False, server_default="0"),
    Column("total_predictions", Integer, nullable=False, server_default="0"),
    Column("is_labeled", Boolean, nullable=False, server_default=sa.false()),
    Column(
        "free_slots", Integer, nullable=False, server_default="1"
    ),  # overlap - annotations - live leases, kept by `queue`
    # Random 62 bits: the place in the order of uniform sampling. 0: none yet, see `project_counts.placed_from`.
    Column("rnd", BigInteger, nullable=False),
    Column(
        "score", Float
    ),  # lowest score of the predictions of the project's model version: uncertainty sampling
    Column("import_id", Id),
    Column("file_upload_id", Id),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("updated_by", Id),
    Column("mean_score", Float),  # of all predictions: sampling by prediction score
    sqlite_autoincrement=True,
)
# No index on (project_id, id) of its own: (project_id, inner_id) carries the row id on SQLite and pages the same order.
Index("uq_task_project_id_inner_id", task.c.project_id, task.c.inner_id, unique=True)
_OPEN = task.c.free_slots > 0
# Keeping a random order was a fifth of an import, so only tasks that need a place in it have one.
_PLACED = sa.and_(task.c.free_slots > 0, task.c.rnd != 0)
Index("ix_task_open_id", task.c.project_id, task.c.id, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_task_open_rnd", task.c.project_id, task.c.rnd, sqlite_where=_PLACED, postgresql_where=_PLACED)
_SCORED = sa.and_(task.c.free_slots > 0, task.c.score.is_not(None))
Index(
    "ix_task_open_score",
    task.c.project_id,
    task.c.score,
    task.c.id,
    sqlite_where=_SCORED,
    postgresql_where=_SCORED,
)
_RATED = sa.and_(task.c.free_slots > 0, task.c.mean_score.is_not(None))
Index(
    "ix_task_open_mean_score",
    task.c.project_id,
    task.c.mean_score,
    task.c.id,
    sqlite_where=_RATED,
    postgresql_where=_RATED,
)
_UPLOADED = task.c.file_upload_id.is_not(None)
Index("ix_task_file_upload_id", task.c.file_upload_id, sqlite_where=_UPLOADED, postgresql_where=_UPLOADED)

annotation = Table(
    "annotation",
    metadata,
    _id(),
    _ref("task_id", "task.id"),
    _ref("project_id", "project.id"),
    Column("completed_by", Id),
    Column("updated_by", Id),
    Column("result", Text),  # JSON list; NULL when created without one
    Column("result_count", Integer, nullable=False, server_default="0"),
    Column("was_cancelled", Boolean, nullable=False, server_default=sa.false()),
    Column("ground_truth", Boolean, nullable=False, server_default=sa.false()),
    Column("lead_time", Float),
    Column("unique_id", String(36)),
    Column("import_id", BigInteger),  # the id that an imported annotation had where it came from
    Column("last_action", String(32)),
    Column("bulk_created", Boolean, nullable=False, server_default=sa.false()),
    Column("parent_prediction", Id),
    Column("parent_annotation", Id),
    Column(
        "prediction", Text
    ),  # JSON: the prediction that it was made beside, as another server kept it; NULL: none
    Column("draft_created_at", Time),
    Column("version", Integer, nullable=False, server_default="1"),  # counts updates, for If-Match
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_annotation_task_id", annotation.c.task_id, annotation.c.completed_by)
Index("ix_annotation_project_id", annotation.c.project_id, annotation.c.id)
# A user's own skipped tasks, oldest first: what the queue hands out again at its end.
Index(
    "ix_annotation_skipped",
    annotation.c.project_id,
    annotation.c.completed_by,
    annotation.c.updated_at,
    sqlite_where=sa.text("was_cancelled = 1"),
    postgresql_where=sa.text("was_cancelled"),
)
_UNIQUE = annotation.c.unique_id.is_not(None)
Index(
    "uq_annotation_unique_id",
    annotation.c.unique_id,
    unique=True,
    sqlite_where=_UNIQUE,
    postgresql_where=_UNIQUE,
)

# Every change of an annotation, appended in the transaction of the change. It has no foreign keys: history outlives
# what it tells of.
annotation_event = Table(
    "annotation_event",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("annotation_id", Id, nullable=False),
    Column("task_id", Id, nullable=False),
    Column("project_id", Id, nullable=False),
    Column("actor_id", Id),
    Column("kind", String(16), nullable=False),  # created | updated | deleted | imported | restored
    Column("result", Text),
    Column(
        "fields", Text, nullable=False, server_default="{}"
    ),  # was_cancelled, ground_truth, lead_time, completed_by…
    Column("at", Time, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_annotation_event_annotation_id", annotation_event.c.annotation_id, annotation_event.c.seq)
Index("ix_annotation_event_project_id", annotation_event.c.project_id, annotation_event.c.seq)
# Deletions are few, and are what can be taken back: those of a task, and those of a project from the newest on.
_DELETION = sa.text("kind = 'deleted'")
Index(
    "ix_annotation_event_deleted_task",
    annotation_event.c.task_id,
    sqlite_where=_DELETION,
    postgresql_where=_DELETION,
)
Index(
    "ix_annotation_event_deleted_project",
    annotation_event.c.project_id,
    annotation_event.c.seq,
    sqlite_where=_DELETION,
    postgresql_where=_DELETION,
)

prediction = Table(
    "prediction",
    metadata,
    _id(),
    _ref("task_id", "task.id"),
    _ref("project_id", "project.id"),
    Column("result", Text, nullable=False),
    Column("score", Float),
    Column("model_version", Text),
    Column("cluster", Integer),
    Column("mislabeling", Float, nullable=False, server_default="0"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_prediction_task_id", prediction.c.task_id, prediction.c.id)
Index("ix_prediction_project_id", prediction.c.project_id, prediction.c.model_version)

draft = Table(
    "draft",
    metadata,
    _id(),
    _ref("task_id", "task.id"),
    _ref("project_id", "project.id"),
    _ref("user_id", "user_account.id"),
    _ref("annotation_id", "annotation.id", nullable=True),
    Column("result", Text, nullable=False, server_default="[]"),
    Column("lead_time", Float),
    Column("was_postponed", Boolean, nullable=False, server_default=sa.false()),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_draft_task_id", draft.c.task_id, draft.c.user_id)
Index("ix_draft_project_id", draft.c.project_id, draft.c.user_id, draft.c.was_postponed)
Index("ix_draft_annotation_id", draft.c.annotation_id)

# --- the queue ----------------------------------------------------------------------------------------------------

lease = Table(
    "lease",
    metadata,
    _ref("task_id", "task.id"),
    _ref("user_id", "user_account.id"),
    Column("project_id", Id, nullable=False),
    Column("token", String(36), nullable=False),  # `unique_lock_id` of the answer
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    sa.PrimaryKeyConstraint("task_id", "user_id"),
)
Index("ix_lease_expires_at", lease.c.expires_at)
Index("ix_lease_user_id", lease.c.user_id, lease.c.project_id)

# Where a user's walk through a project stands, so that a queue with overlap does not re-walk what the user already did.
label_cursor = Table(
    "label_cursor",
    metadata,
    _ref("project_id", "project.id"),
    _ref("user_id", "user_account.id"),
    Column("sampling", String(32), nullable=False),
    Column("position", Text, nullable=False),
    sa.PrimaryKeyConstraint("project_id", "user_id"),
)

# --- the data manager ---------------------------------------------------------------------------------------------

# A tab of the data manager: filters, ordering, columns and selection, as the client wrote them.
view = Table(
    "view",
    metadata,
    _id(),
    _ref("project_id", "project.id"),
    _ref("user_id", "user_account.id", ondelete="SET NULL", nullable=True, index=True),  # who made it
    Column("position", Integer, nullable=False, server_default="0"),
    Column("data", Text, nullable=False, server_default="{}"),  # JSON object
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_view_project_id", view.c.project_id, view.c.position, view.c.id)

# What lists are filtered and ordered by, kept beside the tasks of those projects that asked for it: the texts or
# numbers of a data key, or the words of all data (`search`). Tasks up to `upto_inner_id` are in it; whoever needs it
# next adds the newer ones.
data_index = Table(
    "data_index",
    metadata,
    _id(),
    _ref("project_id", "project.id"),
    Column("kind", String(8), nullable=False),  # text | number | search
    Column("path", Text, nullable=False, server_default=""),  # JSON: alternative paths of keys; "" for search
    Column("version", Integer, nullable=False),  # of the rules that values are made by
    Column("upto_inner_id", Integer, nullable=False, server_default="0"),
    Column("used_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
Index("uq_data_index_project_id", data_index.c.project_id, data_index.c.kind, data_index.c.path, unique=True)


def _values(name: str, column: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        _ref("index_id", "data_index.id"),
        Column("missing", Boolean, nullable=False),  # the task has no such value: `value` says nothing then
        column,
        Column("task_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("index_id", "missing", "value", "task_id"),
        sqlite_with_rowid=False,
    )


# By code point on both engines, whatever the database's language.
_BYTEWISE = Text().with_variant(Text(collation="C"), "postgresql")
text_value = _values("text_value", Column("value", _BYTEWISE, nullable=False))  # its first characters
number_value = _values("number_value", Column("value", Float, nullable=False))

# --- files, imports -----------------------------------------------------------------------------------------------

file_upload = Table(
    "file_upload",
    metadata,
    _id(),
    _ref("project_id", "project.id", index=True),
    _ref("user_id", "user_account.id", ondelete="SET NULL", nullable=True),
    Column("key", Text, nullable=False, unique=True),  # object key: upload/<project>/<hash>-<name>
    Column("name", Text, nullable=False),  # as the client called it
    Column("size", BigInteger, nullable=False),  # bytes
    Column("created_at", Time, nullable=False),
    sqlite_autoincrement=True,
)

# A file that comes in pieces. `received` bytes of it are safely on the disk, in a file of the spool named after the id.
resumable_upload = Table(
    "resumable_upload",
    metadata,
    Column("id", String(40), primary_key=True),  # made by us, not to be guessed
    _ref("project_id", "project.id", index=True),
    _ref("user_id", "user_account.id", index=True),
    Column("name", Text, nullable=False),  # as the client called it
    Column("metadata", Text, nullable=False, server_default=""),  # the header Upload-Metadata as it was sent
    Column("size", BigInteger, nullable=False),  # bytes of the whole
    Column("received", BigInteger, nullable=False, server_default="0"),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False, index=True),
)

import_ = Table(
    "import",
    metadata,
    _id(),
    _ref("project_id", "project.id", index=True),
    _ref("user_id", "user_account.id", ondelete="SET NULL", nullable=True),
    Column("job_id", Id),
    Column("status", String(16), nullable=False),  # created | in_progress | failed | completed
    Column("source", Text, nullable=False),  # JSON: spool files, their names and formats
    Column("options", Text, nullable=False, server_default="{}"),  # JSON: query parameters
    Column(
        "counts", Text, nullable=False, server_default="{}"
    ),  # JSON: rows read, tasks, annotations, predictions…
    Column("error", Text),
    Column("cancelled", Boolean, nullable=False, server_default=sa.false()),  # somebody asked it to stop
    Column("undone_at", Time),
    Column("undo", Text),  # JSON: what the undo took back and what it left
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("finished_at", Time),
    sqlite_autoincrement=True,
)

# What a task was before an import changed it, for the undo of that import.
import_change = Table(
    "import_change",
    metadata,
    _ref("import_id", "import.id"),
    _ref("task_id", "task.id", index=True),
    Column("data", Text, nullable=False),
    Column("meta", Text, nullable=False),
    Column("changed_at", Time, nullable=False),  # `updated_at` that the import gave the task
    sa.PrimaryKeyConstraint("import_id", "task_id"),
)

# A request that is repeated with the key of an earlier one is answered from here.
idempotency_key = Table(
    "idempotency_key",
    metadata,
    _ref("project_id", "project.id"),
    _ref("user_id", "user_account.id", index=True),
    Column("key", String(255), nullable=False),
    Column("fingerprint", String(64), nullable=False),  # of the request, hex
    _ref("import_id", "import.id", nullable=True, index=True),
    Column("answer", Text),  # JSON; NULL: what the import's row says
    Column("created_at", Time, nullable=False),
    sa.PrimaryKeyConstraint("project_id", "user_id", "key"),
)
Index("ix_idempotency_key_created_at", idempotency_key.c.created_at)

# --- knowing tasks again ------------------------------------------------------------------------------------------

# A way of telling whether two tasks of a project are the same one, and up to which task their keys are in `task_key`.
dedupe_spec = Table(
    "dedupe_spec",
    metadata,
    _id(),
    _ref("project_id", "project.id"),
    Column("spec", Text, nullable=False),  # content | external_id | fields:<JSON list of names>
    Column("upto_inner_id", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
Index("uq_dedupe_spec_project_id_spec", dedupe_spec.c.project_id, dedupe_spec.c.spec, unique=True)

task_key = Table(
    "task_key",
    metadata,
    _ref("spec_id", "dedupe_spec.id"),
    Column("key", LargeBinary(16), nullable=False),  # BLAKE2b-128
    _ref("task_id", "task.id", index=True),
    sa.PrimaryKeyConstraint("spec_id", "key", "task_id"),
    sqlite_with_rowid=False,
)

# --- takeovers ----------------------------------------------------------------------------------------------------

# Where a project came from that another server had, to know it when it comes again.
takeover = Table(
    "takeover",
    metadata,
    Column(
        "project_id", Id, ForeignKey("project.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("identity", String(64), nullable=False, index=True),  # SHA-256 of what never changes of it there
    Column("place", String(64), nullable=False, index=True),  # SHA-256 of its path
    Column("old_id", BigInteger),  # there
    Column("created_at", Time, nullable=False),
)

# --- deleted tasks ------------------------------------------------------------------------------------------------

# Tasks that were deleted together and can be brought back for a while.
deletion = Table(
    "deletion",
    metadata,
    _id(),
    _ref("project_id", "project.id", index=True),
    Column("user_id", Id),
    Column("tasks", Integer, nullable=False, server_default="0"),
    Column("created_at", Time, nullable=False),
    sqlite_autoincrement=True,
)


def _kept(source: Table, *key: str) -> Table:
    """What a table had of deleted tasks: its columns, without its references, under the deletion."""
    columns = (Column(each.name, each.type, nullable=each.nullable, autoincrement=False) for each in source.c)
    return Table(
        f"deleted_{source.name}",
        metadata,
        _ref("deletion_id", "deletion.id"),
        *columns,
        sa.PrimaryKeyConstraint("deletion_id", *key),
    )


deleted_task = _kept(task, "id")
deleted_annotation = _kept(annotation, "task_id", "id")
deleted_prediction = _kept(prediction, "task_id", "id")
deleted_draft = _kept(draft, "task_id", "id")
deleted_task_key = _kept(task_key, "task_id", "spec_id", "key")

# --- webhooks -----------------------------------------------------------------------------------------------------

# Labels that people added to controls, beside those of the label configs.
label = Table(
    "label",
    metadata,
    _id(),
    _ref("organization_id", "organization.id", index=True),
    Column("title", Text, nullable=False),
    Column("value", Text, nullable=False),  # JSON: a label, or the path to it
    Column("description", Text),
    Column("approved", Boolean, nullable=False, server_default=sa.false()),
    _ref("approved_by", "user_account.id", ondelete="SET NULL", nullable=True),
    _ref("created_by", "user_account.id", ondelete="SET NULL", nullable=True),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)

label_link = Table(
    "label_link",
    metadata,
    _id(),
    _ref("project_id", "project.id"),
    _ref("label_id", "label.id", index=True),
    Column("from_name", Text, nullable=False),
    sa.UniqueConstraint("project_id", "label_id"),
    sqlite_autoincrement=True,
)

webhook = Table(
    "webhook",
    metadata,
    _id(),
    _ref("organization_id", "organization.id", index=True),
    _ref("project_id", "project.id", nullable=True, index=True),  # NULL: of the whole organization
    Column("url", Text, nullable=False),
    Column("send_payload", Boolean, nullable=False, server_default=sa.true()),
    Column("send_for_all_actions", Boolean, nullable=False, server_default=sa.true()),
    Column("headers", Text),  # JSON, encrypted with the install's key
    Column("secret", Text, nullable=False),  # what requests are signed with, encrypted
    Column("is_active", Boolean, nullable=False, server_default=sa.true()),
    Column("actions", Text, nullable=False, server_default="[]"),  # JSON list of names
    Column("paused_until", Time, nullable=False, server_default="0"),  # after failures to get an answer
    Column("failures", Integer, nullable=False, server_default="0"),  # of these, since the last answer
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)

# What webhooks are to tell, written in the transaction of what happened, and the log of how it went.
webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    _id(),
    _ref("webhook_id", "webhook.id"),
    Column("project_id", Id),  # without a foreign key: that a project was deleted is told when it is gone
    Column("action", String(32), nullable=False),
    Column("objects", Text, nullable=False),  # JSON list of ids; of a deletion what is left to say of each
    Column("state", String(16), nullable=False),  # queued | delivered | failed
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Time, nullable=False),
    Column("status_code", Integer),
    Column("error", Text),
    Column("duration_ms", Integer),
    Column("created_at", Time, nullable=False),
    Column("attempted_at", Time),
    sqlite_autoincrement=True,
)
Index("ix_webhook_delivery_webhook_id", webhook_delivery.c.webhook_id, webhook_delivery.c.id)
Index(
    "ix_webhook_delivery_due",
    webhook_delivery.c.webhook_id,
    webhook_delivery.c.next_at,
    webhook_delivery.c.id,
    sqlite_where=sa.text("state = 'queued'"),
    postgresql_where=sa.text("state = 'queued'"),
)

# --- storages -----------------------------------------------------------------------------------------------------

# A bucket or directory that tasks of a project come from (source), or that its results are written to (target).
storage = Table(
    "storage",
    metadata,
    _id(),
    _ref("project_id", "project.id", index=True),
    _ref("created_by", "user_account.id", ondelete="SET NULL", nullable=True),
    Column("role", String(8), nullable=False),  # source | target
    Column("kind", String(16), nullable=False),  # s3 | localfiles
    Column("dialect", String(4), nullable=False),  # 0.x (one of each role, an object per task) | 1.x
    Column("active", Boolean, nullable=False, server_default=sa.true()),
    Column("title", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default=""),
    Column("options", Text, nullable=False),  # JSON: where it is and what is taken from it
    Column("secrets", Text),  # JSON, encrypted with the install's key
    Column("job_id", Id),
    Column("status", String(24), nullable=False, server_default="initialized"),
    Column("error", Text),  # why the last sync failed, or what it left out
    Column("counts", Text, nullable=False, server_default="{}"),  # JSON: of the last sync
    Column("failures", Integer, nullable=False, server_default="0"),  # since something was written
    Column("paused_until", Time, nullable=False, server_default="0"),
    Column("synced_at", Time),
    Column("synced_count", Integer),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)

# Which object of a source a task was made from. It goes with its task: the next sync brings the object back.
storage_link = Table(
    "storage_link",
    metadata,
    Column("task_id", Id, ForeignKey("task.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    _ref("storage_id", "storage.id"),
    Column("key", _BYTEWISE, nullable=False),
    Column("row", Integer, nullable=False, server_default="0"),  # of an object that holds several tasks
    sa.UniqueConstraint("storage_id", "key", "row"),
)

deleted_storage_link = _kept(storage_link, "task_id")

# What is to be written to targets, noted in the transaction of the change and deleted when it is written.
storage_outbox = Table(
    "storage_outbox",
    metadata,
    _id(),
    _ref("storage_id", "storage.id"),
    Column("task_id", Id, nullable=False),
    Column("annotation_id", Id, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_storage_outbox_storage_id", storage_outbox.c.storage_id, storage_outbox.c.id)

# --- ML backends --------------------------------------------------------------------------------------------------

# A model server that is asked for predictions and told of annotations.
ml_backend = Table(
    "ml_backend",
    metadata,
    _id(),
    _ref("project_id", "project.id", index=True),
    Column("url", Text, nullable=False),  # without a slash at its end
    Column("title", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default=""),
    Column("protocol", Integer, nullable=False, server_default="1"),  # 0: that of Label Studio 0.x
    Column("state", String(2), nullable=False, server_default="DI"),  # CO | DI | ER | TR | PR
    Column("error_message", Text),  # in our words
    Column("auth_method", String(16), nullable=False, server_default="NONE"),  # NONE | BASIC_AUTH
    Column("basic_auth_user", Text),
    Column("basic_auth_pass", Text),  # encrypted with the install's key
    Column("extra_params", Text),  # JSON, handed on as it is
    Column("timeout", Float, nullable=False, server_default="100"),  # seconds, for predictions and training
    Column("is_interactive", Boolean, nullable=False, server_default=sa.false()),
    Column("auto_update", Boolean, nullable=False, server_default=sa.true()),
    Column("model_version", Text, nullable=False, server_default=""),
    Column("versions", Text, nullable=False, server_default="[]"),  # JSON: what it called itself so far
    _ref("set_by", "user_account.id", ondelete="SET NULL", nullable=True, index=True),  # who gave the address
    _ref("webhook_id", "webhook.id", ondelete="SET NULL", nullable=True, index=True),  # how it hears of work
    # Tasks of the project with annotations when it was last told to train.
    Column("trained_tasks", Integer, nullable=False, server_default="0"),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)

# Tasks that are sent to an ML backend, in the background, and how each of them went.
ml_run = Table(
    "ml_run",
    metadata,
    _id(),
    _ref("backend_id", "ml_backend.id", index=True),
    _ref("project_id", "project.id", index=True),
    _ref("user_id", "user_account.id", ondelete="SET NULL", nullable=True, index=True),
    Column("job_id", Id),
    Column("status", String(16), nullable=False),  # created | in_progress | completed | failed | cancelled
    Column("options", Text, nullable=False, server_default="{}"),  # JSON
    Column("total", Integer, nullable=False, server_default="0"),
    Column("predicted", Integer, nullable=False, server_default="0"),
    Column("skipped", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("predictions", Integer, nullable=False, server_default="0"),
    Column("model_version", Text),
    Column("error", Text),
    Column("created_at", Time, nullable=False),
    Column("finished_at", Time),
    sqlite_autoincrement=True,
)

ml_run_task = Table(
    "ml_run_task",
    metadata,
    _ref("run_id", "ml_run.id"),
    _ref("task_id", "task.id", index=True),
    Column("state", String(16), nullable=False),  # waiting | predicted | skipped | failed
    Column("note", Text),  # what is wrong with the answer
    sa.PrimaryKeyConstraint("run_id", "task_id"),
    sqlite_with_rowid=False,
)
_FAILED = sa.text("state = 'failed'")
Index(
    "ix_ml_run_task_failed",
    ml_run_task.c.run_id,
    ml_run_task.c.task_id,
    sqlite_where=_FAILED,
    postgresql_where=_FAILED,
)

# --- jobs ---------------------------------------------------------------------------------------------------------

# A snapshot of a project's tasks, kept as a file, and what it was converted to.
export = Table(
    "export",
    metadata,
    _id(),
    _ref("project_id", "project.id", index=True),
    _ref("user_id", "user_account.id", ondelete="SET NULL", nullable=True),
    Column("job_id", Id),
    Column("title", Text, nullable=False),
    Column("status", String(16), nullable=False),  # created | in_progress | failed | completed
    Column("options", Text, nullable=False),  # JSON: the three option objects of the request
    Column("label_config", Text, nullable=False),
    Column("last_inner_id", Integer, nullable=False),  # tasks that were added later are not in it
    Column("key", Text),  # object key of the file, when it is complete
    Column("md5", String(32), nullable=False, server_default=""),
    Column("tasks", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("created_at", Time, nullable=False),
    Column("finished_at", Time),
    sqlite_autoincrement=True,
)

export_conversion = Table(
    "export_conversion",
    metadata,
    _id(),
    _ref("export_id", "export.id"),
    Column("export_type", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("key", Text),
    Column("error", Text),
    Column("created_at", Time, nullable=False),
    sa.UniqueConstraint("export_id", "export_type"),
    sqlite_autoincrement=True,
)

job = Table(
    "job",
    metadata,
    _id(),
    Column("kind", String(32), nullable=False),
    Column("project_id", Id, index=True),
    Column(
        "state", String(16), nullable=False
    ),  # queued | running | cancelling | completed | failed | cancelled
    Column("args", Text, nullable=False),
    Column("cursor", Text, nullable=False, server_default="{}"),
    Column("progress", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("dedupe_key", String(128)),
    Column("lease_owner", String(64)),
    Column("lease_expires_at", Time),
    Column("error", Text),
    Column("result", Text),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
_LIVE = job.c.state.in_(["queued", "running", "cancelling"])
Index("ix_job_live", job.c.state, job.c.id, sqlite_where=_LIVE, postgresql_where=_LIVE)
_DEDUPE = sa.and_(job.c.dedupe_key.is_not(None), _LIVE)
Index(
    "uq_job_dedupe", job.c.kind, job.c.dedupe_key, unique=True, sqlite_where=_DEDUPE, postgresql_where=_DEDUPE
)
