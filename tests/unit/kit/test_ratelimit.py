"""The pause grows with each attempt beyond the free ones and ends."""

from labelyard.kit.ratelimit import AttemptLimit


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_pause_doubles_and_ends() -> None:
    clock = Clock()
    limit = AttemptLimit(free=3, pause=5, longest=60, clock=clock)
    assert [limit.attempt("a") for _ in range(3)] == [0, 0, 0]
    assert limit.attempt("a") == 5
    assert limit.attempt("b") == 0
    pauses = []
    for _ in range(6):
        wait = limit.attempt("a")
        pauses.append(wait)
        clock.now += wait
        assert limit.attempt("a") == 0
    assert pauses == [5, 10, 20, 40, 60, 60]


def test_success_and_silence_forgive() -> None:
    clock = Clock()
    limit = AttemptLimit(free=1, pause=5, longest=60, clock=clock)
    limit.attempt("a")
    limit.forgive("a")
    assert limit.attempt("a") == 0
    assert limit.attempt("a") > 0
    clock.now += 61
    assert limit.attempt("a") == 0


def test_many_keys_take_bounded_memory() -> None:
    limit = AttemptLimit(free=1)
    for number in range(25_000):
        limit.attempt(str(number))
    assert len(limit._keys) <= 10_000
