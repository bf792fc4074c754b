"""A long answer is made while it is sent, and its generator is closed whatever happens."""

import asyncio
import functools
import threading
import time

import pytest

from labelyard.kit.http.responses import made_ahead


def runs(test):
    """An async test without a plugin."""

    @functools.wraps(test)
    def run():
        asyncio.run(test())

    return run


MEGABYTE = b"x" * (1 << 20)


class Maker:
    """Chunks, and what became of the generator."""

    def __init__(self, count, *, fails_at=None):
        self.count, self.fails_at = count, fails_at
        self.made = 0
        self.closed = threading.Event()
        self.goes_on = threading.Event()
        self.goes_on.set()

    def chunks(self):
        try:
            for number in range(self.count):
                self.goes_on.wait(10)
                if number == self.fails_at:
                    raise ValueError("no more")
                self.made += 1
                yield MEGABYTE
        finally:
            self.closed.set()


async def closed(maker):
    async with asyncio.timeout(10):
        while not maker.closed.is_set():
            await asyncio.sleep(0.01)


@runs
async def test_all_chunks_in_their_order():
    chunks = [str(number).encode() * 300_000 for number in range(20)]
    nothing: list[bytes] = []
    assert [chunk async for chunk in made_ahead(each for each in chunks)] == chunks
    assert [chunk async for chunk in made_ahead(each for each in nothing)] == []


@runs
async def test_one_part_is_made_ahead_and_no_more():
    maker = Maker(10)
    async for _ in made_ahead(maker.chunks()):
        await asyncio.sleep(0.1)
        assert maker.made == 2
        break
    await closed(maker)


@runs
async def test_an_error_reaches_who_sends():
    maker = Maker(5, fails_at=2)
    sent = 0
    with pytest.raises(ValueError, match="no more"):
        async for _ in made_ahead(maker.chunks()):
            sent += 1
    assert sent == 2
    await closed(maker)


@runs
async def test_a_client_that_goes_while_a_chunk_is_made():
    maker = Maker(10)

    async def send():
        async for _ in made_ahead(maker.chunks()):
            maker.goes_on.clear()

    sending = asyncio.create_task(send())
    while maker.goes_on.is_set():
        await asyncio.sleep(0.01)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert not maker.closed.is_set()
    maker.goes_on.set()
    await closed(maker)
    time.sleep(0.05)
    assert maker.made <= 4
