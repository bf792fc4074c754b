"""The switch with which an operator keeps annotations from being deleted, in whatever dialect."""

from labelyard.kit.errors import Unprocessable
from labelyard.settings import Settings


def check_deletable(settings: Settings) -> None:
    """Unprocessable (what servers of 0.x answer) while annotations must not be deleted, whoever asks."""
    if not settings.allow_delete_annotations:
        raise Unprocessable(
            "Completions must not be deleted: allow_delete_completions is off on this server."
        )
