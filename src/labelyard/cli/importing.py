"""Imports on the command line: the same checks and the same job as over HTTP, with a progress bar."""

import itertools
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

from labelyard.actor import Actor
from labelyard.cli.inputs import Item
from labelyard.cli.output import Reporter, fail, say
from labelyard.context import Context
from labelyard.imports import carrying, status
from labelyard.imports import service as imports
from labelyard.imports.gather import gather
from labelyard.imports.model import Counts, Origin, SourceFile, counts_of
from labelyard.imports.options import Options
from labelyard.kit.errors import Problem
from labelyard.kit.jobs.runner import JobState
from labelyard.projects import service as projects

_POLL_SECONDS = 0.1
_SHOWN_PROBLEMS = 20
_NO_TASKS = "load_tasks: No tasks added"  # what clients of the API expect
_AT_ITEM = re.compile(r"^Error at item (\d+): ?")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made. `rejects`: the file that the refused rows were written to."""

    tasks: int
    annotations: int
    predictions: int
    rejected: int = 0
    duplicates: int = 0
    updated: int = 0
    unmatched: int = 0
    rejects: Path | None = None
    errors: Sequence[Mapping[str, Any]] = ()


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
        places = _Places(items)
        options = Options(is_local=True)
        return _import(context, actor, project_id, origin, spool, options, quiet=quiet, places=places)


def import_paths(
    context: Context,
    actor: Actor,
    project_id: int,
    paths: Sequence[Path],
    options: Options,
    *,
    quiet: bool = False,
) -> Imported:
    """Import files as they would be uploaded. With `dry_run` nothing is stored."""
    with _Spool(context) as spool:
        origin = _copied(paths, spool.directory)
        with _told():
            gather(context, project_id, origin)
        if options.dry_run:
            label_config = context.db.read_sync(projects.get, actor, project_id).label_config
            work = carrying.Request(context, actor, project_id, label_config, origin, options)
            return _tried(work.try_out())
        return _import(context, actor, project_id, origin, spool, options, quiet=quiet)


def _copied(paths: Sequence[Path], directory: Path) -> Origin:
    """The files in the directory of an import, which may change and move them."""
    sources = []
    for number, path in enumerate(paths, 1):
        copy = directory / f"{number}"
        try:
            shutil.copyfile(path, copy)
        except OSError as error:
            fail(f"{path}: cannot be copied ({error.strerror}).", "Check its permissions and the disk.")
        sources.append(SourceFile(path.name, str(copy), copy.stat().st_size))
    return Origin(directory=str(directory), size=sum(each.size for each in sources), files=sources)


def _tried(answer: Mapping[str, Any]) -> Imported:
    errors = answer["errors"] or {}
    messages = [text for name, texts in errors.items() if name != "rows" for text in texts if text]
    return Imported(
        tasks=answer["task_count"],
        annotations=answer["annotation_count"],
        predictions=answer["prediction_count"],
        rejected=answer["rows_rejected"] or len(messages),
        duplicates=answer["duplicate_count"],
        updated=answer["updated_count"],
        unmatched=answer["rows_unmatched"],
        errors=errors.get("rows") or [{"error": text} for text in messages],
    )


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
    options: Options,
    *,
    quiet: bool,
    places: _Places | None = None,
) -> Imported:
    counts = Counts(bytes=origin.size)
    if not options.skips:  # else the job checks while it stores
        with Reporter("checking", quiet=quiet) as reporter, _told(places):
            label_config = context.db.read_sync(projects.get, actor, project_id).label_config
            prepared = imports.prepare(
                context,
                actor,
                label_config,
                origin,
                options,
                lambda rows: reporter.update(rows, None),
                on_disk=True,
            )
        nested = options.dedupe is None
        counts = imports.counts_of_summary(prepared.summary, origin, 0, nested=nested)
        imports.adopt_files(context, origin)
    try:
        import_id, job_id = context.db.write_sync(
            imports.submit, context, actor, project_id, origin, options, counts
        )
    except BaseException:
        imports.disown_files(context, origin)
        raise
    spool.handed_over = True
    state = _follow(context, job_id, quiet=quiet)
    with _told(places):
        made = context.db.read_sync(status.import_row, actor, project_id, import_id)
        if state.state != "completed":
            raise status.failure_of(made)
    return _imported(context, counts_of(made))


def _imported(context: Context, counts: Counts) -> Imported:
    rejects = None
    if counts.rejects is not None:
        source = context.objects.path(counts.rejects)
        rejects = _unused(Path(source.name))
        shutil.copyfile(source, rejects)
    return Imported(
        tasks=counts.task_count,
        annotations=counts.annotation_count,
        predictions=counts.prediction_count,
        rejected=counts.rows_rejected,
        duplicates=counts.rows_duplicate,
        updated=counts.rows_updated,
        unmatched=counts.rows_unmatched,
        rejects=rejects,
        errors=msgspec.to_builtins(counts.row_errors),
    )


def _unused(path: Path) -> Path:
    """The path, with a number when there is such a file already."""
    for number in itertools.count(2):
        if not path.exists():
            break
        path = path.with_name(f"{path.stem.rstrip('0123456789').rstrip('-')}-{number}{path.suffix}")
    return path


@contextmanager
def _told(places: _Places | None = None) -> Iterator[None]:
    """End the command with every message of what was refused."""
    try:
        yield
    except Problem as problem:
        _fail_with(problem, places)


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
        for name, value in (problem.validation_errors or {}).items()
        if name != "rows"
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


def tell(imported: Imported, options: Options, *, quiet: bool) -> None:
    """Say what came of an import of files."""
    counted = (
        (imported.annotations, "annotations"),
        (imported.predictions, "predictions"),
        (imported.updated, "tasks changed"),
        (imported.duplicates, "duplicates left out"),
        (imported.unmatched, "rows of no known task"),
    )
    extra = "".join(f", {number:,} {what}" for number, what in counted if number)
    verb = "would be imported" if options.dry_run else "imported"
    say(f"{imported.tasks:,} tasks{extra} {verb}", quiet=quiet)
    if imported.rejected:
        _tell_rejects(imported)


def _tell_rejects(imported: Imported) -> None:
    """Say which rows were refused, whatever else is kept quiet."""
    for each in imported.errors[:_SHOWN_PROBLEMS]:
        place = ":".join(str(each[name]) for name in ("file", "row") if each.get(name) is not None)
        click.echo(f"{place}: {each['error']}" if place else each["error"], err=True)
    left = imported.rejected - len(imported.errors[:_SHOWN_PROBLEMS])
    if left > 0:
        click.echo(f"… and {left} more", err=True)
    where = f" They are in {imported.rejects}: mend and import it." if imported.rejects else ""
    click.echo(f"{imported.rejected:,} rows refused.{where}", err=True)
