"""The UUID that stands for a project in a link. It is made of the project's id and cannot be made up by others."""

from uuid import UUID

from labelyard.kit.crypto import Secrets

_ID_BITS = 48
_FIRST, _SECOND = 12, 62  # bits of the tag before and after the variant, in a UUID of version 8


def uuid_of(secrets: Secrets, project_id: int) -> str:
    """The UUID of a project in this install, always the same."""
    tag = int(secrets.sign(f"project link {project_id}"), 16)
    first, second = tag % (1 << _FIRST), (tag >> _FIRST) % (1 << _SECOND)
    made = (project_id % (1 << _ID_BITS)) << 80 | 8 << 76 | first << 64 | 2 << 62 | second
    return str(UUID(int=made))


def project_of(secrets: Secrets, text: str) -> int | None:
    """The id of the project that this UUID stands for; None for a text that is none of ours."""
    try:
        found = UUID(text).int >> 80
    except ValueError:
        return None
    return found if uuid_of(secrets, found) == str(UUID(text)) else None
