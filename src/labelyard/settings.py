"""Every setting of a server, in one documented place.

A value comes from, in rising order of precedence: the default, the project folder, the settings file (TOML, `--settings` or
`LABELYARD_SETTINGS`), an environment variable, a command line option. Each field is read from `LABELYARD_<NAME>`
and from the older names listed with it, so that an install made for Label Studio keeps working.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
MIB = 1024 * 1024
GIB = 1024 * MIB
_MAX_PORT = 65535
METRICS = ("loopback", "everyone", "off")

# Variables of Label Studio that mean nothing here, and why: named at the start when one is set, so that nobody relies on
# it unknowingly.
WITHOUT_EFFECT = {
    "DJANGO_DB": "give a database with LABELYARD_DATABASE_URL",
    "POSTGRE_NAME": "give a database with LABELYARD_DATABASE_URL",
    "POSTGRE_HOST": "give a database with LABELYARD_DATABASE_URL",
    "SECRET_KEY": "each install makes its own key",
    "COLLECT_ANALYTICS": "there is no telemetry",
    "LATEST_VERSION_CHECK": "there is no version check",
    "SENTRY_DSN": "errors are logged, and sent nowhere",
    "CSRF_TRUSTED_ORIGINS": "name the server with LABELYARD_PUBLIC_URL",
    "STORAGE_EMULATOR_HOST": "storages of Google Cloud come later",
    "DATA_MANAGER_FILTER_ALLOWLIST": "filters are a fixed list here",
}


class SettingsError(ValueError):
    """A setting with a value that cannot be used; the text names setting, source and cure."""


def _setting(default: Any, doc: str, *, old: tuple[str, ...] = (), secret: bool = False) -> Any:
    return field(default=default, metadata={"doc": doc, "old": old, "secret": secret})


def default_data_dir() -> Path:
    """`$XDG_DATA_HOME/labelyard`, or `~/.local/share/labelyard`."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "labelyard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    data_dir: Path = _setting(  # noqa: RUF009 - makes a field description
        Path(),
        "Directory of everything the server keeps: database, uploads, keys, spool. Default: the user's data directory.",
        old=("LABEL_STUDIO_BASE_DATA_DIR",),
    )
    database_url: str = _setting(
        "",
        "Database to use instead of the embedded one in the data directory, e.g. `postgresql://user:password@host/name`.",
        secret=True,
    )
    host: str = _setting(
        "127.0.0.1",
        "Address to listen on. Beyond loopback an account must exist.",
        old=("LABEL_STUDIO_HOST_BIND",),
    )
    port: int = _setting(8080, "TCP port to listen on.", old=("LABEL_STUDIO_PORT",))
    cert_file: str = _setting("", "PEM file with the server's certificate: it then speaks HTTPS.")
    key_file: str = _setting("", "PEM file with the private key of the certificate.")
    public_url: str = _setting(
        "",
        "Address under which users reach the server, for links in invitations. Default: taken from host and port.",
        old=("LABEL_STUDIO_HOST",),
    )
    allowed_hosts: str = _setting(
        "",
        "Comma-separated host names that the server answers to, beside loopback, `host` and that of `public_url`; `*` = any.",
        old=("LABEL_STUDIO_ALLOWED_HOSTS",),
    )
    log_level: str = _setting(
        "INFO",
        "DEBUG (with every request), INFO, WARNING or ERROR.",
        old=("LABEL_STUDIO_LOG_LEVEL", "LOG_LEVEL"),
    )
    log_format: str = _setting(
        "auto", "`console`, `json`, or `auto` (console on a terminal, json elsewhere)."
    )
    log_requests: bool = _setting(False, "Log each request: method, path, status, milliseconds.")
    debug_modal_exceptions: bool = _setting(
        False,
        "Show the traceback of an unexpected error in the answer (`exc_info`). For development: it tells how the server works.",
        old=("LABEL_STUDIO_DEBUG_MODAL_EXCEPTIONS", "DEBUG_MODAL_EXCEPTIONS"),
    )
    metrics: str = _setting(
        "loopback",
        "Who may read `/metrics` without a token: `loopback` (this machine, not through a proxy), `everyone`, or `off`.",
    )
    metrics_token: str = _setting(
        "", "Token that opens `/metrics` from anywhere, as `Authorization: Bearer …`.", secret=True
    )
    enforce_csrf_checks: bool = _setting(
        True,
        "Ask for a CSRF token on the forms for signing in and up. Off for scripts that post them; the check of the origin stays.",
        old=("LABEL_STUDIO_USE_ENFORCE_CSRF_CHECKS", "USE_ENFORCE_CSRF_CHECKS"),
    )
    username: str = _setting(
        "", "E-mail of the first user, made at start when no account exists.", old=("LABEL_STUDIO_USERNAME",)
    )
    password: str = _setting("", "Password of the first user.", old=("LABEL_STUDIO_PASSWORD",), secret=True)
    basic_auth: bool = _setting(
        False,
        "Refuse every request without `username` and `password` (HTTP Basic), a token or a session, as servers of 0.x "
        "do. On for a project folder that is started with a password.",
    )
    user_token: str = _setting(
        "", "Legacy API token of the first user.", old=("LABEL_STUDIO_USER_TOKEN",), secret=True
    )
    enable_legacy_api_token: bool = _setting(
        False,
        "Let `Authorization: Token …` work in the organization made at start.",
        old=("LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN",),
    )
    local_mode: bool = _setting(
        True,
        "While no account exists, the person at this machine works without signing in. Off: sign-up comes first.",
    )
    multi_session: bool = _setting(
        False,
        "Everybody who comes without a cookie gets a private project, as with `start-multi-session`. Nobody signs in.",
    )
    initial_project_description: str = _setting("", "Description of the project that each new visitor gets.")
    initial_label_config: str = _setting("", "Label config (XML) of the project that each new visitor gets.")
    open_signup: bool = _setting(False, "Let anybody sign up without an invitation.")
    disable_signup_without_link: bool = _setting(
        False,
        "Refuse every sign-up without an invitation, even the first.",
        old=("LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK", "DISABLE_SIGNUP_WITHOUT_LINK"),
    )
    current_project: str = _setting(
        "",
        "Title of the project that clients of Label Studio 0.x (`/api/project`, …) work with. Default: the oldest.",
    )
    allow_delete_annotations: bool = _setting(
        True,
        "Let annotations be deleted. Off: it is a 422. `allow_delete_completions` in the `config.json` of a project folder.",
    )
    allow_serving_local_files: bool = _setting(
        False,
        "Serve the media directories that projects registered (`init --input-format=image-dir …`).",
        old=("LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED", "LOCAL_FILES_SERVING_ENABLED"),
    )
    local_files_document_root: str = _setting(
        "",
        "Directory below which projects may have storages of local files, to read and to write. Takes "
        "`allow_serving_local_files` too. Default: none but those named on the command line.",
        old=("LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT", "LOCAL_FILES_DOCUMENT_ROOT"),
    )
    s3_endpoint: str = _setting(
        "",
        "Address of the S3 server of storages that name none. Default: Amazon's own. It may be a private address.",
        old=("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "S3_ENDPOINT"),
    )
    s3_region: str = _setting(
        "",
        "Region of storages that name none. Default: us-east-1.",
        old=("AWS_REGION", "AWS_DEFAULT_REGION", "S3_REGION"),
    )
    aws_access_key_id: str = _setting(
        "",
        "Credentials of S3 storages that bring none and name no endpoint; administrators may connect such ones.",
        old=("AWS_ACCESS_KEY_ID",),
        secret=True,
    )
    aws_secret_access_key: str = _setting(
        "", "Belongs to `aws_access_key_id`.", old=("AWS_SECRET_ACCESS_KEY",), secret=True
    )
    aws_session_token: str = _setting(
        "", "Belongs to `aws_access_key_id`, where it ends.", old=("AWS_SESSION_TOKEN",), secret=True
    )
    max_import_tasks: int = _setting(250_000, "Largest number of tasks in one import request.")
    max_import_bytes: int = _setting(200 * MIB, "Largest import request, in bytes.")
    max_body_bytes: int = _setting(16 * MIB, "Largest body of any other request, in bytes.")
    max_upload_bytes: int = _setting(10 * GIB, "Largest file that can be uploaded in pieces, in bytes.")
    max_open_uploads: int = _setting(
        10_000,
        "Largest number of uploads in pieces that one user may have unfinished or waiting for their import.",
    )
    upload_ttl_hours: int = _setting(
        24, "How long an upload in pieces is kept after its last piece when no import takes it."
    )
    max_import_files: int = _setting(10_000, "Largest number of files in one import.")
    max_form_files: int = _setting(
        1_000,
        "Largest number of files in the form of an import request. More are uploaded first and named in it.",
    )
    max_unpacked_bytes: int = _setting(
        1024 * MIB, "Largest total size of the files in the archives of one import request, in bytes."
    )
    max_unpacked_files: int = _setting(10_000, "Largest number of files in one archive of an import request.")
    import_wait_seconds: float = _setting(
        300.0, "How long an import request waits for its tasks before it answers with the import's id only."
    )
    async_import: bool = _setting(False, "Answer every import at once with its id, as the paid editions do.")
    task_lock_ttl_seconds: int = _setting(
        900,
        "How long a task stays with the annotator it was handed to, unless renewed.",
        old=("LABEL_STUDIO_TASK_LOCK_TTL", "TASK_LOCK_TTL"),
    )
    label_stream_history_limit: int = _setting(
        100,
        "How many tasks the list of what somebody worked on in a project has.",
        old=("LABEL_STUDIO_LABEL_STREAM_HISTORY_LIMIT", "LABEL_STREAM_HISTORY_LIMIT"),
    )
    keep_deleted_tasks_days: int = _setting(
        7,
        "How many days tasks that were deleted in the data manager can be brought back. 0: they are gone at once.",
    )
    sqlite_synchronous: str = _setting(
        "FULL",
        "`FULL`: a saved label survives a power cut. `NORMAL`: faster, survives a crash of the server only.",
    )
    database_readers: int = _setting(
        4, "Reader threads of the embedded database, or connections of the PostgreSQL pool."
    )
    job_threads: int = _setting(2, "Jobs that run at the same time.")
    legacy_token_readable: bool = _setting(
        True, "Let a signed-in user read back the own legacy token (`GET /api/current-user/token`)."
    )
    webhook_timeout_seconds: float = _setting(
        10.0,
        "How long a webhook's other side may take to answer, in seconds.",
        old=("LABEL_STUDIO_WEBHOOK_TIMEOUT", "WEBHOOK_TIMEOUT"),
    )
    webhook_threads: int = _setting(8, "Webhooks that are told something at the same time.")
    webhook_log_days: int = _setting(
        14, "How long the log of what webhooks delivered, and what they could not deliver, is kept, in days."
    )
    ml_block_local_ip: bool = _setting(
        True,
        "Refuse ML backends at private addresses. Off: whoever manages a project may connect those of the operator's own "
        "network; `outbound_allow` opens single ones instead.",
        old=("LABEL_STUDIO_ML_BLOCK_LOCAL_IP", "ML_BLOCK_LOCAL_IP"),
    )
    ml_send_token: bool = _setting(
        False,
        "Hand an ML backend the legacy API token of whoever gave its address, so that it can fetch files of tasks. It can "
        "do everything then that this user can.",
    )
    ml_connect_seconds: float = _setting(2.0, "How long connecting to an ML backend may take, in seconds.")
    ml_short_seconds: float = _setting(
        3.0,
        "How long an ML backend may take to say that it is there, to be set up and to list its versions, in seconds.",
    )
    ml_predict_seconds: float = _setting(
        100.0,
        "How long an ML backend may take for predictions and training, unless it has a `timeout`, in seconds.",
    )
    ml_interactive_seconds: float = _setting(
        30.0, "How long an ML backend may take while somebody who labels waits for it, in seconds."
    )
    ml_next_seconds: float = _setting(
        1.5, "How long handing out a task waits for an ML backend to predict for it, in seconds."
    )
    ml_retries: int = _setting(2, "How often a request to an ML backend that got no connection is repeated.")
    ml_batch_tasks: int = _setting(32, "Largest number of tasks in one request to an ML backend.")
    ml_max_answer_bytes: int = _setting(64 * MIB, "Largest answer of an ML backend, in bytes.")
    ml_threads: int = _setting(2, "ML backends that are asked in the background at the same time.")
    ssrf_protection: bool = _setting(
        True,
        "Refuse to connect to private, loopback, link-local and reserved addresses when fetching for users.",
        old=("LABEL_STUDIO_SSRF_PROTECTION_ENABLED", "SSRF_PROTECTION_ENABLED"),
    )
    outbound_allow: str = _setting(
        "",
        "Comma-separated host names, addresses and networks to connect to although they are private, each with or "
        "without a port, e.g. `minio:9000, 10.1.0.0/16`.",
    )
    outbound_ca_file: str = _setting(
        "",
        "PEM file of certificate authorities to trust beside those of the system, when connecting to other servers.",
    )

    @property
    def database_path(self) -> Path:
        return self.data_dir / "labelyard.sqlite3"

    @property
    def spool_dir(self) -> Path:
        return self.data_dir / "spool"

    @property
    def uploads_dir(self) -> Path:
        return self.spool_dir / "uploads"

    @property
    def media_dir(self) -> Path:
        return self.data_dir / "media"

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK_HOSTS or self.host.startswith("127.")

    @property
    def may_be_local(self) -> bool:
        """Whether somebody without credentials may be the owner, as long as there is no account."""
        return self.local_mode and self.is_loopback and not self.basic_auth and not self.multi_session


def load(
    overrides: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
    base: Mapping[str, Any] | None = None,
) -> Settings:
    """Settings from file, environment and command line. `overrides` with value None are left out.

    `base`: in place of the defaults, what a project folder says.
    """
    environ = os.environ if environ is None else environ
    if file is None and environ.get("LABELYARD_SETTINGS"):
        file = Path(environ["LABELYARD_SETTINGS"])
    values: dict[str, Any] = dict(base or {})
    if file is not None:
        values.update(_from_file(file))
    values.update(_from_environment(environ))
    values.update({name: value for name, value in (overrides or {}).items() if value is not None})
    settings = Settings(**values)
    if settings.metrics not in METRICS:
        raise SettingsError(
            f"The setting 'metrics' is one of {', '.join(METRICS)}, not {settings.metrics!r}."
        )
    if not 1 <= settings.port <= _MAX_PORT:
        raise SettingsError(f"The port must be a number from 1 to {_MAX_PORT}, not {settings.port}.")
    if settings.basic_auth and not settings.password:
        raise SettingsError("The setting 'basic_auth' needs a password: set LABELYARD_PASSWORD.")
    if bool(settings.cert_file) != bool(settings.key_file):
        raise SettingsError("HTTPS needs both files: the certificate (--cert) and its key (--key).")
    if settings.data_dir == Path():
        settings = replace(settings, data_dir=default_data_dir())
    return replace(settings, data_dir=settings.data_dir.expanduser().resolve())


def _from_file(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not valid TOML: {error}.") from error
    known = {each.name for each in fields(Settings)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise SettingsError(
            f"{file}: unknown setting {unknown[0]!r}. See `labelyard settings` for all names."
        )
    return {name: _convert(name, value, str(file)) for name, value in table.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for each in fields(Settings):
        for variable in variables(each.name):
            text = environ.get(variable)
            if text:
                values[each.name] = _convert(each.name, text, variable)
                break
    return values


def without_effect(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables of Label Studio in the environment that do nothing here → why."""
    found = {}
    for name, reason in WITHOUT_EFFECT.items():
        for variable in (name, f"LABEL_STUDIO_{name}"):
            if environ.get(variable):
                found[variable] = reason
    return found


def variables(name: str) -> tuple[str, ...]:
    """Environment variables that set `name`, the one that wins first."""
    metadata = next(each.metadata for each in fields(Settings) if each.name == name)
    return (f"LABELYARD_{name.upper()}", *metadata["old"])


def _convert(name: str, value: Any, source: str) -> Any:
    wanted = Settings.__annotations__[name]
    try:
        if wanted is bool:
            return _boolean(value)
        if wanted is Path:
            return Path(value)
        if get_args(wanted):
            return value
        return wanted(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"{source}: {value!r} is no {wanted.__name__} for the setting {name!r}."
        ) from error


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ValueError(word)
