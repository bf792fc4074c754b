"""Runs the web server in this process until it is told to stop."""

import errno
import gc
import os
import signal
import socket
import ssl
import sys
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import uvicorn

from labelyard import __version__
from labelyard.app import build_context, close_context, create_app
from labelyard.cli.output import fail, say
from labelyard.context import Context
from labelyard.db.migrate import SchemaError
from labelyard.kit.db.open import DatabaseUrlError
from labelyard.kit.errors import Conflict
from labelyard.kit.http.protocol import BoundedProtocol
from labelyard.kit.lockfile import AlreadyLocked, LockFile
from labelyard.kit.log import configure
from labelyard.settings import Settings, load, without_effect
from labelyard.users.service import check_bind

_PORTS = 100  # how many `on_free_port` tries
# Objects that are new after which Python looks for garbage among them. Whoever exports or imports has those of a thousand
# tasks in hand, none of them garbage: with the usual 700 looking through them was a quarter of an export.
_YOUNG_OBJECTS = 50_000
LOCAL_FILES_WARNING = (
    "WARNING: --allow-serving-local-files lets everybody who may use this server read the media files below the\n"
    "         registered directories. It is meant for a server on your own machine."
)


def open_context(settings: Settings) -> Context:
    """The parts of a server, the database migrated. Ends the program with a message when they cannot be had."""
    configure(settings.log_level, settings.log_format)
    try:
        return build_context(settings)
    except (SchemaError, DatabaseUrlError, ValueError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{settings.data_dir}: {error.strerror}.", "Check that the directory exists and can be written.")


def open_existing(data_dir: Path | None) -> Context:
    """The parts of a server on a data directory that is there: a mistyped one is named instead of made."""
    settings = load({"data_dir": data_dir})
    if not settings.database_url and not settings.database_path.is_file():
        fail(
            f"{settings.data_dir}: no data directory.",
            "Name the one that the server uses: --data-dir, or LABELYARD_DATA_DIR.",
        )
    return open_context(settings)


def serve(
    settings: Settings,
    *,
    browser: bool,
    quiet: bool = False,
    prepare: Callable[[Context], None] | None = None,
    finish: Callable[[Context], None] | None = None,
) -> None:
    """Serve until interrupted. `prepare` runs before the first request, `finish` after the last."""
    try:
        lock = LockFile(settings.data_dir / "labelyard.lock")
    except AlreadyLocked as error:
        fail(
            f"{settings.data_dir} is served by another process already (process id {error.pid or 'unknown'}).",
            "Stop that server first, or serve another directory.",
        )
    _check_certificate(settings)
    sock = _listen(settings)
    context = open_context(settings)
    try:
        if prepare is not None:
            prepare(context)
        try:
            context.db.read_sync(lambda conn: check_bind(settings, conn))
        except Conflict as problem:
            fail(problem.detail)
        _announce(settings, browser=browser, quiet=quiet)
        config = uvicorn.Config(
            create_app(settings, context),
            http=BoundedProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
            lifespan="on",
            ssl_certfile=settings.cert_file or None,
            ssl_keyfile=settings.key_file or None,
        )
        # Seconds that a thread which computes keeps the interpreter from others: an import would hold up each of the half
        # dozen times that a request goes from one thread to another by five milliseconds, the default.
        sys.setswitchinterval(0.001)
        gc.freeze()  # what the program itself consists of is no garbage; do not look through it with every sweep
        gc.set_threshold(_YOUNG_OBJECTS)
        # The server answers what it began and then raises the signal anew: this one must unwind, not end the process.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        try:
            uvicorn.Server(config).run(sockets=[sock])
        finally:
            if finish is not None:
                finish(context)
    finally:
        close_context(context)
        lock.release()


def address(settings: Settings) -> str:
    """Where a browser on this machine reaches the server."""
    host = "localhost" if settings.is_loopback or settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    return f"{'https' if settings.cert_file else 'http'}://{host}:{settings.port}"


def _announce(settings: Settings, *, browser: bool, quiet: bool) -> None:
    if settings.allow_serving_local_files:
        click.echo(LOCAL_FILES_WARNING, err=True)
    for variable, reason in without_effect(os.environ).items():
        click.echo(f"warning: {variable} has no effect here: {reason}.", err=True)
    url = settings.public_url or address(settings)
    say(f"Labelyard {__version__} is at {url}\nStop it with Ctrl+C.", quiet=quiet)
    if browser and sys.stderr.isatty():
        threading.Timer(1.0, webbrowser.open, args=[url]).start()


def check_port(settings: Settings) -> None:
    """End the program when the server could not listen where the settings say."""
    _listen(settings).close()


def on_free_port(settings: Settings) -> Settings:
    """The settings with the first free port from theirs on; another one than theirs is said."""
    for port in range(settings.port, min(settings.port + _PORTS, 65536)):
        try:
            _bind(settings.host, port).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                break
        else:
            if port != settings.port:
                click.echo(f"Port {settings.port} is busy, taking {port} instead.", err=True)
            return replace(settings, port=port)
    return settings  # that it cannot be had is said by who listens


def _listen(settings: Settings) -> socket.socket:
    """The listening socket, bound before anything is opened, so that a busy port costs nothing."""
    try:
        return _bind(settings.host, settings.port)
    except OSError as error:
        fail(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}.",
            f"Is a server running there already? Choose another port with --port, e.g. --port {settings.port + 1}, "
            "or let --next-port do it.",
        )


def _bind(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(2048)
    except OSError:
        sock.close()
        raise
    sock.set_inheritable(False)
    return sock


def _check_certificate(settings: Settings) -> None:
    if not settings.cert_file:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            settings.cert_file, settings.key_file
        )
    except OSError as error:  # that of the ssl module is one
        fail(
            f"{settings.cert_file}, {settings.key_file}: no certificate with its key ({error.strerror or error}).",
            "Both must be PEM files, and the key must be that of the certificate.",
        )
