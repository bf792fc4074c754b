"""How many things go together where their sizes differ by orders of magnitude."""


def next_size(size: int, most: int, count: int, weight: int, room: int) -> int:
    """As many as weigh about `room`, going by the batch before, of `size` at most, which had `count` of this `weight`.

    From 1 to `most`; slowly up, at once down.
    """
    fitting = room * max(1, count) // max(1, weight)
    return max(1, min(most, 4 * size, fitting))
