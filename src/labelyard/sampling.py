"""The orders in which the tasks of a project are handed out: as projects store them, and the words of 0.x for them."""

SEQUENTIAL = "Sequential sampling"  # by id
UNIFORM = "Uniform sampling"  # all with the same probability
UNCERTAINTY = "Uncertainty sampling"  # lowest score of the project's model version first
LOWEST_SCORE = "Lowest score sampling"  # lowest mean score of all predictions first
HIGHEST_SCORE = "Highest score sampling"  # highest mean score first

# `--sampling`, and `sampling` of the 0.x project.
BY_WORD = {
    "sequential": SEQUENTIAL,
    "uniform": UNIFORM,
    "prediction-score-min": LOWEST_SCORE,
    "prediction-score-max": HIGHEST_SCORE,
}
# 0.x has no word for uncertainty sampling; what comes closest is the lowest score first.
_WORDS = {name: word for word, name in BY_WORD.items()} | {UNCERTAINTY: "prediction-score-min"}


def word_of(sampling: str) -> str:
    """The word of 0.x for a project's sampling."""
    return _WORDS.get(sampling, "sequential")
