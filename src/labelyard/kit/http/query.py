"""Values of query parameters that clients spell in several ways."""

import json
from collections.abc import Sequence

from labelyard.kit.errors import Invalid

_TRUE = frozenset({"1", "true", "yes", "on", "t", "y"})
_FALSE = frozenset({"0", "false", "no", "off", "f", "n"})
_MAX_ID = 2**63 - 1


def boolean(text: str | None, default: bool, field: str) -> bool:
    """`true`, `1`, `yes` and the like; the default for none. Invalid for another word."""
    word = (text or "").strip().lower()
    if not word:
        return default
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Invalid({field: ["Must be a valid boolean."]})


def id_list(texts: Sequence[str], field: str) -> list[int] | None:
    """Ids of a parameter that is repeated, comma-separated or a JSON list; None when it was not sent."""
    if not texts:
        return None
    found: list[int] = []
    for text in texts:
        try:
            values = json.loads(text) if text.lstrip().startswith("[") else text.split(",")
            found += [int(value) for value in values if str(value).strip()]
        except (ValueError, TypeError, RecursionError):
            raise Invalid({field: [f"Expected ids such as 1,2 or [1,2], got {text[:100]!r}."]}) from None
    if any(not 0 < each <= _MAX_ID for each in found):
        raise Invalid({field: ["Ids are positive whole numbers."]})
    return found
