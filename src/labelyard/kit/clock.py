"""Time as the store keeps it: integer microseconds since the Unix epoch, UTC."""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

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
    return None if us is None else moment(us)


@lru_cache(maxsize=8192)
def moment(us: int) -> str:
    """`iso` of a time that is there. Lists and exports write it by the hundred thousand: what was made together
    shares its time, and neighbours share their second."""
    seconds, fraction = divmod(us, SECOND)
    return f"{_second(seconds)}.{fraction:06d}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def parse_iso(text: str) -> int:
    """Microseconds of an ISO-8601 text; a time without an offset is taken as UTC. ValueError if it is none."""
    moment = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", text.strip()))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)
