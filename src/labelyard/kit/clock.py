"""Time as the store keeps it: integer microseconds since the Unix epoch, UTC."""

import re
import time
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# `fromisoformat` takes at most six digits of a second; some writers send nine.
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")


def now_us() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


def iso(us: int | None) -> str | None:
    """ISO-8601 in UTC with microseconds and `Z`, the form of every time in the API; None stays None."""
    if us is None:
        return None
    moment = _EPOCH + timedelta(microseconds=us)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_iso(text: str) -> int:
    """Microseconds of an ISO-8601 text; a time without an offset is taken as UTC. ValueError if it is none."""
    moment = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", text.strip()))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)
