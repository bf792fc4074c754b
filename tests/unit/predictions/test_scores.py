"""The scores that the queue follows: the lowest of one version, and the mean of all."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from labelyard.predictions.scores import UNDEFINED, task_scores

scores = st.none() | st.floats(0, 1)
versions = st.sampled_from([None, "", "a", "b", UNDEFINED])
guesses = st.lists(st.tuples(st.integers(0, 3), scores, versions), max_size=20)


@given(guesses, st.sampled_from(["", "a", "b", UNDEFINED]))
def test_they_are_those_of_a_plain_reading(made, version):
    places, given, of = ([each[n] for each in made] for n in range(3))
    lowest, mean = task_scores(4, places, given, of, version)
    for place in range(4):
        mine = [(score, of) for at, score, of in made if at == place and score is not None]
        counting = [score for score, of in mine if not version or (of or UNDEFINED) == version]
        assert lowest[place] == min(counting, default=None)
        found = mean[place]
        if found is None:
            assert not mine
        else:
            exact = sum((Fraction(score) for score, _ in mine), Fraction()) / len(mine)
            assert abs(Fraction(found) - exact) <= exact / 2**52 + Fraction(5e-324)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=6).flatmap(
        lambda a: st.tuples(st.just(a), st.permutations(a))
    )
)
def test_the_same_scores_in_another_order_are_a_tie(both):
    first, second = both
    places = [0] * len(first) + [1] * len(second)
    _, mean = task_scores(2, places, first + second, [None] * len(places), "")
    assert mean[0] == mean[1]
