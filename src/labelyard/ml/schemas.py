"""Bodies of the operations on ML backends."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from labelyard.annotations.schemas import RowId

URL = Annotated[str, Field(min_length=1, max_length=2048)]
_EXAMPLE: dict[str, Any] = {"project": 3, "url": "https://models.example.org/moods", "title": "Moods"}


class BackendChanges(BaseModel):
    """What can be set on an ML backend."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": _EXAMPLE})

    url: URL | None = Field(None, description="Where it listens: http or https.")
    project: RowId | None = Field(None, description="The project it works for; it stays there.")
    title: Annotated[str, Field(max_length=1000)] | None = Field(None, description="Default: host and port.")
    description: Annotated[str, Field(max_length=10_000)] | None = None
    is_interactive: bool | None = Field(None, description="Ask it while somebody labels (smart tools).")
    auth_method: Literal["NONE", "BASIC_AUTH"] | None = None
    basic_auth_user: Annotated[str, Field(max_length=256)] | None = None
    basic_auth_pass: Annotated[str, Field(max_length=1024)] | None = Field(
        None, description="Stored encrypted and never shown again."
    )
    extra_params: Any = Field(None, description="Anything; handed to the backend as it is.")
    timeout: Annotated[float, Field(gt=0, le=3600)] | None = Field(
        None, description="How long predictions and training may take, in seconds."
    )
    auto_update: bool | None = Field(None, description="Follow the version that the backend names.")
    model_version: Annotated[str, Field(max_length=1000)] | None = Field(
        None, description="Version of predictions that name none; kept only without `auto_update`."
    )


class NewBackend(BackendChanges):
    url: URL = Field(description="Where it listens: http or https.")
    project: RowId = Field(description="The project it works for.")


class Backend(BaseModel):
    """An ML backend."""

    id: int
    state: str = Field(description="CO connected, DI disconnected, ER error, TR training, PR predicting.")
    readable_state: str
    is_interactive: bool
    url: str
    error_message: str | None
    title: str
    auth_method: str
    basic_auth_user: str | None
    basic_auth_pass_is_set: bool
    description: str
    extra_params: Any
    model_version: str | None
    timeout: float = Field(description="Seconds.")
    created_at: str
    updated_at: str
    auto_update: bool
    project: int


class Training(BaseModel):
    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": {"use_ground_truth": False}})

    use_ground_truth: bool | None = Field(
        None, description="Known from other servers; all annotations are told of."
    )


class Interactive(BaseModel):
    """A task to predict for while somebody labels it."""

    model_config = ConfigDict(
        extra="ignore", json_schema_extra={"example": {"task": 7, "context": {"result": []}}}
    )

    task: RowId = Field(description="Id of a task of the backend's project.")
    context: Any = Field(None, description="What was drawn or typed: handed to the backend as it is.")


class NewRun(BaseModel):
    """Which tasks to predict for."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": {"tasks": [7, 8]}})

    tasks: Annotated[list[RowId], Field(max_length=100_000)] | None = Field(
        None, description="Ids of tasks of the project. Left out: all that it has now."
    )
    again: bool = Field(
        False, description="Also tasks that have a prediction of this version; that one is replaced."
    )


class Run(BaseModel):
    """Tasks that are sent to a backend."""

    id: int
    backend: int
    project: int
    created_by: int | None
    status: str = Field(description="created, in_progress, completed, failed or cancelled")
    total: int = Field(description="Tasks.")
    waiting: int
    predicted: int
    skipped: int = Field(description="Had a prediction of this version.")
    failed: int
    predictions: int = Field(description="How many were stored.")
    model_version: str | None
    error: str | None = Field(description="Why it stopped.")
    created_at: str
    finished_at: str | None


class RunTask(BaseModel):
    task: int
    state: str = Field(description="waiting, predicted, skipped or failed")
    note: str | None = Field(description="What is wrong with the answer for this task.")


class RunPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[Run]


class RunTaskPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[RunTask]


class Versions(BaseModel):
    versions: list[str]
    message: str | None = None


class TestedPrediction(BaseModel):
    status: int | None = Field(description="Status of the backend's answer; null without one.")
    error_message: str | None
    url: str
    task: dict[str, Any] | None
    request: dict[str, Any]
    response: Any


class InteractiveAnswer(BaseModel):
    data: dict[str, Any] | None = Field(None, description="The prediction.")
    errors: list[str] | None = None
