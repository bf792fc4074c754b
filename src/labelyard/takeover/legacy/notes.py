"""What is said of the tasks of a 0.x project that were not taken over as they were."""

from collections.abc import Iterator

from labelyard.takeover.legacy.directory import Directory
from labelyard.takeover.legacy.numbering import Numbering
from labelyard.takeover.legacy.reading import Reader
from labelyard.takeover.legacy.survey import Survey


def notes_of_tasks(
    source: Directory, reader: Reader, surveyed: Survey, numbering: Numbering
) -> Iterator[str]:
    tally = reader.tally
    if any(numbering.moved):
        yield (
            f"{numbering.moved[0]} was added to the ids of tasks, {numbering.moved[1]} to those of completions, "
            "because this data directory has been used."
        )
    if renamed := sum(1 for _ in reader.renamed()):
        yield f"{renamed} tasks had the id 0, or one that another has: the old id is in their meta."
    if surveyed.doubled:
        yield (
            f"{len(surveyed.doubled)} ids stood on several completions: all but the first have a new one, and the old one as "
            "import_id."
        )
    if tally.revived:
        yield (
            f"{tally.revived} tasks are only in completions/, not in tasks.json: taken over with the data that is there."
        )
    if tally.empty:
        shown = ", ".join(map(str, tally.emptied))
        yield f"{tally.empty} tasks have a file without completions (ids {shown}): they are open again."
    if tally.replaced:
        yield (
            f"{tally.replaced} completions in tasks.json were replaced by those in completions/ and stay behind."
        )
    if tally.other_data:
        yield f"{tally.other_data} tasks had other data when they were labeled: it is in their meta."
    if tally.in_cloud:
        yield f"{tally.in_cloud} tasks are only in the cloud storage: import them from there."
    if lost := sum(task_id not in source.completions for task_id, _ in source.targets):
        yield f"{lost} tasks have their completions only in the cloud storage: not taken over."
    if unread := source.unread():
        yield f"{unread} files in completions/ are not named after a task: not read."
    for fault in tally.faults:
        yield f"left out: {fault}"
    if more := tally.broken - len(tally.faults):
        yield f"left out: {more} more"
