"""What is known of an import: where its tasks come from, what it read and made. All of it is kept in the import's row."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Row

from labelyard.imports.options import Options
from labelyard.uploads.service import Taken

MAX_ROW_ERRORS = 100  # of which place and reason are told one by one


class SourceFile(msgspec.Struct, omit_defaults=True):
    """A file of an import. `number` from 1 stands for the upload until that has an id; `key` is its object key."""

    name: str
    path: str
    size: int
    number: int | None = None
    key: str | None = None
    upload_id: int | None = None
    url: str = ""
    as_media: bool = False  # one task that refers to the file, whatever is in it
    upload: str | None = None  # id of the resumable upload that it came with


class Origin(msgspec.Struct, omit_defaults=True):
    """Where the tasks of an import come from; the `source` of its row.

    `body` is the JSON body of the request, else there are `files`, and `urls` still to be fetched. `taken` are the
    resumable uploads among the files. `gathered`: all is in the import's directory. `frames` is the file of checked tasks and `keys`
    that of their dedupe keys, once made. `replaces` are uploads whose earlier tasks go, `url` an address that was given.
    """

    directory: str
    size: int
    files: list[SourceFile] = []
    body: str | None = None
    frames: str | None = None
    keys: str | None = None
    replaces: list[int] = []
    url: str | None = None
    urls: list[str] = []
    taken: list[Taken] = []
    gathered: bool = False

    @property
    def from_body(self) -> bool:
        """Whether the tasks stood in the body of the request itself."""
        return self.body is not None

    @property
    def upload_ids(self) -> list[int]:
        """Ids of the uploads that its files are."""
        return [file.upload_id for file in self.files if file.upload_id is not None]


class RowError(msgspec.Struct):
    """Why a row was refused: `row` is a line or a position from 1, `column` a data key where one is at fault."""

    file: str | None
    row: int | None
    column: str | None
    error: str


class Counts(msgspec.Struct, omit_defaults=True):
    """What an import read and made; the `counts` of its row.

    `task_ranges` are first and last ids of runs of tasks. `rejects` is the object key of the reject file.
    """

    rows_read: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    rows_updated: int = 0
    rows_unmatched: int = 0
    task_count: int = 0
    annotation_count: int = 0
    prediction_count: int = 0
    bytes: int = 0
    duration: float = 0.0
    file_upload_ids: list[int] = []
    could_be_tasks_list: bool = False
    files_as_tasks_list: bool = True
    found_formats: dict[str, int] = {}
    data_columns: list[str] = []
    task_ranges: list[tuple[int, int]] = []
    row_errors: list[RowError] = []
    notes: list[str] = []
    rejects: str | None = None


class Undo(msgspec.Struct, omit_defaults=True):
    """What taking an import back did so far; the `undo` of its row. `kept_tasks`: the first ids of those that stay.

    It goes on behind the task `after` in the range of tasks at `place`.
    """

    deleted: int = 0
    kept: int = 0
    kept_tasks: list[int] = []
    updated: int = 0
    place: int = 0
    after: int = 0
    done: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "deleted": self.deleted,
            "kept": self.kept,
            "kept_tasks": self.kept_tasks,
            "updated": self.updated,
        }


@dataclass(slots=True)
class Summary:
    """What was read. `data_columns`: data keys that all files share."""

    rows: int = 0
    rejected: int = 0
    annotations: int = 0
    predictions: int = 0
    data_columns: list[str] = field(default_factory=list)
    found_formats: dict[str, int] = field(default_factory=dict)
    could_be_tasks_list: bool = False
    files_as_tasks_list: bool = True
    row_errors: list[RowError] = field(default_factory=list)


def to_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


_origin = msgspec.json.Decoder(Origin).decode
_options = msgspec.json.Decoder(Options).decode
_counts = msgspec.json.Decoder(Counts).decode
_undo = msgspec.json.Decoder(Undo).decode


def origin_of(row: Row[Any]) -> Origin:
    return _origin(row.source)


def options_of(row: Row[Any]) -> Options:
    return _options(row.options)


def counts_of(row: Row[Any]) -> Counts:
    return _counts(row.counts)


def counts_of_text(text: str) -> Counts:
    return _counts(text)


def undo_of(row: Row[Any]) -> Undo | None:
    """What was taken back so far; None when nothing was."""
    return None if row.undo is None else _undo(row.undo)
