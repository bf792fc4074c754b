"""What there is in a 0.x project: all of it is read through before anything is stored."""

from array import array
from dataclasses import dataclass

from labelyard.takeover.legacy.by_id import Ids
from labelyard.takeover.legacy.reading import Reader
from labelyard.takeover.legacy.records import directories_in
from labelyard.takeover.model import Progress

_STEP = 1_000  # tasks between two words of progress
_DIRECTORIES = 100


@dataclass(frozen=True, slots=True)
class Survey:
    """`directories`: those whose files tasks show. `doubled`: the ids that stand on several completions."""

    tasks: int
    completions: int
    predictions: int
    directories: frozenset[str]
    doubled: frozenset[int]
    last_completion: int  # the highest id; 0 when there is none


def survey(reader: Reader, progress: Progress) -> Survey:
    ids, directories = array("q"), set[str]()
    tasks = completions = predictions = 0
    for found in reader:
        tasks += 1
        completions += len(found.completions)
        predictions += len(found.record.predictions)
        ids.extend(each.id for each in found.completions if each.id is not None)
        if len(directories) < _DIRECTORIES:
            directories |= directories_in(found.record.data)
        if tasks % _STEP == 0 or tasks == len(reader):
            progress("reading tasks", tasks, len(reader))
    ordered = Ids(ids)
    return Survey(
        tasks,
        completions,
        predictions,
        frozenset(directories),
        frozenset(ordered.doubled()),
        ordered.last(),
    )
