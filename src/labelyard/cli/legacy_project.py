"""Goes on with the directory of a 0.x project: in a folder beside it, which is made of it once. It is left as it is."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from labelyard.cli.output import fail, say
from labelyard.cli.project_dir import CONFIG_JSON, CONFIG_XML, FolderConfig, is_project_dir
from labelyard.cli.taking_over import Takeover, into, staging_of
from labelyard.context import Context
from labelyard.kit.clock import iso, now_us
from labelyard.kit.lockfile import AlreadyLocked, LockFile
from labelyard.sampling import BY_WORD
from labelyard.settings import load
from labelyard.takeover.legacy.directory import Directory, is_project
from labelyard.takeover.legacy.project import title_of
from labelyard.takeover.legacy.takeover import LegacyTakeover
from labelyard.takeover.model import Progress, TakeoverError
from labelyard.users import service as users

_SUFFIX = "-labelyard"
_MARK = "takeover.json"  # which state of the directory the folder was made of
# Keys that say where things were, and what a folder of ours has in its own files.
_LEFT = frozenset({"title", "description", "label_config", "sampling", "host", "port"})


def is_taken_over(folder: Path) -> bool:
    """Whether `start` of this directory is that of a 0.x project."""
    return not is_project_dir(folder) and is_project(folder)


def folder_of(directory: Path, label_config: Path | None, *, quiet: bool) -> Path:
    """The project folder that was made of a 0.x project's directory; it is made unless it is there."""
    folder = directory.with_name(directory.name + _SUFFIX)
    try:
        source = Directory(directory, label_config)
        if is_project_dir(folder):
            say(f"{directory} was taken over before: going on with {folder}", quiet=quiet)
            _tell_of_changes(source, folder)
            return folder
        say(f"{directory} is a project of Label Studio 0.x. It stays as it is; taking it over into {folder}")
        _make(source, folder, quiet=quiet)
    except TakeoverError as error:
        fail(error.message, f"{error.cure}\n  Nothing was taken over.")
    return folder


def import_directory(
    directory: Path,
    data_dir: Path | None,
    label_config: Path | None,
    *,
    again: bool,
    skip_broken: bool,
    quiet: bool,
) -> None:
    """Take a 0.x project over: as a project of a data directory, or without one into the folder that `start` serves."""
    source = Directory(directory, label_config)
    if data_dir is not None:
        into(load({"data_dir": data_dir}), _maker(source, skip_broken, again=again), quiet=quiet)
        return
    folder = directory.with_name(directory.name + _SUFFIX)
    if is_project_dir(folder):
        fail(f"{folder} exists already.", f"Serve it: labelyard start {directory}")
    _make(source, folder, skip_broken=skip_broken, quiet=quiet)
    say(f"Start labeling: labelyard start {directory}", quiet=quiet)


def _maker(
    source: Directory, skip_broken: bool, *, again: bool = False
) -> Callable[[Context, Progress], Takeover]:
    def make(context: Context, progress: Progress) -> Takeover:
        actor = context.db.read_sync(users.cli_actor)
        return LegacyTakeover(context, source, actor, progress, skip_broken=skip_broken, again=again)

    return make


def _make(source: Directory, folder: Path, *, skip_broken: bool = False, quiet: bool) -> None:
    """The folder whole or not at all: what was made of it appears under its name when it is complete."""
    beside = folder.with_name(f".{folder.name}.lock")
    try:
        lock = LockFile(beside)
    except AlreadyLocked as error:
        fail(f"Process {error.pid or 'unknown'} takes {source.root} over just now.", "Wait for its end.")
    try:
        if folder.exists():
            fail(f"{folder} exists, and is no project folder.", "Move it away.")
        _make_apart(source, folder, staging_of(folder), skip_broken=skip_broken, quiet=quiet)
    finally:
        beside.unlink(missing_ok=True)
        lock.release()


def _make_apart(source: Directory, folder: Path, partial: Path, *, skip_broken: bool, quiet: bool) -> None:
    state = source.state()
    shutil.rmtree(partial, ignore_errors=True)  # of a takeover that was killed
    settings = load({"data_dir": partial, "database_url": "", "local_mode": True})
    try:
        into(settings, _maker(source, skip_broken), quiet=quiet)
        (partial / CONFIG_XML).write_text(source.label_config, encoding="utf-8")
        (partial / CONFIG_JSON).write_text(_config(source).text(), encoding="utf-8")
        mark = {"source": str(source.root), "state": state, "at": iso(now_us())}
        (partial / _MARK).write_text(json.dumps(mark, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(partial / "spool", ignore_errors=True)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _config(source: Directory) -> FolderConfig:
    given = source.config
    port, sampling, description = (given.get(name) for name in ("port", "sampling", "description"))
    rest = {name: value for name, value in given.items() if name not in _LEFT}
    return FolderConfig.new(
        FolderConfig(rest),
        {
            "title": title_of(source),
            "description": description if isinstance(description, str) else None,
            "sampling": sampling if sampling in BY_WORD else None,
            "allow_serving_local_files": given.get("allow_serving_local_files") is True,
            # The host there is the name in links, and 0.0.0.0 unless it was changed. Here it would be whom to listen to.
            "port": port if isinstance(port, int) and 0 < port < 65536 else None,
        },
    )


def _tell_of_changes(source: Directory, folder: Path) -> None:
    try:
        mark = json.loads((folder / _MARK).read_text(encoding="utf-8"))
        if mark["state"] != source.state():
            say(
                f"note: {source.root} was changed after {mark['at'][:19]}, when it was taken over. What is new there is "
                f"not here. To take it over anew, move {folder} away first."
            )
    except (OSError, ValueError, KeyError, TypeError):
        return
