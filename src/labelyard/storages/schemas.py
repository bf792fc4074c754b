"""Bodies of the storage operations."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Words = Annotated[str, Field(max_length=2048)]
_MAX_MINUTES = 10_080  # S3 signs addresses for a week at most


class StorageFields(BaseModel):
    """What every storage has."""

    model_config = ConfigDict(extra="ignore")

    project: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The project; it cannot be changed."
    )
    title: Words | None = None
    description: Annotated[str, Field(max_length=100_000)] | None = None


class SourceFields(StorageFields):
    regex_filter: Words | None = Field(
        None, description="Only objects whose keys this regular expression matches from their start."
    )
    use_blob_urls: bool | None = Field(
        None,
        description="Make a task of the address of each object, in place of reading tasks in JSON from it.",
    )
    recursive_scan: bool | None = Field(None, description="Folders within the folder too.")


class TargetFields(StorageFields):
    can_delete_objects: bool | None = Field(
        None, description="Delete the object of an annotation that is deleted."
    )


class BucketFields(BaseModel):
    """Where a bucket of S3 is, and what opens it. Credentials are never shown."""

    bucket: Words | None = Field(None, description="Name of the bucket.")
    prefix: Words | None = Field(None, description="Folder in it.")
    aws_access_key_id: Words | None = Field(None, description="Default: the server's, for administrators.")
    aws_secret_access_key: Words | None = None
    aws_session_token: Annotated[str, Field(max_length=8192)] | None = None
    aws_sse_kms_key_id: Words | None = Field(None, description="Key that objects are encrypted with.")
    region_name: Words | None = Field(None, description="Default: us-east-1.")
    s3_endpoint: Words | None = Field(None, description="Address of an S3 server that is not Amazon's.")


class S3Source(SourceFields, BucketFields):
    presign: bool | None = Field(
        None, description="Send browsers to the bucket with a signed address (default), or fetch for them."
    )
    presign_ttl: Annotated[int, Field(ge=1, le=_MAX_MINUTES)] | None = Field(
        None, description="Minutes that a signed address holds."
    )


class S3Target(TargetFields, BucketFields):
    """A bucket that annotations go to."""


class LocalFields(BaseModel):
    path: Words | None = Field(
        None, description="Directory of the server's machine, absolute, below one that the operator opened."
    )


class LocalSource(SourceFields, LocalFields):
    """A directory that tasks come from."""


class LocalTarget(TargetFields, LocalFields):
    """A directory that annotations go to."""


class TriedFields(StorageFields):
    id: Annotated[int, Field(ge=1)] | None = Field(
        None, description="A storage that is stored: it is tried, with the changes in the body."
    )


class TriedS3Source(S3Source, TriedFields):
    """A bucket that is tried, and not stored."""


class TriedS3Target(S3Target, TriedFields):
    """A bucket that is tried, and not stored."""


class TriedLocalSource(LocalSource, TriedFields):
    """A directory that is tried, and not stored."""


class TriedLocalTarget(LocalTarget, TriedFields):
    """A directory that is tried, and not stored."""


class StorageType(BaseModel):
    name: str
    title: str


class StorageMeta(BaseModel):
    """How far a sync is, or how the last one went. Targets have the first two, sources the others."""

    model_config = ConfigDict(extra="allow")

    total_annotations: int | None = Field(None, description="Objects that the last run of writing wrote.")
    annotations_waiting: int | None = Field(
        None, description="Changes that are still to be written; 10,000 stands for more too."
    )
    tasks_added: int | None = None
    tasks_existed: int | None = Field(None, description="Objects that had tasks before.")
    objects_seen: int | None = None
    objects_left_out: int | None = Field(None, description="Objects that are no tasks; `traceback` says why.")
    objects_filtered: int | None = Field(None, description="Objects that `regex_filter` leaves out.")
    duration: float | None = Field(None, description="Seconds.")


class Storage(BaseModel):
    """What a storage shows of itself: the fields of its kind and role, and no credentials."""

    id: int
    type: str
    title: str
    description: str
    project: int
    created_at: str
    synchronizable: bool
    last_sync: str | None
    last_sync_count: int | None = Field(
        description="Tasks that the last sync made, or objects that it wrote."
    )
    last_sync_job: str | None
    status: str = Field(
        description="initialized, queued, in_progress, failed, completed or completed_with_errors"
    )
    traceback: str | None = Field(description="Why the last sync failed, or what it left out.")
    meta: StorageMeta
    path: str | None = Field(None, description="Of local directories.")
    bucket: str | None = Field(None, description="Of S3, as those that follow.")
    prefix: str | None = None
    region_name: str | None = None
    s3_endpoint: str | None = None
    aws_sse_kms_key_id: str | None = None
    has_credentials: bool | None = Field(None, description="Whether it has credentials of its own.")
    presign: bool | None = None
    presign_ttl: int | None = None
    regex_filter: str | None = Field(None, description="Of sources, as those that follow.")
    use_blob_urls: bool | None = None
    recursive_scan: bool | None = None
    can_delete_objects: bool | None = Field(None, description="Of targets.")


class StoredFile(BaseModel):
    key: str
    last_modified: str
    size: int = Field(description="Bytes.")


class StoredFiles(BaseModel):
    files: list[StoredFile]
