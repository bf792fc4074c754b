"""Makes projects from what the command line was given."""

import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from labelyard import sampling
from labelyard.actor import Actor
from labelyard.app import close_context
from labelyard.cli import storages
from labelyard.cli.folder_files import parse_config, read_text
from labelyard.cli.importing import Imported, import_items
from labelyard.cli.inputs import is_media_directory, read_items, require_directory
from labelyard.cli.model_backends import connect_backends
from labelyard.cli.output import fail, problems_as_failures, say
from labelyard.cli.project_dir import CONFIG_JSON, CONFIG_XML, FolderConfig, is_project_dir
from labelyard.cli.serving import LOCAL_FILES_WARNING, open_context
from labelyard.context import Context
from labelyard.files import service as files
from labelyard.label.config import LabelConfig, parse
from labelyard.label.templates.older import TEMPLATES
from labelyard.projects import jobs as project_jobs
from labelyard.projects import service as projects
from labelyard.projects.schemas import ProjectFields, title_from
from labelyard.settings import load
from labelyard.users import service as users

EMPTY_CONFIG = "<View></View>"
_SECRET = frozenset(
    {
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "google_application_credentials",
        "account_name",
        "account_key",
        "password",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSource:
    """What `init` and `start --init` were given; names are those of the options."""

    title: str
    label_config: Path | None = None
    template: str | None = None
    base_config: Path | None = None
    input_path: Path | None = None
    input_format: str = "json"
    sampling: str | None = None
    initial_project_description: str | None = None
    ml_backends: Sequence[tuple[str, str]] = ()
    source: str | None = None
    source_path: str | None = None
    source_params: Mapping[str, Any] = field(default_factory=dict)
    target: str | None = None
    target_path: str | None = None
    target_params: Mapping[str, Any] = field(default_factory=dict)
    allow_serving_local_files: bool = False
    force: bool = False
    quiet: bool = False
    host: str | None = None
    port: int | None = None
    protocol: str | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @classmethod
    def of(cls, title: str, options: Mapping[str, Any]) -> "ProjectSource":
        """From the options of a command, of which it takes those that it knows."""
        known = {each.name for each in fields(cls)}
        return cls(title=title, **{name: value for name, value in options.items() if name in known})

    @property
    def makes_something(self) -> bool:
        """Whether it says what is to be in a project."""
        return any((self.label_config, self.template, self.base_config, self.input_path))

    def base(self) -> FolderConfig | None:
        return None if self.base_config is None else FolderConfig.read(self.base_config)

    def folder_config(self) -> FolderConfig:
        """What `config.json` of the new folder says."""
        base = self.base()
        return FolderConfig.new(
            base,
            {
                "title": base["title"] if base and base["title"] else self.title,
                "description": self.initial_project_description,
                "label_config": CONFIG_XML,
                "sampling": self.sampling,
                "host": self.host,
                "port": self.port,
                "protocol": self.protocol or ("https://" if self.cert_file else None),
                "cert": str(self.cert_file) if self.cert_file else None,
                "key": str(self.key_file) if self.key_file else None,
                "allow_serving_local_files": self.allow_serving_local_files or None,
                "ml_backends": _named_backends(self.title, self.ml_backends),
                **{side: _storage(each) for side, each in self.storages().items()},
            },
        )

    def storages(self) -> storages.Choices:
        """What the options say of storages. Ends the program when that is half of it."""
        said = {
            "source": storages.section("source", self.source, self.source_path, self.source_params),
            "target": storages.section("target", self.target, self.target_path, self.target_params),
        }
        return {side: each for side in storages.SIDES if (each := said[side]) is not None}


def _named_backends(title: str, given: Sequence[tuple[str, str]]) -> list[dict[str, str]] | None:
    """As `config.json` lists them: a backend without a name gets that of the project and four hex digits."""
    return [{"url": url, "name": name or f"{title}{secrets.token_hex(2)}"} for name, url in given] or None


def _storage(said: storages.Choice) -> dict[str, Any]:
    """As `config.json` has it, without what nobody should read in a file that is copied around."""
    params = {name: value for name, value in said.params.items() if name not in _SECRET}
    return {"type": said.type, "path": said.path or None, "params": params}


def create_folder(folder: Path, source: ProjectSource) -> Imported:
    """Make a project folder, whole or not at all."""
    _check_target(folder, force=source.force)
    text, config = read_config(source)
    folder_config = source.folder_config()
    partial = folder.with_name(f".{folder.name}.partial-{secrets.token_hex(4)}")
    new_parents = [parent for parent in folder.parents if not parent.exists()]
    try:
        with _private_context(partial) as context:
            actor = context.db.read_sync(users.cli_actor)
            imported = _add_project(context, actor, text, config, source, folder_config, home=None)
        (partial / CONFIG_XML).write_text(text, encoding="utf-8")
        (partial / CONFIG_JSON).write_text(folder_config.text(), encoding="utf-8")
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
    title = title_from(source.title)
    if context.db.read_sync(projects.title_exists, actor, title):
        say(f"The project {title!r} exists already and is left as it is.", quiet=source.quiet)
        return
    text, config = read_config(source)
    home = context.settings.data_dir
    _add_project(context, actor, text, config, source, source.folder_config(), home=home)


def require_project(context: Context, name: str) -> None:
    """End the program when the data directory has no project of that name."""
    actor = context.db.read_sync(users.cli_actor)
    if not context.db.read_sync(projects.title_exists, actor, title_from(name)):
        fail(
            f"{context.settings.data_dir}: no project called {name!r}.",
            "Add --init to make it, or leave the name out to serve all projects.",
        )


def _add_project(
    context: Context,
    actor: Actor,
    text: str,
    config: LabelConfig,
    source: ProjectSource,
    says: FolderConfig,
    *,
    home: Path | None,
) -> Imported:
    """`home`: where a directory of completions is; None when that is not settled yet."""
    fields = ProjectFields.model_validate(
        {
            "title": title_from(says["title"]),
            "description": says["description"],
            "expert_instruction": says["instruction"],
            "label_config": text,
            "sampling": sampling.BY_WORD[says["sampling"]],
        }
    )
    with problems_as_failures():
        project_id = int(context.db.write_sync(projects.create, actor, fields)["id"])
    try:
        connect_backends(context, actor, project_id, says["ml_backends"])
        imported = _fill(context, actor, project_id, config, source)
        storages.connect(context, actor, project_id, {**storages.said_in(says), **source.storages()}, home)
        return imported
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


def read_config(source: ProjectSource) -> tuple[str, LabelConfig]:
    """The label config: that of the file, else the template, else what the base configuration names, else nothing."""
    path = source.label_config
    if path is None and source.template is not None:
        return TEMPLATES[source.template], parse(TEMPLATES[source.template])
    base = source.base()
    if path is None and base is not None and source.base_config is not None and "label_config" in base.values:
        path = source.base_config.parent / base["label_config"]
    if path is None:
        return EMPTY_CONFIG, parse(EMPTY_CONFIG)
    if path.is_dir():
        fail(f"{path}: a directory.", "--label-config takes an XML file.")
    text = read_text(path)
    if text is None:
        fail(f"{path}: no such file.", "It is what the label_config of --config names.")
    return text, parse_config(path, text)


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
