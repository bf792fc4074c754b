"""`import-project`: take over what another labeling server stored."""

from contextlib import closing
from pathlib import Path

import click

from labelyard.cli.legacy_project import import_directory
from labelyard.cli.options import ExistingPath, data_dir_option
from labelyard.cli.output import fail, say
from labelyard.cli.project_dir import is_project_dir
from labelyard.cli.taking_over import into
from labelyard.context import Context
from labelyard.kit.db.foreign import ForeignDatabase, ForeignError
from labelyard.settings import load
from labelyard.takeover.install import InstallTakeover, is_install
from labelyard.takeover.legacy.directory import is_project
from labelyard.takeover.model import Progress, TakeoverError

DATABASE = "label_studio.sqlite3"


@click.command("import-project")
@click.argument("path", type=ExistingPath())
@click.option(
    "--media",
    type=ExistingPath(),
    help="1.x: directory of the media. Default: `media` beside the database.",
)
@click.option("--allow-missing-media", is_flag=True, help="1.x: go on where uploaded files are missing.")
@click.option(
    "--without-project", "without", type=int, multiple=True, metavar="ID", help="1.x: leave this project out."
)
@click.option(
    "--env-file",
    type=ExistingPath(dir_okay=False),
    help="1.x: file with the SECRET_KEY that signed personal access tokens. Default: `.env` beside the database.",
)
@click.option(
    "--again", is_flag=True, help="Take over what was taken over before, beside the projects that it became."
)
@click.option("--skip-broken", is_flag=True, help="0.x: leave out tasks and completions that cannot be read.")
@click.option("-l", "--label-config", type=ExistingPath(), help="0.x: label config in place of config.xml.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@data_dir_option
def import_project(
    path: Path,
    *,
    media: Path | None,
    allow_missing_media: bool,
    without: tuple[int, ...],
    env_file: Path | None,
    again: bool,
    skip_broken: bool,
    label_config: Path | None,
    quiet: bool,
    data_dir: Path | None,
) -> None:
    """Take over a Label Studio 1.x install, or the project directory of a 0.x release.

    PATH is label_studio.sqlite3 or the directory with it; or the directory with config.json and tasks.json. It is only
    read. All of it is taken over or nothing. Stop both servers first. In a new data directory all ids stay; in one with
    projects, a fixed number is added to them.

    Of 1.x: users with their passwords and tokens, organizations, projects, tasks, annotations, predictions, drafts, views,
    webhooks, ML backends, labels, storages of S3 and local files, and uploaded files. Of 0.x: the project with tasks,
    completions, predictions and uploaded files.
    """
    try:
        if is_project(path) and not (path / DATABASE).is_file():
            if is_project_dir(path):
                fail(f"{path}: a project folder of Labelyard already.", f"Serve it: labelyard start {path}")
            import_directory(path, data_dir, label_config, again=again, skip_broken=skip_broken, quiet=quiet)
            return
        _import_install(
            path,
            data_dir,
            media,
            without,
            env_file,
            allow_missing=allow_missing_media,
            again=again,
            quiet=quiet,
        )
    except TakeoverError as error:
        fail(error.message, f"{error.cure}\n  Nothing was taken over.")


def _import_install(
    path: Path,
    data_dir: Path | None,
    media: Path | None,
    without: tuple[int, ...],
    env_file: Path | None,
    *,
    allow_missing: bool,
    again: bool,
    quiet: bool,
) -> None:
    database = path / DATABASE if path.is_dir() else path
    if not database.is_file():
        fail(
            f"{path}: no {DATABASE} in this directory, and no config.json with tasks.json.",
            "Name the data directory of the install, its database, or the directory of a 0.x project.",
        )
    try:
        with closing(ForeignDatabase(database)) as source:
            if not is_install(source):
                fail(
                    f"{database}: not the database of a Label Studio 1.x install.",
                    "Its tables are missing. Name the file label_studio.sqlite3 of the install.",
                )
            say(f"{database}: reading it through", quiet=quiet)
            source.check(lambda: None)

            def make(context: Context, progress: Progress) -> InstallTakeover:
                files = media or database.parent / "media"
                return InstallTakeover(
                    context,
                    source,
                    files,
                    progress,
                    without=without,
                    allow_missing_media=allow_missing,
                    env_file=env_file,
                    again=again,
                )

            settings = load({"data_dir": data_dir})
            if not settings.data_dir.exists():  # without the owner of local mode, so that all ids stay
                settings = load({"data_dir": data_dir, "local_mode": False})
            into(settings, make, quiet=quiet)
    except ForeignError as error:
        fail(
            f"{database}: {error}.",
            "The database is damaged. Restore it from a backup, or repair it with sqlite3 .recover",
        )
