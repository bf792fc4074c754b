"""Imports on the command line: the same checks and the same job as over HTTP, with a progress bar."""

import re
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from labelyard.actor import Actor
from labelyard.cli.inputs import Item
from labelyard.cli.output import Reporter, fail, say
from labelyard.context import Context
from labelyard.files import service as files
from labelyard.imports import service as imports
from labelyard.imports.model import Origin, SourceFile
from labelyard.imports.options import Options
from labelyard.kit.errors import Invalid, Problem
from labelyard.kit.jobs.runner import JobState
from labelyard.projects import service as projects

_UNLIMITED = 2**62
_POLL_SECONDS = 0.1
_SHOWN_PROBLEMS = 20
_NO_TASKS = "load_tasks: No tasks added"  # what clients of the API expect
_AT_ITEM = re.compile(r"^Error at item (\d+): ?")


@dataclass(frozen=True, slots=True)
class Imported:
    tasks: int
    annotations: int
    predictions: int


def import_items(
    context: Context,
    actor: Actor,
    project_id: int,
    items: Callable[[], Iterable[Item]],
    *,
    quiet: bool = False,
) -> Imported:
    """Import task items. `items` is called again to find the place of a wrong one."""
    with _Spool(context) as spool:
        body = spool.directory / "body"
        with body.open("wb") as file:
            size = file.write(b"[")
            for number, item in enumerate(items()):
                size += file.write((b",\n" if number else b"") + item.raw)
            size += file.write(b"]")
        if size == 2:
            return Imported(0, 0, 0)
        origin = Origin(directory=str(spool.directory), size=size, body=str(body))
        return _import(context, actor, project_id, origin, spool, quiet=quiet, places=_Places(items))


def import_paths(
    context: Context, actor: Actor, project_id: int, paths: Sequence[Path], *, quiet: bool = False
) -> Imported:
    """Import files as they would be uploaded: JSON, CSV, TSV, TXT, HTML, XML and media."""
    with _Spool(context) as spool:
        sources = []
        for number, path in enumerate(paths, 1):
            copy = spool.directory / f"{number}"
            try:
                shutil.copyfile(path, copy)
            except OSError as error:
                fail(f"{path}: cannot be copied ({error.strerror}).", "Check its permissions and the disk.")
            key = files.new_key(project_id, path.name)
            size = copy.stat().st_size
            sources.append(
                SourceFile(path.name, str(copy), size, number=number, key=key, url=files.upload_url(key))
            )
        origin = Origin(
            directory=str(spool.directory), size=sum(each.size for each in sources), files=sources
        )
        return _import(context, actor, project_id, origin, spool, quiet=quiet, places=None)


class _Spool:
    """A directory for one import; the job owns it once it is handed over."""

    def __init__(self, context: Context) -> None:
        self.directory = imports.new_directory(context)
        self.handed_over = False

    def __enter__(self) -> "_Spool":
        return self

    def __exit__(self, *_: object) -> None:
        if not self.handed_over:
            imports.remove_directory(self.directory)


class _Places:
    """Which file and line the n-th item came from."""

    def __init__(self, items: Callable[[], Iterable[Item]]) -> None:
        self._items = items

    def of(self, wanted: set[int]) -> dict[int, str]:
        found = {}
        for number, item in enumerate(self._items()):
            if number in wanted:
                found[number] = item.place()
                if len(found) == len(wanted):
                    break
        return found


def _import(
    context: Context,
    actor: Actor,
    project_id: int,
    origin: Origin,
    spool: _Spool,
    *,
    quiet: bool,
    places: _Places | None,
) -> Imported:
    # The limits of a request do not bind the person at the machine.
    local = replace(context, settings=replace(context.settings, max_import_tasks=_UNLIMITED))
    options = Options()
    with Reporter("checking", quiet=quiet) as reporter:
        label_config = context.db.read_sync(projects.get, actor, project_id).label_config
        try:
            prepared = imports.prepare(
                local,
                actor,
                label_config,
                origin,
                options,
                lambda rows: reporter.update(rows, None),
                on_disk=True,
            )
        except Invalid as problem:
            _fail_with(problem, places)
    counts = imports.counts_of_summary(prepared.summary, origin, 0)
    imports.adopt_files(context, origin)
    try:
        _, job_id = context.db.write_sync(imports.submit, context, actor, project_id, origin, options, counts)
    except BaseException:
        imports.disown_files(context, origin)
        raise
    spool.handed_over = True
    state = _follow(context, job_id, quiet=quiet)
    if state.state != "completed":
        fail(f"The import was not completed: {state.error or state.state}.")
    return Imported(counts.rows_accepted, counts.annotation_count, counts.prediction_count)


def _follow(context: Context, job_id: int, *, quiet: bool) -> JobState:
    """Run the job here, unless a server on the same data got hold of it first, and watch it."""
    worker = threading.Thread(target=context.jobs.run_pending, daemon=True)
    worker.start()
    with Reporter("importing", quiet=quiet) as reporter:
        while True:
            state = context.db.read_sync(context.jobs.state, job_id)
            if state is None:
                raise LookupError(f"job {job_id} is gone")
            reporter.update(state.progress, state.total)
            if state.finished:
                worker.join()
                return state
            worker.join(_POLL_SECONDS)


def _fail_with(problem: Problem, places: _Places | None) -> NoReturn:
    messages = [
        text
        for value in (problem.validation_errors or {}).values()
        for text in value
        if isinstance(text, str)
    ]
    messages = ["There are no tasks in the files." if text == _NO_TASKS else text for text in messages]
    numbers = {int(found[1]) for text in messages[:_SHOWN_PROBLEMS] if (found := _AT_ITEM.match(text))}
    where = places.of(numbers) if places and numbers else {}

    def placed(text: str) -> str:
        found = _AT_ITEM.match(text)
        if found is None:
            return text
        place = where.get(int(found[1]), f"item {found[1]}")
        return f"{place}: {text[found.end() :]}"

    shown = [placed(text) for text in messages[:_SHOWN_PROBLEMS]]
    if len(messages) > _SHOWN_PROBLEMS:
        shown.append(f"… and {len(messages) - _SHOWN_PROBLEMS} more")
    fail(
        "\n  ".join(shown) or problem.detail,
        "Nothing was imported. Mend the input and run the command again.",
    )


def tell(imported: Imported, *, quiet: bool) -> None:
    extra = "".join(
        f", {number:,} {what}"
        for number, what in ((imported.annotations, "annotations"), (imported.predictions, "predictions"))
        if number
    )
    say(f"{imported.tasks:,} tasks{extra} imported", quiet=quiet)
