"""Remembered positions: the nearest one, of the right list in the right state, and not too many."""

from labelyard.kit.boundaries import KEYS, LISTS, Boundaries


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
