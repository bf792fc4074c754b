"""One takeover of an install from its check to its end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table

from labelyard.context import Context
from labelyard.db import schema
from labelyard.kit.crypto import sha256_hex
from labelyard.kit.db.dialect import last_id, use_up_ids
from labelyard.kit.db.foreign import ForeignDatabase, Row
from labelyard.label.config import LabelConfigError, parse
from labelyard.projects import service as projects
from labelyard.takeover import before, queries
from labelyard.takeover.install.files import copy_files, store_files
from labelyard.takeover.install.labels import store_labels
from labelyard.takeover.install.left import tell_what_is_left
from labelyard.takeover.install.models import store_models
from labelyard.takeover.install.people import store_organizations, store_users
from labelyard.takeover.install.storages import store_storages
from labelyard.takeover.install.tasks import store_tasks
from labelyard.takeover.install.tokens import secret_key_of, store_tokens
from labelyard.takeover.install.views import store_views
from labelyard.takeover.install.webhooks import store_webhooks, store_webhooks_of_organizations
from labelyard.takeover.install.work import Work, time_of
from labelyard.takeover.model import Progress, ProjectCounts, Report, TakeoverError
from labelyard.takeover.staging import Staging

_NEEDED = {"htx_user": ("id", "email", "password"), "project": ("id", "label_config"), "task": ("id", "data", "project_id"),
           "task_completion": ("id", "result", "task_id"), "prediction": ("id", "result", "task_id")}  # fmt: skip
_TABLES: dict[str, Table] = {
    "htx_user": schema.user, "organization": schema.organization, "project": schema.project, "task": schema.task,
    "task_completion": schema.annotation, "prediction": schema.prediction, "tasks_annotationdraft": schema.draft,
    "data_import_fileupload": schema.file_upload, "data_manager_view": schema.view, "webhook": schema.webhook,
    "ml_mlbackend": schema.ml_backend, "labels_manager_label": schema.label, "labels_manager_labellink": schema.label_link,
}  # fmt: skip
_PROJECT_FLAGS = (
    "show_instruction", "show_skip_button", "enable_empty_annotation", "show_annotation_history", "is_published", "is_draft",
    "show_collab_predictions", "show_ground_truth_first", "annotator_evaluation_enabled", "show_overlap_first",
    "evaluate_predictions_automatically", "reveal_preannotations_interactively",
)  # fmt: skip
_PROJECT_VALUES = (
    "expert_instruction", "description", "color", "maximum_annotations", "model_version", "sampling", "skip_queue",
    "min_annotations_to_start_training", "overlap_cohort_percentage", "task_data_login", "task_data_password",
    "control_weights",
)  # fmt: skip


def is_install(source: ForeignDatabase) -> bool:
    """Whether the database has the tables of a 1.x install."""
    return all(source.has(table, *columns) for table, columns in _NEEDED.items())


class InstallTakeover:
    """`check` first, then `store` in a transaction, then `done` or `failed`."""

    def __init__(
        self,
        ctx: Context,
        source: ForeignDatabase,
        media: Path,
        progress: Progress,
        *,
        without: Sequence[int] = (),
        allow_missing_media: bool = False,
        env_file: Path | None = None,
        again: bool = False,
    ) -> None:
        self.work = Work(ctx, source, media, Staging(ctx), progress, allow_missing_media)
        self._again, self._env_file = again, env_file
        self.work.secret_key = secret_key_of(env_file or source.path.with_name(".env"))
        self.stored = False
        deleted = "deleted_at IS NOT NULL" if source.has("project", "deleted_at") else "0"
        self._in_bin = source.count("project", deleted)
        columns = ("id", "title", "label_config", "organization_id", "created_by_id", "created_at", "updated_at", "pinned_at",
                   *_PROJECT_FLAGS, *_PROJECT_VALUES)  # fmt: skip
        rows = source.rows("project", columns, f"NOT ({deleted})", order="id")
        self.project_rows = [row for row in rows if row["id"] not in without]
        self._identities = {row["id"]: self._identity(row) for row in rows}

    def _identity(self, row: Row) -> str:
        """What a project is known by in every copy and every later state of its install."""
        came = self.work.source.scalar("SELECT date_joined FROM htx_user ORDER BY id LIMIT 1")
        return sha256_hex(f"1.x {came} {row['id']} {row['created_at']}")

    @property
    def cancelled(self) -> bool:
        return self.work.cancelled

    @cancelled.setter
    def cancelled(self, value: bool) -> None:
        self.work.cancelled = value

    def check(self) -> None:
        """Look at what can be wrong before anything is stored, and copy the media beside ours. TakeoverError."""
        if self._env_file is not None and self.work.secret_key is None:
            raise TakeoverError(f"{self._env_file}: there is no SECRET_KEY=… in it.", "Name another file.")
        if not self._again:
            self._refuse_known()
        for row in self.project_rows:
            try:
                parse(row["label_config"] or projects.EMPTY_CONFIG)
            except LabelConfigError as error:
                raise TakeoverError(
                    f"{self.work.source.path}: the label config of project {row['id']} ({row['title']}) cannot be used: "
                    f"{error.messages[0]}",
                    f"Mend it where it is, or leave the project out: --without-project {row['id']}",
                ) from None
        copy_files(self.work, [row["id"] for row in self.project_rows])

    def _refuse_known(self) -> None:
        wanted = {self._identities[row["id"]] for row in self.project_rows}
        found = self.work.ctx.db.read_sync(queries.by_identities, sorted(wanted))
        without = " ".join(f"--without-project {row.old_id}" for row in found)
        before.refuse(
            found,
            f"{self.work.source.path}: a project of this install",
            f"Leave it out: {without}\n  Take it over once more, beside the one that is here: --again",
        )

    def store(self, conn: Connection) -> Report:
        """Store all of it. May be called again when the transaction was given up."""
        work = self.work
        work.report, work.hooks, work.moved = Report(), {}, {}
        if self._in_bin:
            work.report.notes.append(f"{self._in_bin} projects in the bin were left out.")
        work.known = queries.by_identities(conn, sorted(self._identities.values()))
        work.offset = {name: last_id(conn, table) for name, table in _TABLES.items()}
        store_organizations(work, conn)
        store_users(work, conn)
        store_tokens(work, conn)
        for row in self.project_rows:
            self._project(conn, row)
        store_labels(work, conn)
        store_webhooks_of_organizations(work, conn)
        for name, table in _TABLES.items():
            last = work.source.scalar("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)) or 0
            if name not in {"htx_user", "organization"} or not work.offset[name]:
                use_up_ids(conn, table, work.offset[name] + int(last))
        tell_what_is_left(work)
        work.go_on()
        self.stored = True
        return work.report

    def _project(self, conn: Connection, row: Row) -> None:
        work = self.work
        values: dict[str, Any] = {name: row[name] for name in _PROJECT_VALUES if row[name] is not None}
        values |= {name: bool(row[name]) for name in _PROJECT_FLAGS if row[name] is not None}
        values |= {
            "title": (row["title"] or "")[:50],
            "label_config": row["label_config"] or projects.EMPTY_CONFIG,
            "organization_id": work.organization.get(
                row["organization_id"], next(iter(work.organization.values()))
            ),
            "created_by": work.user.get(row["created_by_id"]),
            "created_at": time_of(row["created_at"]),
            "updated_at": time_of(row["updated_at"]),
            "pinned_at": None if row["pinned_at"] is None else time_of(row["pinned_at"]),
        }
        made = projects.take_over(conn, values, row["id"] + work.offset["project"])
        counts = ProjectCounts(made.id, made.title)
        work.project[row["id"]] = made.id
        before.remember(conn, made.id, self._identities[row["id"]], work.source.path, row["id"])
        work.report.projects.append(counts)
        store_files(work, conn, row["id"], made.id, counts)
        store_tasks(work, conn, row["id"], made, counts)
        store_views(work, conn, row["id"], made.id, counts)
        store_webhooks(work, conn, row["id"], made, counts)
        store_models(work, conn, row["id"], made, counts)
        # After the tasks: what is on them already is not written to targets again.
        store_storages(work, conn, row["id"], made, counts)

    def failed(self) -> None:
        """Take back the files."""
        self.work.staging.take_back()
        self.done()

    def done(self) -> None:
        """Remove what was needed on the way."""
        self.work.staging.clear()
