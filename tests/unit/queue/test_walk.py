"""Walks: every task lies in them, once moved back to a task a walk meets it again, and nothing else moves it."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from labelyard import sampling
from labelyard.queue import walk

task = st.builds(
    SimpleNamespace,
    id=st.integers(1, 50),
    rnd=st.integers(0, 2**62 - 1),
    score=st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    mean_score=st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    overlap=st.integers(1, 3),
)
tasks = st.lists(task, min_size=1, unique_by=lambda each: each.id)
names = st.builds(walk.name_of, st.sampled_from(list(walk.QUEUE_TEXTS)), st.booleans())


def path(name, start, found):
    """Positions of the tasks in the order of the walk, each where the walk first meets it."""
    plan = walk.stretches(name, start)
    return sorted(
        (number, stretch.key(each), each.id)
        for number, stretch in enumerate(plan)
        for each in found
        if stretch.has(each)
    )


@given(names, st.integers(0, 2**62 - 1), tasks)
def test_every_task_lies_in_every_walk(name, start, found):
    assert {each for _, _, each in path(name, start, found)} == {each.id for each in found}


@given(names, st.integers(0, 2**62 - 1), tasks, st.data())
def test_a_walk_moved_back_to_a_task_meets_it_again(name, start, found, data):
    again = data.draw(st.sampled_from(found))
    stretch, key, _ = data.draw(st.sampled_from(path(name, start, found)))
    cursor = walk.Cursor(start, walk.Position(stretch, key), 7)
    back = walk.rewound(name, cursor, [again])
    places = path(name, start, found)
    ahead = {each for number, at, each in places if back.position.before(walk.Position(number, at))}
    assert again.id in ahead
    assert not cursor.position.before(back.position), "a walk is never moved forward"
    assert (back.start, back.last_inner_id) == (start, 7)


@given(names, st.integers(0, 2**62 - 1), tasks)
def test_the_end_is_behind_every_task_of_today(name, start, found):
    end = walk.end(walk.stretches(name, start), max(each.id for each in found))
    assert not any(end.before(walk.Position(number, at)) for number, at, _ in path(name, start, found))
    newer = SimpleNamespace(id=99, rnd=0, score=None, mean_score=None, overlap=1)
    if not name.startswith(sampling.UNIFORM):
        assert any(end.before(walk.Position(number, at)) for number, at, _ in path(name, start, [newer]))


@given(st.integers(0, 2**62 - 1), st.integers(0, 2**62 - 1), st.none() | st.floats(0, 1))
def test_a_stored_walk_is_the_same_walk(start, rnd, score):
    key = (rnd, 5) if score is None else (score, 5)
    cursor = walk.Cursor(start, walk.Position(1, key), 12)
    assert walk.decode(walk.encode(cursor)) == cursor
    assert [type(each) for each in walk.decode(walk.encode(cursor)).position.key] == [
        type(each) for each in key
    ]


def test_names_fit_their_column():
    for each in walk.QUEUE_TEXTS:
        assert len(walk.name_of(each, True)) <= 32
