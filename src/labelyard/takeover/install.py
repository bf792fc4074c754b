"""Takes over a Label Studio 1.x install: its SQLite database and its media.

Ids stay what they are in a table of ours that never gave one; elsewhere a fixed number is added to all of them. All of
it is one transaction. Tables and columns that a release lacks are read as empty.
"""

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Table

from labelyard.actor import Role
from labelyard.annotations import service as annotations
from labelyard.annotations.service import NewAnnotation
from labelyard.context import Context
from labelyard.db import schema
from labelyard.files import service as files
from labelyard.kit.clock import now_us, parse_iso
from labelyard.kit.crypto import password_of_elsewhere
from labelyard.kit.db.columns import listed
from labelyard.kit.db.dialect import last_id, use_up_ids
from labelyard.kit.db.foreign import ForeignDatabase, ForeignError, Row
from labelyard.kit.errors import Problem
from labelyard.label.config import LabelConfigError, parse
from labelyard.organizations import service as organizations
from labelyard.predictions import service as predictions
from labelyard.predictions.service import NewPrediction
from labelyard.projects import service as projects
from labelyard.takeover.model import Progress, ProjectCounts, Report, TakeoverError, checked_json, inside
from labelyard.tasks import service as tasks
from labelyard.tasks.making import data_keys
from labelyard.tasks.service import NewTasks
from labelyard.users import service as users
from labelyard.users import tokens
from labelyard.views import service as views
from labelyard.webhooks import service as webhooks

_BATCH = 1_000  # tasks
_NEEDED = {"htx_user": ("id", "email", "password"), "project": ("id", "label_config"), "task": ("id", "data", "project_id"),
           "task_completion": ("id", "result", "task_id"), "prediction": ("id", "result", "task_id")}  # fmt: skip
_TABLES: dict[str, Table] = {
    "htx_user": schema.user, "organization": schema.organization, "project": schema.project, "task": schema.task,
    "task_completion": schema.annotation, "prediction": schema.prediction, "tasks_annotationdraft": schema.draft,
    "data_import_fileupload": schema.file_upload, "data_manager_view": schema.view, "webhook": schema.webhook,
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
_TASK = (
    "id",
    "data",
    "meta",
    "overlap",
    "file_upload_id",
    "inner_id",
    "created_at",
    "updated_at",
    "updated_by_id",
    "allow_skip",
)
_ANNOTATION = (
    "id", "task_id", "result", "was_cancelled", "created_at", "updated_at", "lead_time", "result_count", "completed_by_id",
    "ground_truth", "parent_prediction_id", "parent_annotation_id", "last_action", "updated_by_id", "unique_id",
    "draft_created_at", "import_id", "bulk_created",
)  # fmt: skip
_PREDICTION = (
    "id",
    "task_id",
    "result",
    "score",
    "model_version",
    "created_at",
    "updated_at",
    "cluster",
    "mislabeling",
)
_DRAFT = (
    "id",
    "task_id",
    "user_id",
    "annotation_id",
    "result",
    "lead_time",
    "was_postponed",
    "created_at",
    "updated_at",
)
_LEFT = {
    "ml_mlbackend": "ML backends: connect them again",
    "token_blacklist_outstandingtoken": "personal access tokens: their owners make new ones",
    "labels_manager_label": "entries of the label manager",
}


def is_install(source: ForeignDatabase) -> bool:
    """Whether the database has the tables of a 1.x install."""
    return all(source.has(table, *columns) for table, columns in _NEEDED.items())


class InstallTakeover:
    """One takeover. `check` first, then `store` in a transaction, then `done` or `failed`."""

    def __init__(
        self,
        ctx: Context,
        source: ForeignDatabase,
        media: Path,
        progress: Progress,
        *,
        without: Sequence[int] = (),
        allow_missing_media: bool = False,
    ) -> None:
        self.ctx, self.source, self.media, self.progress = ctx, source, media, progress
        self.allow_missing = allow_missing_media
        self.report = Report()
        self.cancelled = False  # set from another thread: the transaction gives up at its next batch
        self.stored = False
        self._adopted: list[str] = []
        deleted = "deleted_at IS NOT NULL" if source.has("project", "deleted_at") else "0"
        gone = source.count("project", deleted)
        if gone:
            self.report.notes.append(f"{gone} projects in the bin were left out.")
        self.project_rows = [
            row
            for row in source.rows(
                "project",
                ("id", "title", "label_config", "organization_id", "created_by_id", "created_at", "updated_at", "pinned_at",
                 *_PROJECT_FLAGS, *_PROJECT_VALUES),
                f"NOT ({deleted})",
                order="id",
            )
            if row["id"] not in without
        ]  # fmt: skip
        self.staging = ctx.settings.data_dir / "spool" / "takeover"

    # --- before the transaction ----------------------------------------------------------------------------------

    def check(self) -> None:
        """Look at what can be wrong before anything is stored, and copy the media beside ours. TakeoverError."""
        path = self.source.path
        for row in self.project_rows:
            try:
                parse(row["label_config"] or projects.EMPTY_CONFIG)
            except LabelConfigError as error:
                raise TakeoverError(
                    f"{path}: the label config of project {row['id']} ({row['title']}) cannot be used: {error.messages[0]}",
                    f"Mend it where it is, or leave the project out: --without-project {row['id']}",
                ) from None
        shutil.rmtree(self.staging, ignore_errors=True)
        self.uploads = self._uploads()
        for number, row in enumerate(self.uploads, 1):
            self._copy(row)
            self.progress("copying files", number, len(self.uploads))

    def _uploads(self) -> list[Row]:
        wanted = {row["id"] for row in self.project_rows}
        rows = self.source.rows("data_import_fileupload", ("id", "project_id", "user_id", "file"), order="id")
        return [row for row in rows if row["project_id"] in wanted]

    def _copy(self, row: Row) -> None:
        name = row["file"]
        file = inside(self.media, name)
        if file is None:
            raise TakeoverError(
                f"{self.media / name}: lies outside of {self.media}.", "Move the file into the directory."
            )
        if not file.is_file():
            if self.allow_missing:
                return
            raise TakeoverError(
                f"{file}: this uploaded file of project {row['project_id']} is missing.",
                "Name the directory of the media with --media, or go on without the files: --allow-missing-media",
            )
        target = self.staging / str(row["id"])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)

    # --- the transaction -----------------------------------------------------------------------------------------

    def store(self, conn: Connection) -> Report:
        """Store all of it. May be called again when the transaction was given up."""
        self.report = Report(notes=[each for each in self.report.notes if "bin" in each])
        self.offset = {name: last_id(conn, table) for name, table in _TABLES.items()}
        self._organizations(conn)
        self._users(conn)
        for row in self.project_rows:
            self._project(conn, row)
        for name, table in _TABLES.items():
            last = self.source.scalar("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)) or 0
            if name not in {"htx_user", "organization"} or not self.offset[name]:
                use_up_ids(conn, table, self.offset[name] + int(last))
        self._left()
        self._go_on()
        self.stored = True
        return self.report

    def _go_on(self) -> None:
        if self.cancelled:
            raise TakeoverError("Interrupted.", "Run the command again.")

    def failed(self) -> None:
        """Take back the files."""
        for key in self._adopted:
            self.ctx.objects.delete(key)
        self.done()

    def done(self) -> None:
        """Remove what was needed on the way."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def _new(self, table: str, old: int | None) -> int | None:
        return None if old is None else old + self.offset[table]

    def _organizations(self, conn: Connection) -> None:
        first = None if users.anybody_signs_in(conn) else organizations.first_id(conn)
        self.organization: dict[int, int] = {}
        policies = {row["organization_id"]: row for row in self.source.rows(
            "session_policy_sessiontimeoutpolicy", ("organization_id", "max_session_age", "max_time_between_activity"))}  # fmt: skip
        jwt = {row["organization_id"]: row for row in self.source.rows(
            "jwt_auth_jwtsettings", ("organization_id", "api_tokens_enabled", "api_token_ttl_days", "legacy_api_tokens_enabled"))}  # fmt: skip
        self._org_rows = self.source.rows(
            "organization",
            ("id", "title", "token", "contact_info", "created_by_id", "created_at", "updated_at"),
            order="id",
        )
        for row in self._org_rows:
            values: dict[str, Any] = {
                "title": (row["title"] or "Label Studio")[: organizations.MAX_TITLE],
                "contact_info": row["contact_info"],
                "invite_token": row["token"],
                "created_at": _time(row["created_at"]),
                "updated_at": _time(row["updated_at"]),
                # Before tokens could be switched off, everybody had a legacy one.
                "legacy_api_tokens_enabled": True,
            }
            if (policy := policies.get(row["id"])) is not None:
                values["max_session_age_minutes"] = policy["max_session_age"] or 11520
                values["max_idle_minutes"] = policy["max_time_between_activity"] or 4320
            if (given := jwt.get(row["id"])) is not None:
                values["api_tokens_enabled"] = bool(given["api_tokens_enabled"])
                values["legacy_api_tokens_enabled"] = bool(given["legacy_api_tokens_enabled"])
                values["api_token_ttl_days"] = given["api_token_ttl_days"]
            if first is None and not self.offset["organization"]:
                values["id"] = row["id"]
            self.organization[row["id"]] = organizations.take_over(conn, values, first)
            first = None
            self.report.organizations += 1
        if not self.organization:
            raise TakeoverError(
                f"{self.source.path}: it has no organization.", "Start the old server once, then try again."
            )

    def _users(self, conn: Connection) -> None:
        self.user: dict[int, int] = {}
        members = self.source.rows(
            "organizations_organizationmember", ("organization_id", "user_id", "deleted_at"), order="id"
        )
        home: dict[int, int] = {}
        for row in members:
            if row["deleted_at"] is None and row["organization_id"] in self.organization:
                home.setdefault(row["user_id"], self.organization[row["organization_id"]])
        keys = {row["user_id"]: row["key"] for row in self.source.rows("authtoken_token", ("key", "user_id"))}
        unknown = 0
        columns = ("id", "password", "username", "email", "first_name", "last_name", "is_active", "date_joined",
                   "last_activity", "phone", "active_organization_id", "allow_newsletters", "custom_hotkeys")  # fmt: skip
        for row in self.source.rows("htx_user", columns, order="id"):
            hashed = password_of_elsewhere(row["password"] or "")
            active = bool(row["is_active"]) and row["id"] in home
            unknown += hashed is None and active
            values: dict[str, Any] = {
                name: row[name] or "" for name in ("username", "first_name", "last_name", "phone")
            } | {
                "password_hash": hashed if active else None,
                "is_active": active,
                "active_organization_id": self.organization.get(
                    row["active_organization_id"], home.get(row["id"])
                ),
                "allow_newsletters": None
                if row["allow_newsletters"] is None
                else bool(row["allow_newsletters"]),
                "custom_hotkeys": checked_json(
                    row["custom_hotkeys"], "{", f"{self.source.path}: user {row['id']}"
                )
                or "{}",
                "date_joined": _time(row["date_joined"]),
                "last_activity": _time(row["last_activity"] or row["date_joined"]),
            }
            if not self.offset["htx_user"]:
                values["id"] = row["id"]
            try:
                user_id, made = users.take_over(conn, row["email"], values)
            except Problem:
                raise TakeoverError(
                    f"{self.source.path}: user {row['id']} has no valid email address: {row['email']!r}.",
                    "Give them one where they are, and try again.",
                ) from None
            self.user[row["id"]] = user_id
            self.report.users += made
            if not made:
                self.report.notes.append(f"{row['email']} had an account already, which stays as it is.")
            elif active and row["id"] in keys:
                with contextlib.suppress(Problem):  # the token is somebody else's
                    tokens.reset_legacy(conn, self.ctx.secrets, user_id, keys[row["id"]])
        if unknown:
            self.report.notes.append(
                f"{unknown} passwords are kept in a way that cannot be verified: labelyard user reset-password EMAIL"
            )
        owners = {row["id"]: row["created_by_id"] for row in self._org_rows}
        for row in members:
            if (
                row["deleted_at"] is not None
                or row["organization_id"] not in self.organization
                or row["user_id"] not in self.user
            ):
                continue
            role: Role = "owner" if owners[row["organization_id"]] == row["user_id"] else "manager"
            users.join(conn, self.organization[row["organization_id"]], self.user[row["user_id"]], role)
        for old, creator in owners.items():
            if creator in self.user:
                organizations.set_creator(conn, self.organization[old], self.user[creator])

    def _project(self, conn: Connection, row: Row) -> None:
        values: dict[str, Any] = {name: row[name] for name in _PROJECT_VALUES if row[name] is not None}
        values |= {name: bool(row[name]) for name in _PROJECT_FLAGS if row[name] is not None}
        values |= {
            "title": (row["title"] or "")[:50],
            "label_config": row["label_config"] or projects.EMPTY_CONFIG,
            "organization_id": self.organization.get(
                row["organization_id"], next(iter(self.organization.values()))
            ),
            "created_by": self.user.get(row["created_by_id"]),
            "created_at": _time(row["created_at"]),
            "updated_at": _time(row["updated_at"]),
            "pinned_at": None if row["pinned_at"] is None else _time(row["pinned_at"]),
        }
        made = projects.take_over(conn, values, row["id"] + self.offset["project"])
        counts = ProjectCounts(made.id, made.title)
        self.report.projects.append(counts)
        self._files(conn, row["id"], made.id, counts)
        self._tasks(conn, row["id"], made, counts)
        self._views(conn, row["id"], made.id, counts)
        self._webhooks(conn, row["id"], made, counts)

    def _files(self, conn: Connection, old: int, project_id: int, counts: ProjectCounts) -> None:
        for row in self.uploads:
            if row["project_id"] != old:
                continue
            key, copy = row["file"], self.staging / str(row["id"])
            if files.key_exists(conn, key):
                raise TakeoverError(
                    f"{self.media / key}: a file of that name is in this data directory already.",
                    "Was this install taken over before? Take it into another directory: --data-dir",
                )
            size = copy.stat().st_size if copy.exists() else 0
            if copy.exists():
                # Copied again when the transaction has to be tried again, so it stays where it is.
                with copy.open("rb") as file:
                    self._adopted.append(key)
                    self.ctx.objects.put_chunks(key, iter(lambda: file.read(1 << 20), b""))
            files.record_upload(
                conn, project_id, self.user.get(row["user_id"]), key=key, name=key.rpartition("/")[2].partition("-")[2] or key,
                size=size, upload_id=self._new("data_import_fileupload", row["id"]),
            )  # fmt: skip
            counts.files += 1

    def _tasks(self, conn: Connection, old: int, project: Any, counts: ProjectCounts) -> None:
        source = self.source
        total = source.count("task", "project_id = ?", (old,))
        ordered = source.has("task", "inner_id") and not source.scalar(
            "SELECT EXISTS (SELECT 1 FROM (SELECT inner_id AS i, lag(inner_id, 1, 0) OVER (ORDER BY id) AS p FROM task "
            "WHERE project_id = ?) WHERE i IS NULL OR i <= p)", (old,)
        )  # fmt: skip
        last = inner = 0
        uploads = {row["id"] for row in self.uploads}
        while True:
            self._go_on()
            rows = source.rows(
                "task", _TASK, "project_id = ? AND id > ?", (old, last), order="id", limit=_BATCH
            )
            if not rows:
                break
            last = rows[-1]["id"]
            inner_ids = (
                [row["inner_id"] for row in rows]
                if ordered
                else list(range(inner + 1, inner + 1 + len(rows)))
            )
            inner = inner_ids[-1]
            self._batch(conn, project, rows, inner_ids, uploads, counts)
            self.progress(f"project {old}", counts.tasks, total)
        if inner:
            projects.take_inner_ids(conn, project.id, inner)
        found = projects.counts(conn, project.id)
        if (found.tasks, found.annotations + found.cancelled, found.predictions) != (
            total, counts.annotations, counts.predictions,
        ):  # fmt: skip
            raise TakeoverError(
                f"{source.path}: project {old} changed while it was read.",
                "Stop the old server, and try again.",
            )

    def _batch(
        self,
        conn: Connection,
        project: Any,
        rows: Sequence[Row],
        inner_ids: list[int],
        uploads: set[int],
        counts: ProjectCounts,
    ) -> None:
        old_ids = [row["id"] for row in rows]
        place = {task_id: number for number, task_id in enumerate(old_ids)}
        given = self.source.of("task_completion", _ANNOTATION, "task_id", old_ids)
        guesses = self.source.of("prediction", _PREDICTION, "task_id", old_ids)
        data = [checked_json(row["data"], "{[", self._place("task", row, "data")) or "{}" for row in rows]
        columns: dict[str, int] = {}
        for each in data:
            for key in data_keys(each):
                columns[key] = columns.get(key, 0) + 1
        new = NewTasks(
            columns,
            listed([each.encode() for each in data]),
            [checked_json(row["meta"], "{[", self._place("task", row, "meta")) or "{}" for row in rows],
            [row["overlap"] for row in rows],
            [row["allow_skip"] is None or bool(row["allow_skip"]) for row in rows],
            [self._new("data_import_fileupload", row["file_upload_id"]) if row["file_upload_id"] in uploads else None for row in rows],
            None,
            annotations.in_columns([(place[row["task_id"]], self._annotation(row)) for row in given]),
            predictions.in_columns([(place[row["task_id"]], self._prediction(row)) for row in guesses]),
            [task_id + self.offset["task"] for task_id in old_ids],
            inner_ids,
            [_time(row["created_at"]) for row in rows],
            [_time(row["updated_at"]) for row in rows],
            [self.user.get(row["updated_by_id"]) for row in rows],
        )  # fmt: skip
        tasks.insert(conn, project, None, new)
        counts.tasks += len(rows)
        counts.annotations += len(given)
        counts.skipped += sum(bool(row["was_cancelled"]) for row in given)
        counts.predictions += len(guesses)
        self._drafts(conn, project.id, old_ids, {row["id"] for row in given}, counts)

    def _place(self, what: str, row: Row, column: str) -> str:
        return f"{self.source.path}: {column} of {what} {row['id']}"

    def _annotation(self, row: Row) -> NewAnnotation:
        imported = row["import_id"]
        if imported is None and self.offset["task_completion"]:
            imported = row["id"]
        return NewAnnotation(
            result=checked_json(row["result"], "[", self._place("annotation", row, "result")) or "[]",
            completed_by=self.user.get(row["completed_by_id"]),
            was_cancelled=bool(row["was_cancelled"]),
            ground_truth=bool(row["ground_truth"]),
            lead_time=row["lead_time"],
            created_at=_time(row["created_at"]),
            updated_at=_time(row["updated_at"]),
            unique_id=row["unique_id"],
            import_id=imported,
            parent_prediction=self._new("prediction", row["parent_prediction_id"]),
            draft_created_at=None if row["draft_created_at"] is None else _time(row["draft_created_at"]),
            updated_by=self.user.get(row["updated_by_id"]),
            id=self._new("task_completion", row["id"]),
            result_count=row["result_count"],
            last_action=row["last_action"],
            bulk_created=bool(row["bulk_created"]),
            parent_annotation=self._new("task_completion", row["parent_annotation_id"]),
        )

    def _prediction(self, row: Row) -> NewPrediction:
        return NewPrediction(
            result=checked_json(row["result"], "[", self._place("prediction", row, "result")) or "[]",
            score=row["score"],
            model_version=row["model_version"],
            cluster=row["cluster"],
            mislabeling=row["mislabeling"] or 0.0,
            created_at=_time(row["created_at"]),
            id=self._new("prediction", row["id"]),
            updated_at=_time(row["updated_at"] or row["created_at"]),
        )

    def _drafts(
        self, conn: Connection, project_id: int, ids: Sequence[int], known: set[int], counts: ProjectCounts
    ) -> None:
        made = [
            {
                "id": self._new("tasks_annotationdraft", row["id"]),
                "task_id": self._new("task", row["task_id"]),
                "project_id": project_id,
                "user_id": self.user[row["user_id"]],
                "annotation_id": self._new("task_completion", row["annotation_id"])
                if row["annotation_id"] in known
                else None,
                "result": checked_json(row["result"], "[", self._place("draft", row, "result")) or "[]",
                "lead_time": row["lead_time"],
                "was_postponed": bool(row["was_postponed"]),
                "created_at": _time(row["created_at"]),
                "updated_at": _time(row["updated_at"]),
            }
            for row in self.source.of("tasks_annotationdraft", _DRAFT, "task_id", ids)
            if row["user_id"] in self.user
        ]
        annotations.take_over_drafts(conn, made)
        counts.drafts += len(made)

    def _views(self, conn: Connection, old: int, project_id: int, counts: ProjectCounts) -> None:
        columns = ("id", "data", "ordering", "filter_group_id", "selected_items", "user_id", "order")
        order = '"order", id' if self.source.has("data_manager_view", "order") else "id"
        for number, row in enumerate(
            self.source.rows("data_manager_view", columns, "project_id = ?", (old,), order=order)
        ):
            data = _object(row["data"])
            if row["filter_group_id"] is not None:
                data["filters"] = self._filters(row["filter_group_id"])
            ordering = msgspec.json.decode(row["ordering"] or "[]")
            if ordering:
                data["ordering"] = ordering
            selected = _object(row["selected_items"])
            if selected:
                shift = self.offset["task"]
                data["selectedItems"] = {
                    name: [each + shift for each in value] if isinstance(value, list) else value
                    for name, value in selected.items()
                }
            views.take_over(
                conn, project_id, self.user.get(row["user_id"]), data,
                position=number if row["order"] is None else row["order"],
                view_id=self._new("data_manager_view", row["id"]),
            )  # fmt: skip
            counts.views += 1

    def _filters(self, group: int) -> Mapping[str, Any]:
        found = self.source.rows("data_manager_filtergroup", ("conjunction",), "id = ?", (group,))
        ids = [
            row["filter_id"]
            for row in self.source.rows(
                "data_manager_filtergroup_filters", ("filter_id",), "filtergroup_id = ?", (group,)
            )
        ]
        rows = (
            self.source.of(
                "data_manager_filter", ("id", "column", "type", "operator", "value", "index"), "id", ids
            )
            if ids
            else []
        )
        items = [
            {
                "filter": row["column"],
                "operator": row["operator"],
                "type": row["type"],
                "value": None if row["value"] is None else msgspec.json.decode(row["value"]),
            }
            for row in sorted(rows, key=lambda each: (each["index"] or 0, each["id"]))
        ]
        return {"conjunction": found[0]["conjunction"] if found else "and", "items": items}

    def _webhooks(self, conn: Connection, old: int, project: Any, counts: ProjectCounts) -> None:
        columns = (
            "id",
            "url",
            "send_for_all_actions",
            "headers",
            "is_active",
            "created_at",
            "updated_at",
            "send_payload",
        )
        for row in self.source.rows("webhook", columns, "project_id = ?", (old,), order="id"):
            actions = self.source.rows("webhook_action", ("action",), "webhook_id = ?", (row["id"],))
            values = {
                "id": self._new("webhook", row["id"]),
                "organization_id": project.organization_id,
                "project_id": project.id,
                "url": row["url"],
                "send_payload": bool(row["send_payload"]),
                "send_for_all_actions": bool(row["send_for_all_actions"]),
                "is_active": bool(row["is_active"]),
                "created_at": _time(row["created_at"]),
                "updated_at": _time(row["updated_at"]),
            }
            headers = {str(name): str(value) for name, value in _object(row["headers"]).items()}
            webhooks.take_over(
                conn, self.ctx.secrets, values, headers=headers, actions=[each["action"] for each in actions]
            )
            counts.webhooks += 1

    def _left(self) -> None:
        stores = sum(
            self.source.count(f"io_storages_{kind}{way}storage")
            for kind in ("s3", "gcs", "azureblob", "redis", "localfiles")
            for way in ("import", "export")
        )
        if stores:
            self.report.notes.append(f"{stores} storages: connect them again.")
        whole = self.source.count("webhook", "project_id IS NULL")
        if whole:
            self.report.notes.append(f"{whole} webhooks of the whole organization: make them again.")
        for table, text in _LEFT.items():
            if number := self.source.count(table):
                self.report.notes.append(f"{number} {text}.")


def _time(text: str | None) -> int:
    if not text:
        return now_us()
    try:
        return parse_iso(text)
    except ValueError as error:
        raise ForeignError(f"{text!r} is no time") from error


def _object(text: str | None) -> dict[str, Any]:
    found = msgspec.json.decode(text) if text else None
    return found if isinstance(found, dict) else {}
