"""Options that several commands share, spelled as people already use them."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from labelyard import __version__, sampling
from labelyard.cli.inputs import FORMATS
from labelyard.cli.output import fail
from labelyard.label.templates.older import TEMPLATES

F = TypeVar("F", bound=Callable[..., Any])

SOURCES = ("tasks-json", "s3", "gcs", "azure-blob", "redis", "localfiles")
TARGETS = (
    "completions-dir",
    "s3-completions",
    "gcs-completions",
    "azure-blob-completions",
    "redis-completions",
    "localfiles-completions",
)
PROTOCOLS = ("http://", "https://")
_ML_BACKENDS = "--ml-backends"


class ExistingPath(click.Path):
    """A path that must exist; `~` is expanded."""

    def __init__(self, *, dir_okay: bool = True) -> None:
        super().__init__(exists=True, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        return Path(str(super().convert(Path(str(value)).expanduser(), param, ctx))).absolute()


class JsonObject(click.ParamType[dict[str, Any]]):
    """A JSON object, written out."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        try:
            found = json.loads(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(f"not JSON: {error}.", param, ctx)
        if not isinstance(found, dict):
            self.fail("must be a JSON object.", param, ctx)
        return found


class Protocol(click.Choice[str]):
    """`http://` or `https://`, also without the slashes."""

    def __init__(self) -> None:
        super().__init__(PROTOCOLS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        return super().convert(f"{text}://" if text in {"http", "https"} else text, param, ctx)


class MlBackend(click.ParamType[tuple[str, str]]):
    """`URL` or `NAME=URL` → (name or "", address)."""

    name = "[name=]url"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        found = ml_backend(value)
        if found is None:
            self.fail(f"{value!r} is neither an address nor NAME=address.", param, ctx)
        return found


def ml_backend(text: str) -> tuple[str, str] | None:
    """Name (or "") and address of `URL` or `NAME=URL`; None for what is neither."""
    name, equals, address = text.partition("=")
    if not equals or "://" in name or "/" in name:
        name, address = "", text
    return (name.strip(), address) if address.startswith(PROTOCOLS) and len(address) > 8 else None


class Command(click.Command):
    """A command whose `--ml-backends` takes several values, one after the other, as that of 0.x did."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_one_by_one(args)))


def _one_by_one(args: Iterable[str]) -> Iterator[str]:
    listing = awaited = False
    for arg in args:
        if arg == _ML_BACKENDS or arg.startswith(f"{_ML_BACKENDS}="):
            listing, awaited = True, arg == _ML_BACKENDS
        elif awaited:
            awaited = False
        elif listing and ml_backend(arg) is not None and not arg.startswith("-"):
            yield _ML_BACKENDS
        else:
            listing = False
        yield arg


def _say_version(_ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"labelyard {__version__}")


def _no_output_dir(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        fail(
            "--output-dir does nothing since Label Studio 0.8.",
            "Leave it out: completions are kept in the project folder, and `labelyard export` writes them anywhere.",
        )


def _apply(command: F, options: Iterable[Callable[[F], F]]) -> F:
    for option in reversed(list(options)):
        command = option(command)
    return command


def project_options(command: F) -> F:
    """What a new project is made from."""
    return _apply(
        command,
        [
            click.option("-l", "--label-config", type=ExistingPath(), help="XML file with the label config."),
            click.option(
                "--template", metavar="NAME", type=click.Choice(list(TEMPLATES)),
                help="Label config to start from, when --label-config is left out: one of those of 0.x.",
            ),
            click.option(
                "-c", "--config", "base_config", type=ExistingPath(dir_okay=False),
                help="JSON file that the folder's config.json is made from.",
            ),
            click.option("-i", "--input-path", type=ExistingPath(), help="File or directory with the tasks."),
            click.option(
                "--input-format", type=click.Choice(FORMATS), default="json", show_default=True,
                help="What --input-path holds.",
            ),
            click.option(
                "-o", "--output-dir", type=click.Path(path_type=Path), callback=_no_output_dir, hidden=True,
                expose_value=False, help="An error, as in 0.8.",
            ),
            click.option(
                "--sampling", type=click.Choice(list(sampling.BY_WORD)), default=None,
                help="Order in which tasks are handed out. Default: sequential.",
            ),
            click.option("--initial-project-description", metavar="TEXT", help="Description of the project."),
            click.option(
                _ML_BACKENDS, type=MlBackend(), multiple=True, metavar="[NAME=]URL…",
                help="ML backends to connect, one or more.",
            ),
            *_storage_options("source", "-s", SOURCES, "Where tasks come from"),
            *_storage_options("target", "-t", TARGETS, "Where completions are copied to"),
            click.option(
                "--allow-serving-local-files", is_flag=True,
                help="Serve the media directory given with --input-path. Only for a server on your own machine.",
            ),
            click.option("--force", is_flag=True, help="Replace a project folder that exists already."),
        ],
    )  # fmt: skip


def _storage_options(side: str, short: str, kinds: tuple[str, ...], words: str) -> Iterator[Callable[[F], F]]:
    yield click.option(
        short, f"--{side}", metavar="KIND", type=click.Choice(kinds), help=f"{words}: {', '.join(kinds)}."
    )
    yield click.option(f"--{side}-path", metavar="TEXT", help="Bucket, or directory.")
    yield click.option(
        f"--{side}-params", type=JsonObject(), default="{}", metavar="JSON",
        help="Prefix, regex, credentials… of that place, as a JSON object.",
    )  # fmt: skip


def address_options(command: F) -> F:
    """Where a server listens, and how it is called from outside."""
    return _apply(
        command,
        [
            click.option("-p", "--port", type=click.IntRange(1, 65535), help="Port to listen on. Default: 8080."),
            click.option("--host", help="Address to listen on. Default: 127.0.0.1, this machine only."),
            click.option(
                "--protocol", type=Protocol(), metavar="http://|https://",
                help="How browsers reach the server, where a proxy speaks HTTPS for it.",
            ),
            click.option(
                "--cert", "cert_file", type=ExistingPath(dir_okay=False),
                help="PEM file with a certificate: the server speaks HTTPS.",
            ),
            click.option(
                "--key", "key_file", type=ExistingPath(dir_okay=False), help="PEM file with its private key."
            ),
        ],
    )  # fmt: skip


def output_options(command: F) -> F:
    """How much is said."""
    return _apply(
        command,
        [
            click.option(
                "--log-level",
                type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False),
                help="How much to log.",
            ),
            click.option("-d", "--debug", is_flag=True, help="Log everything; tracebacks in answers."),
            click.option("-v", "--verbose", is_flag=True, help="Log each request."),
            click.option("-q", "--quiet", is_flag=True, help="Print errors only."),
            click.option("-b", "--no-browser", is_flag=True, help="Do not open a browser."),
            click.option(
                "--version", is_flag=True, expose_value=False, callback=_say_version, help="Print the version too."
            ),
            click.option(
                "--use-gevent", is_flag=True, expose_value=False, hidden=True,
                help="Accepted from scripts for 0.x; nothing changes.",
            ),
        ],
    )  # fmt: skip


def account_options(command: F) -> F:
    """Who may use a server."""
    return _apply(
        command,
        [
            click.option(
                "--username",
                help="E-mail of the first user, made when there is none yet. For a project folder any name.",
            ),
            click.option(
                "--password",
                help="Password of the first user (better: LABELYARD_PASSWORD). A project folder then asks for it at every "
                "request (HTTP Basic).",
            ),
            click.option("--user-token", help="Legacy API token of the first user."),
            click.option(
                "--enable-legacy-api-token", is_flag=True, default=None, help="Let legacy API tokens work."
            ),
        ],
    )


def root_dir_option(command: F) -> F:
    return click.option(
        "--root-dir",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        help="Parent of project folders.",
    )(command)


def data_dir_option(command: F) -> F:
    return click.option(
        "--data-dir", type=click.Path(path_type=Path), help="Data directory. Default: that of this user."
    )(command)
