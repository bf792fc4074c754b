"""What both kinds of takeover share: how they fail, what they count, and JSON that is stored as it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from labelyard.label.jsontext import JsonFault, check_text

Progress = Callable[[str, int, int], None]  # what, done, of how many


class TakeoverError(Exception):
    """What is wrong with what should be taken over, and what to do about it."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure


@dataclass(slots=True)
class ProjectCounts:
    """What was taken over of a project."""

    id: int
    title: str
    tasks: int = 0
    annotations: int = 0  # skipped ones are among them
    skipped: int = 0
    predictions: int = 0
    drafts: int = 0
    views: int = 0
    webhooks: int = 0
    models: int = 0  # ML backends
    files: int = 0
    storages: int = 0


@dataclass(slots=True)
class Report:
    """What was taken over, and in `notes` what was not, or not as it was."""

    users: int = 0
    organizations: int = 0
    labels: int = 0  # of the label manager
    tokens: int = 0  # personal access tokens
    webhooks: int = 0  # of whole organizations
    projects: list[ProjectCounts] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def checked_json(text: str | None, kinds: str, place: str) -> str | None:
    """JSON text that begins with one of `kinds` (of `{`, `[` and `"`), as it is; None for null. TakeoverError names the place."""
    if text is None or text.strip() in {"", "null"}:
        return None
    try:
        check_text(text.encode())
    except (JsonFault, UnicodeEncodeError) as fault:
        raise TakeoverError(f"{place}: {fault}", "Mend that value where it is, and try again.") from None
    if text.lstrip()[:1] not in kinds:
        wanted = " or ".join({"{": "an object", "[": "a list", '"': "a text"}[each] for each in kinds)
        raise TakeoverError(f"{place}: must be {wanted}.", "Mend that value where it is, and try again.")
    return text


def is_base_address(url: str) -> bool:
    """Whether paths can be put after it to call a server."""
    try:
        found = urlsplit(url)
        return found.scheme in ("http", "https") and bool(found.hostname) and not found.query + found.fragment
    except ValueError:
        return False


def inside(root: Path, name: str) -> Path | None:
    """The file `name` below `root`; None when it would be elsewhere, links followed."""
    path = root / name
    try:
        return path if path.resolve().is_relative_to(root.resolve()) else None
    except (OSError, ValueError):
        return None
