"""Bodies of project requests."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator

from labelyard.kit.clock import parse_iso
from labelyard.users.schemas import PersonRef

MIN_TITLE, MAX_TITLE = 3, 50
MAX_CONFIG = 1024 * 1024  # characters
_INT = 2**31 - 1


def title_from(words: str) -> str:
    """A title that a project may have, of words that may be none, too few or too many."""
    title = " ".join(words.replace("\x00", "").split()) or "New project"
    return title[:MAX_TITLE] if len(title) >= MIN_TITLE else f"Project {title}"


Sampling = Literal[
    "Sequential sampling",
    "Uniform sampling",
    "Uncertainty sampling",
    "Lowest score sampling",
    "Highest score sampling",
]
SkipQueue = Literal["REQUEUE_FOR_ME", "REQUEUE_FOR_OTHERS", "IGNORE_SKIPPED"]
Positive = Annotated[int, Field(ge=1, le=_INT)]
NotNegative = Annotated[int, Field(ge=0, le=_INT)]

EXAMPLE_CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="mood" toName="text">'
    '<Choice value="good"/><Choice value="bad"/></Choices></View>'
)


class ProjectFields(BaseModel):
    """What a client can set on a project; absent fields keep their value or get their default."""

    model_config = ConfigDict(
        extra="ignore",
        protected_namespaces=(),
        json_schema_extra={
            "example": {"title": "Moods", "label_config": EXAMPLE_CONFIG, "maximum_annotations": 1}
        },
    )

    title: str | None = None
    description: str | None = Field(default=None, max_length=1_000_000)
    label_config: str | None = Field(default=None, max_length=MAX_CONFIG)
    expert_instruction: str | None = Field(default=None, max_length=1_000_000)
    show_instruction: bool = False
    show_skip_button: bool = True
    enable_empty_annotation: bool = True
    show_annotation_history: bool = False
    color: str | None = Field(default=None, max_length=16)
    maximum_annotations: Positive = 1
    is_published: bool = False
    model_version: str | None = Field(default=None, max_length=10_000)
    is_draft: bool = False
    min_annotations_to_start_training: NotNegative = Field(
        default=0,
        description="Models of the project are told to train whenever so many more tasks have annotations. 0: never.",
    )
    show_collab_predictions: bool = True
    sampling: Sampling | None = None
    show_ground_truth_first: bool = False
    annotator_evaluation_enabled: bool = False
    show_overlap_first: bool = False
    overlap_cohort_percentage: Annotated[int, Field(ge=0, le=100)] = 100
    task_data_login: str | None = Field(default=None, max_length=256)
    task_data_password: str | None = Field(default=None, max_length=256)
    control_weights: dict[str, Any] | None = None
    evaluate_predictions_automatically: bool = False
    skip_queue: SkipQueue | None = None
    reveal_preannotations_interactively: bool = False
    pinned_at: str | None = None
    members_only: bool = Field(
        default=False,
        description="Only members of the project, and the organization's owners and administrators, see it.",
    )

    @field_validator("title")
    @classmethod
    def _title(cls, title: str | None) -> str | None:
        if title and not MIN_TITLE <= len(title) <= MAX_TITLE:
            raise ValueError(
                f"A title has {MIN_TITLE} to {MAX_TITLE} characters (or none at all); this one has {len(title)}."
            )
        return title

    @field_validator("pinned_at")
    @classmethod
    def _pinned_at(cls, text: str | None) -> str | None:
        if text:
            try:
                parse_iso(text)
            except (ValueError, OverflowError):
                raise ValueError("Not a time in ISO 8601, such as 2026-11-22T03:58:35Z.") from None
        return text or None

    @field_validator("skip_queue", "sampling", mode="before")
    @classmethod
    def _empty_choice(cls, value: Any) -> Any:
        return None if value == "" else value

    def values(self) -> dict[str, Any]:
        """The columns that were sent. A null where the column needs a value counts as not sent, or as empty text."""
        given = self.model_dump(exclude_unset=True)
        for name in ("title", "description", "expert_instruction", "model_version"):
            if name in given:
                given[name] = given[name] or ""
        for name in ("label_config", "color", "sampling", "skip_queue"):
            if name in given and not given[name]:
                del given[name]
        if "control_weights" in given:
            given["control_weights"] = msgspec.json.encode(given["control_weights"] or {}).decode()
        if given.get("pinned_at"):
            given["pinned_at"] = parse_iso(given["pinned_at"])
        return given


class LabelConfigBody(BaseModel):
    """A label config to check."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": {"label_config": EXAMPLE_CONFIG}})

    label_config: str = Field(max_length=MAX_CONFIG)


class SampleTaskBody(LabelConfigBody):
    """A label config to make a sample task for."""

    include_annotation_and_prediction: bool = False


EXAMPLE_MIGRATION: dict[str, Any] = {
    "label_config": EXAMPLE_CONFIG,
    "controls": {"feeling": "mood"},
    "objects": {},
    "labels": {"feeling": {"good": "positive", "fine": "positive", "odd": None}},
    "dry_run": True,
}
_Name = Annotated[str, Field(max_length=2048)]


class Where(BaseModel):
    """What a region, or else the whole task, has to have."""

    control: _Name
    label: _Name


class LabelTarget(BaseModel):
    """What becomes of a label."""

    model_config = ConfigDict(extra="forbid")

    label: _Name | None = Field(description="The new label; null drops it.")
    control: _Name | None = Field(None, description="Its control, if that is another one.")
    where: Where | None = None


class MigrationBody(BaseModel):
    """A new label config and what becomes of the old one's names."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": EXAMPLE_MIGRATION})

    label_config: str = Field("", max_length=MAX_CONFIG, description="The label config afterwards.")
    controls: dict[_Name, _Name | None] = Field(
        default={}, max_length=1000, description="Old control → its new name, null to drop it."
    )
    objects: dict[_Name, _Name] = Field(default={}, max_length=1000, description="Old object → its new name.")
    labels: dict[_Name, dict[_Name, _Name | LabelTarget | list[LabelTarget] | None]] = Field(
        default={}, max_length=1000, description="Old control → old label → what becomes of it."
    )
    dry_run: bool = Field(False, description="Only count, and show examples.")

    def targets(self) -> dict[str, dict[str, list[LabelTarget]]]:
        """`labels` with every rule as a list of targets."""
        return {
            control: {label: _targets(given) for label, given in labels.items()}
            for control, labels in self.labels.items()
        }


def _targets(given: str | LabelTarget | list[LabelTarget] | None) -> list[LabelTarget]:
    if isinstance(given, list):
        return given
    return [given] if isinstance(given, LabelTarget) else [LabelTarget(label=given, control=None)]


class ConfigVersion(BaseModel):
    """A version of a label config."""

    version: int
    current: bool
    created_at: str
    created_by: PersonRef | None
    note: str = Field(description="What made it, if that was no plain change.")


class ConfigVersionText(ConfigVersion):
    label_config: str


class Migration(BaseModel):
    """A change of a label config that takes the results along."""

    id: int
    project: int
    status: Literal["in_progress", "completed", "failed", "undoing", "undone"]
    from_version: int
    to_version: int
    created_by: PersonRef | None
    created_at: str
    finished_at: str | None
    undone_at: str | None
    counts: dict[str, int] = Field(description="Annotations, drafts and predictions that were rewritten.")
    rules: dict[str, Any]
    error: str | None


class MigrationPreview(BaseModel):
    """What a migration would do."""

    dry_run: Literal[True]
    annotations: int
    results_changed: int
    results_dropped: int
    drafts: int
    predictions: int
    rules: dict[str, int] = Field(description="How often each rule is used.")
    examples: list[dict[str, Any]]
    problems: list[str] = Field(description="What results use still that the new config lacks.")
    looked_at: int
    complete: bool = Field(description="False: there are more results than a dry run looks at.")
