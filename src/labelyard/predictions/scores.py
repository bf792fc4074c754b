"""The two scores of a task that the queue follows, made from those of its predictions. Pure.

`score` is the lowest of the predictions of one model version, for uncertainty sampling as in Label Studio 1.x; `mean_score`
the mean of all, for `prediction-score-min` and `prediction-score-max` of 0.x. Predictions without a score do not count.
"""

from collections.abc import Sequence
from math import fsum

UNDEFINED = "undefined"  # the version of predictions that came without one (compatible with Label Studio 1.x)

Scores = list[float | None]


def task_scores(
    tasks: int,
    places: Sequence[int],
    scores: Sequence[float | None],
    versions: Sequence[str | None],
    version: str,
) -> tuple[Scores, Scores]:
    """`score` and `mean_score` of each of `tasks` tasks; the same list twice where they are the same.

    A prediction has the place of its task (from 0), its score and its model version. `version`: the one whose lowest
    score counts, "" for all.
    """
    one_each = places == list(range(tasks))
    if one_each and (not version or versions.count(version) == tasks):
        only_scores = list(scores)
        return only_scores, only_scores
    lowest: Scores = [None] * tasks
    mean: Scores = [None] * tasks
    several: dict[int, list[float]] = {}
    for place, score, of in zip(places, scores, versions, strict=True):
        if score is None:
            continue
        if not version or (of or UNDEFINED) == version:
            least = lowest[place]
            lowest[place] = score if least is None else min(least, score)
        only = mean[place]
        if only is None:
            mean[place] = score
        else:
            several.setdefault(place, [only]).append(score)
    for place, found in several.items():
        # Exact before it is rounded once, so that the same scores in another order are a tie.
        mean[place] = fsum(found) / len(found)
    return lowest, lowest if mean == lowest else mean
