"""References to task data in attributes: `$text`, `$a.b`, `$pages[{{idx}}].url`."""

import re
from collections.abc import Iterator

_NAME = re.compile(r"[^\W\d][\w.\-]*(\[.*)?", re.DOTALL)
_INDEXED = re.compile(r"([^\W\d][\w.\-]*)\[")
_MENTION = re.compile(r"\$([^\W\d]\w*(?:[.\-]\w+)*)")


def field_of(value: str, *, loose: bool) -> tuple[str, bool] | None:
    """The field a whole attribute value stands for, and whether it is used as a list.

    `loose` takes any text after the `$` as the field's name, since the columns of a table are named freely; where an
    attribute usually holds words, only a plain name counts, so that `$5 each` stays text.
    """
    text = value.strip()
    if len(text) < 2 or text[0] != "$" or "$" in text[1:]:
        return None
    name = text[1:]
    if not loose and not _NAME.fullmatch(name):
        return None
    indexed = _INDEXED.match(name)
    return (indexed[1], True) if indexed else (name, False)


def mentioned(value: str) -> Iterator[str]:
    """Every field named anywhere in an attribute."""
    return (match[1] for match in _MENTION.finditer(value))
