"""Against guessing and hammering at the doors that need no credentials."""

import math
from contextlib import AbstractContextManager

from labelyard.kit.errors import Problem, TooManyRequests
from labelyard.kit.ratelimit import AttemptLimit


def refuse_after(wait: float) -> None:
    """TooManyRequests with `Retry-After` when there are seconds to wait."""
    if wait:
        seconds = math.ceil(wait)
        raise TooManyRequests(
            f"Too many attempts. Try again in {seconds} seconds.", headers={"Retry-After": str(seconds)}
        )


class TokenGate:
    """Counts requests at the token endpoints that fail, by address: a client with a good token never waits.

    with gate.attempt(address): …
    """

    def __init__(self, free: int = 60) -> None:
        self._by_address = AttemptLimit(free=free)

    def attempt(self, address: str) -> AbstractContextManager[None]:
        """TooManyRequests after too many failures from this address."""
        refuse_after(self._by_address.attempt(address))
        return _Attempt(self._by_address, address)


class _Attempt(AbstractContextManager[None]):
    def __init__(self, limit: AttemptLimit, key: str) -> None:
        self._limit = limit
        self._key = key

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, Problem):
            self._limit.forgive(self._key)
