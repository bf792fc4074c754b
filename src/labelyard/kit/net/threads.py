"""Threads for waiting on other servers, apart from those that requests of users need."""

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

THREADS = 16
_limiter: RunVar[CapacityLimiter] = RunVar("labelyard outbound threads")


async def in_thread(fn: Callable[[*Ts], T], *args: *Ts) -> T:
    """Run `fn`, which waits for other servers, in a thread. At most THREADS do so at once; further ones wait their turn.

    In the common pool a few servers that answer slowly would hold up every request that needs a thread.
    """
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(THREADS)
        _limiter.set(limiter)
    return await to_thread.run_sync(fn, *args, limiter=limiter)
