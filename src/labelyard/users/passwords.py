"""Passwords off the event loop: at most two at a time, because each takes 64 MiB and a fifth of a CPU second."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from labelyard.kit.crypto import hash_password, verify_password

_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")


async def hash_of(password: str) -> str:
    """argon2id hash of a password."""
    return await asyncio.get_running_loop().run_in_executor(_threads, hash_password, password)


async def fits(stored: str | None, password: str) -> bool:
    """Whether the password fits; as slow when there is no account (`stored` None)."""
    return await asyncio.get_running_loop().run_in_executor(_threads, verify_password, stored, password)
