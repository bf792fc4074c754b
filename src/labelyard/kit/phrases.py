"""Words that the API puts into its answers."""

from labelyard.kit.clock import DAY, HOUR, MINUTE

_UNITS = (
    (365 * DAY, "year"),
    (30 * DAY, "month"),
    (7 * DAY, "week"),
    (DAY, "day"),
    (HOUR, "hour"),
    (MINUTE, "minute"),
)


def ago(then: int, now: int) -> str:
    """How long ago, in the two largest units: `2 hours, 5 minutes`; `0 minutes` for less than one."""
    left = max(0, now - then)
    for place, (size, _) in enumerate(_UNITS):
        if left >= size:
            parts = []
            for unit, name in _UNITS[place : place + 2]:
                count, left = divmod(left, unit)
                if count:
                    parts.append(f"{count} {name}" if count == 1 else f"{count} {name}s")
            return ", ".join(parts)
    return "0 minutes"
