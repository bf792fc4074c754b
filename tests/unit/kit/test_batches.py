"""Batches grow slowly to what fits, and shrink at once."""

from hypothesis import given
from hypothesis import strategies as st

from labelyard.kit.batches import next_size

MOST, ROOM = 1_000, 4_000_000


@given(st.integers(1, 10 * ROOM), st.integers(1, MOST))
def test_batches_of_like_things_come_to_weigh_what_there_is_room_for(each, size):
    for _ in range(10):
        size = next_size(size, MOST, size, size * each, ROOM)
        assert 1 <= size <= MOST
        assert size == 1 or size * each <= ROOM
    assert size == MOST or (size + 1) * each > ROOM


def test_what_suddenly_is_heavy_shrinks_the_next_batch_at_once():
    assert next_size(MOST, MOST, MOST, MOST * 1_000_000, ROOM) == 4


def test_an_empty_batch_is_no_reason_to_stop():
    assert next_size(1, MOST, 0, 0, ROOM) == 4
