"""Makes projects from what the command line was given, and keeps a folder's `config.xml` true."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labelyard.actor import Actor
from labelyard.app import close_context
from labelyard.cli.importing import Imported, import_items
from labelyard.cli.inputs import is_media_directory, read_items, require_directory
from labelyard.cli.options import SAMPLINGS
from labelyard.cli.output import fail, problems_as_failures, say
from labelyard.cli.project_dir import CONFIG_XML, FolderConfig, is_project_dir
from labelyard.cli.serving import LOCAL_FILES_WARNING, open_context
from labelyard.context import Context
from labelyard.files import service as files
from labelyard.label.config import LabelConfig, LabelConfigError, parse
from labelyard.projects import editing
from labelyard.projects import jobs as project_jobs
from labelyard.projects import service as projects
from labelyard.projects.schemas import MAX_TITLE, MIN_TITLE, ProjectFields
from labelyard.settings import load
from labelyard.users import service as users

EMPTY_CONFIG = "<View></View>"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSource:
    """What `init` and `start --init` were given."""

    title: str
    label_config: Path | None
    input_path: Path | None
    input_format: str
    sampling: str | None
    allow_serving_local_files: bool
    quiet: bool = False
    host: str | None = None
    port: int | None = None


def create_folder(folder: Path, source: ProjectSource, *, force: bool) -> Imported:
    """Make a project folder, whole or not at all."""
    _check_target(folder, force=force)
    text, config = _read_config(source.label_config)
    partial = folder.with_name(f".{folder.name}.partial-{secrets.token_hex(4)}")
    new_parents = [parent for parent in folder.parents if not parent.exists()]
    try:
        with _private_context(partial) as context:
            actor = context.db.read_sync(users.cli_actor)
            imported = _add_project(context, actor, text, config, source)
        (partial / CONFIG_XML).write_text(text, encoding="utf-8")
        FolderConfig(
            title=source.title,
            sampling=source.sampling or "sequential",
            allow_serving_local_files=source.allow_serving_local_files,
            host=source.host,
            port=source.port,
        ).write(partial)
        _put_in_place(partial, folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        for parent in new_parents:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
        raise
    _tell_about_local_files(source)
    return imported


def add_project(context: Context, source: ProjectSource) -> None:
    """Add a project to a data directory, unless it has one of that title."""
    actor = context.db.read_sync(users.cli_actor)
    title = project_title(source.title)
    if context.db.read_sync(projects.title_exists, actor, title):
        say(f"The project {title!r} exists already and is left as it is.", quiet=source.quiet)
        return
    text, config = _read_config(source.label_config)
    _add_project(context, actor, text, config, source)


def require_project(context: Context, name: str) -> None:
    """End the program when the data directory has no project of that name."""
    actor = context.db.read_sync(users.cli_actor)
    if not context.db.read_sync(projects.title_exists, actor, project_title(name)):
        fail(
            f"{context.settings.data_dir}: no project called {name!r}.",
            "Add --init to make it, or leave the name out to serve all projects.",
        )


def follow_config_file(context: Context, folder: Path) -> None:
    """Take over a `config.xml` edited after the project's config last changed, else write what the project has."""
    actor = context.db.read_sync(users.cli_actor)
    project = context.db.read_sync(projects.first, actor)
    if project is None:
        return
    path = folder / CONFIG_XML
    text = _read_text(path) if path.is_file() else None
    if text == project.label_config:
        return
    if text is None or path.stat().st_mtime_ns // 1000 < project.updated_at:
        path.write_text(project.label_config, encoding="utf-8")
        return
    _parse(path, text)
    with problems_as_failures(str(path)):
        check = context.db.read_sync(editing.check_config, actor, project.id, text)
        fields = ProjectFields(label_config=text)
        context.db.write_sync(editing.update, actor, project.id, fields, check)
    say(f"label config taken over from {path}")


def write_config_file(context: Context, folder: Path) -> None:
    """Leave the project's config in `config.xml`, so that a copy of the folder tells no older one."""
    actor = context.db.read_sync(users.cli_actor)
    project = context.db.read_sync(projects.first, actor)
    path = folder / CONFIG_XML
    if project is not None and not (path.is_file() and _read_text(path) == project.label_config):
        path.write_text(project.label_config, encoding="utf-8")


def project_title(name: str) -> str:
    """A title that a project may have: 3 to 50 characters."""
    title = name.strip() or "New project"
    return title[:MAX_TITLE] if len(title) >= MIN_TITLE else f"Project {title}"


def _add_project(
    context: Context, actor: Actor, text: str, config: LabelConfig, source: ProjectSource
) -> Imported:
    fields = ProjectFields.model_validate(
        {
            "title": project_title(source.title),
            "label_config": text,
            "sampling": SAMPLINGS[source.sampling or "sequential"],
        }
    )
    with problems_as_failures():
        project_id = int(context.db.write_sync(projects.create, actor, fields)["id"])
    try:
        return _fill(context, actor, project_id, config, source)
    except Exception:
        # Whole or not at all. An interrupted import is another matter: its job goes on at the next start.
        context.db.write_sync(project_jobs.delete, context.jobs, actor, project_id)
        raise


def _fill(
    context: Context, actor: Actor, project_id: int, config: LabelConfig, source: ProjectSource
) -> Imported:
    path, format = source.input_path, source.input_format
    if path is None:
        return Imported(0, 0, 0)
    if is_media_directory(format):
        require_directory(path, format)
        with problems_as_failures():
            context.db.write_sync(files.register_directory, project_id, path)
    return import_items(
        context, actor, project_id, lambda: read_items(path, format, config), quiet=source.quiet
    )


def _read_config(path: Path | None) -> tuple[str, LabelConfig]:
    if path is None:
        return EMPTY_CONFIG, parse(EMPTY_CONFIG)
    if path.is_dir():
        fail(f"{path}: a directory.", "--label-config takes an XML file.")
    text = _read_text(path)
    return text, _parse(path, text)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        fail(f"{path}: not UTF-8.", f"Convert it first: iconv -f latin1 -t utf-8 {path.name}")


def _parse(path: Path, text: str) -> LabelConfig:
    try:
        return parse(text)
    except LabelConfigError as error:
        fail("\n  ".join(f"{path}, {message}" for message in error.messages))


def _check_target(folder: Path, *, force: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        fail(f"{folder}: a file of that name exists.", "Choose another project name.")
    if not any(folder.iterdir()):
        return
    if not force:
        fail(f"{folder} exists already.", "Choose another name, or replace it with --force.")
    if not is_project_dir(folder):
        fail(f"{folder} is no project folder; --force replaces only those.", "Choose another name.")


@contextmanager
def _private_context(directory: Path) -> Iterator[Context]:
    """A context on a directory of its own, whatever database the environment names."""
    context = open_context(load({"data_dir": directory, "database_url": "", "local_mode": True}))
    try:
        yield context
    finally:
        close_context(context)


def _put_in_place(partial: Path, folder: Path) -> None:
    shutil.rmtree(partial / "spool", ignore_errors=True)
    if not folder.exists():
        partial.rename(folder)
        return
    # An existing folder is moved aside first, so that it is there whole until the new one is.
    aside = partial.with_name(partial.name + "-old")
    folder.rename(aside)
    partial.rename(folder)
    shutil.rmtree(aside)


def _tell_about_local_files(source: ProjectSource) -> None:
    if source.input_path is None or not is_media_directory(source.input_format):
        return
    if source.allow_serving_local_files:
        say(LOCAL_FILES_WARNING)
    else:
        say(
            f"NOTE: the files in {source.input_path} are shown only by a server started with "
            "--allow-serving-local-files.",
            quiet=source.quiet,
        )
