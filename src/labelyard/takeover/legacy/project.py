"""What `config.json` of a 0.x project says, in the words of ours."""

from typing import Any

from labelyard.projects.schemas import title_from
from labelyard.sampling import BY_WORD, SEQUENTIAL
from labelyard.takeover.legacy.directory import Directory
from labelyard.takeover.model import is_base_address

_DEFAULT_TITLES = ("", "Label Studio")
_DEFAULT_DESCRIPTIONS = ("", "default")


def _text(source: Directory, name: str) -> str:
    value = source.config.get(name)
    return value.replace("\x00", "") if isinstance(value, str) else ""


def title_of(source: Directory) -> str:
    """The title in `config.json`; that of the directory where it was never given one."""
    given = " ".join(_text(source, "title").split())
    return title_from(source.root.name if given in _DEFAULT_TITLES else given)


def project_values(source: Directory, organization_id: int, user_id: int, created_at: int) -> dict[str, Any]:
    """Columns of the project."""
    description = _text(source, "description")
    return {
        "title": title_of(source),
        "description": "" if description in _DEFAULT_DESCRIPTIONS else description,
        "label_config": source.label_config,
        "expert_instruction": _text(source, "instruction"),
        "sampling": BY_WORD.get(_text(source, "sampling"), SEQUENTIAL),
        # A task that was skipped was not handed out again.
        "skip_queue": "IGNORE_SKIPPED",
        "organization_id": organization_id,
        "created_by": user_id,
        "created_at": created_at,
        "updated_at": created_at,
    }


def backends_of(source: Directory) -> list[tuple[str, str]]:
    """Address and name of the ML backends that can be called, each address once."""
    given = source.config.get("ml_backends")
    found: dict[str, str] = {}
    for each in given if isinstance(given, list) else []:
        url, name = (each.get("url"), each.get("name")) if isinstance(each, dict) else (each, "")
        if isinstance(url, str) and is_base_address(url.strip()):
            found.setdefault(url.strip().rstrip("/"), name if isinstance(name, str) else "")
    return list(found.items())


def notes_of(source: Directory) -> list[str]:
    """What of the settings does not hold here."""
    config, notes = source.config, []
    sampling = _text(source, "sampling")
    if sampling and sampling not in BY_WORD:
        notes.append(f"The sampling {sampling!r} is not known here: tasks are handed out by id.")
    given = config.get("ml_backends")
    if lost := (len(given) if isinstance(given, list) else 0) - len(backends_of(source)):
        notes.append(
            f"{lost} ML backends were left out: no address that can be used, or one that is there already."
        )
    for name in ("source", "target"):
        given = config.get(name)
        kind = given.get("type") if isinstance(given, dict) else None
        if kind not in (None, "tasks-json", "completions-dir"):
            notes.append(f"The {name} storage ({kind}) is not connected.")
    return notes
