"""Waiting for other servers holds up nobody else."""

import threading
import time

import anyio
from anyio import to_thread

from labelyard.kit.net import in_thread
from labelyard.kit.net.threads import THREADS


def test_slow_servers_leave_the_common_threads_free() -> None:
    let_go = threading.Event()
    running: list[int] = []

    def wait(number: int) -> None:
        running.append(number)
        assert let_go.wait(20)

    async def main() -> float:
        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(in_thread, wait, number)
            while len(running) < THREADS:
                await anyio.sleep(0.005)
            began = time.monotonic()
            await to_thread.run_sync(time.sleep, 0)
            took = time.monotonic() - began
            assert len(running) == THREADS
            let_go.set()
        return took

    assert anyio.run(main) < 2
    assert sorted(running) == list(range(100))


def test_each_event_loop_has_its_own() -> None:
    assert [anyio.run(in_thread, lambda: 7) for _ in range(2)] == [7, 7]
