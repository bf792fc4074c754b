"""Remembered positions: the nearest one, of the right list in the right state, and not too many."""

from hypothesis import given
from hypothesis import strategies as st

from labelyard.kit.boundaries import KEYS, LISTS, STRIDE, Boundaries


def test_the_nearest_position_is_found() -> None:
    known: Boundaries[str] = Boundaries()
    assert known.nearest("a", 1, 5) is None
    known.remember("a", 1, 10, "ten")
    known.remember("a", 1, 30, "thirty")
    known.remember("a", 1, 20, "twenty")
    known.remember("a", 1, 20, "not again")
    assert known.nearest("a", 1, 9) is None
    assert known.nearest("a", 1, 10) == (10, "ten")
    assert known.nearest("a", 1, 29) == (20, "twenty")
    assert known.nearest("a", 1, 10**9) == (30, "thirty")
    assert known.nearest("b", 1, 30) is None


def test_a_list_that_changed_is_another_list() -> None:
    known: Boundaries[int] = Boundaries()
    known.remember("a", 1, 10, 10)
    assert known.nearest("a", 2, 10) is None
    known.remember("a", 2, 5, 6)
    assert known.nearest("a", 1, 10) is None
    assert known.nearest("a", 2, 10) == (5, 6)


def test_what_is_remembered_is_bounded() -> None:
    known: Boundaries[int] = Boundaries()
    for position in range(5 * KEYS):
        known.remember("a", 1, position, position + 1)
    assert len(known._lists["a"][1]) == len(known._lists["a"][2]) <= KEYS
    assert known.nearest("a", 1, 10**6) == (5 * KEYS - 1, 5 * KEYS)
    for name in range(LISTS):
        known.remember(name, 1, 1, 2)
    assert known.nearest("a", 1, 10**6) is None


@given(st.integers(0, 12 * STRIDE), st.lists(st.integers(0, 14 * STRIDE), max_size=20))
def test_going_anywhere_passes_over_each_item_once(length: int, positions: list[int]) -> None:
    known: Boundaries[int] = Boundaries()
    passed = 0

    def step(key: int | None, n: int) -> int | None:
        nonlocal passed
        passed += n
        found = n if key is None else key + n  # the key of an item is its number, from 1
        return found if found <= length else None

    for position in positions:
        place, key = known.near("a", 1, position, step)
        assert key == (place or None) and place <= position
        assert position - place < STRIDE or length - place < STRIDE
    reached = min(length, max(positions, default=0))
    assert passed <= reached + STRIDE * (len(positions) + 1)
    passed = 0
    for position in positions:
        known.near("a", 1, min(position, length), step)
    assert passed == 0
