"""What webhooks tell of: the actions of the 1.x contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Action:
    """`key`: where the payload holds what was acted on; `many`: it is a list there; `organization_only`: not told to
    webhooks of one project."""

    name: str
    description: str
    key: str
    many: bool = False
    organization_only: bool = False


ACTIONS: Final[Mapping[str, Action]] = {
    "PROJECT_CREATED": Action("Project created", "A project was made.", "project", organization_only=True),
    "PROJECT_UPDATED": Action("Project updated", "Settings of a project were changed.", "project"),
    "PROJECT_DELETED": Action("Project deleted", "A project was deleted.", "project", organization_only=True),
    "TASKS_CREATED": Action("Tasks created", "Tasks were made or imported.", "tasks", many=True),
    "TASKS_DELETED": Action("Tasks deleted", "Tasks were deleted.", "tasks", many=True),
    "ANNOTATION_CREATED": Action("Annotation created", "A person saved an annotation.", "annotation"),
    "ANNOTATIONS_CREATED": Action(
        "Annotations created", "Annotations were imported or made of predictions.", "annotations", many=True
    ),
    "ANNOTATION_UPDATED": Action("Annotation updated", "An annotation was changed.", "annotation"),
    "ANNOTATIONS_DELETED": Action(
        "Annotations deleted", "Annotations were deleted.", "annotations", many=True
    ),
    "LABEL_LINK_CREATED": Action("Label link created", "A label was linked to a project.", "label_link"),
    "LABEL_LINK_UPDATED": Action("Label link updated", "A link of a label was changed.", "label_link"),
    "LABEL_LINK_DELETED": Action("Label link deleted", "A label was unlinked from a project.", "label_link"),
}
# Sent when somebody asks for it, to see whether the other side answers.
TEST: Final = "TEST"
DELETIONS: Final = frozenset(
    {"PROJECT_DELETED", "TASKS_DELETED", "ANNOTATIONS_DELETED", "LABEL_LINK_DELETED"}
)


def info(*, organization_only: bool | None = None) -> dict[str, Any]:
    """Action → `{name, description, key, organization-only}`: all, or those (not) for organizations only."""
    return {
        name: {
            "name": each.name,
            "description": each.description,
            "key": each.key,
            "organization-only": each.organization_only,
        }
        for name, each in ACTIONS.items()
        if organization_only is None or each.organization_only == organization_only
    }
