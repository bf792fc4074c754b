"""What an ML backend is asked over HTTP, in the protocol of Label Studio's ML backends (1.x, and that of 0.x).

Everything that goes wrong is a `BackendError` in words of ours: what the other side said is never in it, because it
could be anything, from a traceback to the inside of somebody's network. The calls block; run them in a job or with
`kit.net.in_thread`.
"""

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import msgspec

from labelyard import __version__
from labelyard.kit.net import Limits, NetError, Policy, Response, request
from labelyard.settings import Settings

MIB = 1024 * 1024
_SMALL = 64 * 1024  # bytes of answers that say little
_MAX_VERSIONS = 1000
MAX_VERSION = 1000  # characters of the name of a version
_RETRIED = frozenset({429, 502, 503, 504})

Kind = Literal["address", "unreachable", "timeout", "status", "answer"]


class BackendError(Exception):
    """A backend that did not do what it was asked. `kind`: it may not be called (`address`), is not there, took too
    long, answered with an error (`status`), or with something that is no answer. `message` is a sentence of ours."""

    def __init__(self, kind: Kind, message: str, *, status: int | None = None, passing: bool = False) -> None:
        super().__init__(message)
        self.kind: Final = kind
        self.message: Final = message
        self.status: Final = status
        self.passing: Final = passing  # the same may work a moment later


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long each call may take, in seconds, how often it is repeated, and how much may come back, in bytes."""

    connect: float
    short: float
    interactive: float
    retries: int
    max_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> "Waits":
        return cls(
            connect=settings.ml_connect_seconds,
            short=settings.ml_short_seconds,
            interactive=settings.ml_interactive_seconds,
            retries=settings.ml_retries,
            max_bytes=settings.ml_max_answer_bytes,
        )


def policy_of(settings: Settings, outbound: Policy) -> Policy:
    """Which addresses backends may have: those of every fetch, and private ones where the operator says so."""
    return replace(outbound, protect=outbound.protect and settings.ml_block_local_ip)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A backend to call. `timeout`: seconds for predictions and training; `protocol`: 1, or 0 for that of 0.x."""

    url: str
    user: str | None = None
    password: str | None = None
    timeout: float = 100.0
    protocol: int = 1

    @property
    def authorization(self) -> str:
        """The value of the header `Authorization`."""
        pair = f"{self.user or ''}:{self.password or ''}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


@dataclass(frozen=True, slots=True)
class Caller:
    """Speaks to one backend."""

    target: Target
    waits: Waits
    policy: Policy

    def health(self) -> int:
        """Ask whether it is there; the protocol that it speaks (0 or 1). BackendError."""
        answer = self._call("GET", "/health", None, self.waits.short)
        try:
            said = msgspec.json.decode(answer.body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return 1  # a server of somebody's own; that it answers 200 is what counts
        # The server of 0.x tells of its directory and nothing else; later ones tell `model_class` or `v2` too.
        return 0 if "model_dir" in said and not {"v2", "model_class"} & said.keys() else 1

    def setup(self, said: Mapping[str, Any]) -> str:
        """Tell it which project it works for; the version of its model, "" when it names none. BackendError."""
        answer = self._call("POST", "/setup", said, self.waits.short)
        try:
            return version_text(msgspec.json.decode(answer.body, type=_SetUp).model_version)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise BackendError(
                "answer", "The backend's answer to /setup is not the JSON it should be."
            ) from None

    def predict(self, said: bytes, seconds: float | None = None) -> bytes:
        """The answer to `/predict`, unread. `seconds`: at most, where less than the backend's own timeout."""
        most = self.target.timeout if seconds is None else min(seconds, self.target.timeout)
        return self._call("POST", "/predict", said, most, max_bytes=self.waits.max_bytes).body

    def versions(self) -> list[str] | None:
        """Versions that the backend can name, None for a backend that cannot say. BackendError."""
        try:
            answer = self._call("GET", "/versions", None, self.waits.short, max_bytes=MIB)
            found = msgspec.json.decode(answer.body, type=_Versions).versions
        except BackendError as error:
            if error.status in {404, 405}:
                return None
            raise
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise BackendError(
                "answer", "The backend's list of versions is not the JSON it should be."
            ) from None
        return [version_text(each) for each in found[:_MAX_VERSIONS]]

    def start_training(self, said: Mapping[str, Any]) -> bool:
        """Tell it to train; False for a backend that knows no webhooks. BackendError."""
        try:
            self._call("POST", "/webhook", said, self.target.timeout, tries=1)
        except BackendError as error:
            if error.status in {404, 405}:
                return False
            raise
        return True

    def train(self, said: bytes) -> None:
        """The training of 0.x, which is sent everything at once. BackendError."""
        self._call("POST", "/train", said, self.target.timeout, tries=1)

    def _call(
        self,
        method: str,
        path: str,
        said: Mapping[str, Any] | bytes | None,
        seconds: float,
        *,
        max_bytes: int = _SMALL,
        tries: int | None = None,
    ) -> Response:
        body = b"" if said is None else said if isinstance(said, bytes) else msgspec.json.encode(said)
        ends = time.monotonic() + seconds
        left = 1 + self.waits.retries if tries is None else tries
        pause = 0.2
        while True:
            left -= 1
            try:
                return self._once(method, path, body, max(ends - time.monotonic(), 0.1), max_bytes)
            except BackendError as error:
                if not error.passing or not left or time.monotonic() + pause >= ends:
                    raise
            time.sleep(pause)
            pause *= 2

    def _once(self, method: str, path: str, body: bytes, seconds: float, max_bytes: int) -> Response:
        limits = Limits(
            max_bytes=max_bytes,
            connect_seconds=min(self.waits.connect, seconds),
            read_seconds=seconds,
            total_seconds=seconds,
        )
        try:
            answer = request(
                method,
                self.target.url + path,
                headers=self._headers(with_body=bool(body)),
                body=body,
                limits=limits,
                policy=self.policy,
            )
        except NetError as error:
            raise _in_our_words(error) from None
        if not 200 <= answer.status < 300:
            raise BackendError(
                "status",
                f"The backend answered {path} with the status {answer.status}.",
                status=answer.status,
                passing=answer.status in _RETRIED,
            )
        return answer

    def _headers(self, *, with_body: bool) -> dict[str, str]:
        made = {"User-Agent": f"heartex/Labelyard-{__version__}"}  # the first word is what backends look for
        if with_body:
            made["Content-Type"] = "application/json"
        if self.target.user is not None:
            made["Authorization"] = self.target.authorization
        return made


def _in_our_words(error: NetError) -> BackendError:
    match error.code:
        case "bad_url" | "bad_request" | "forbidden_address":
            return BackendError("address", error.message)
        case "too_large" | "bad_encoding" | "protocol" | "redirect" | "status":
            return BackendError("answer", error.message)
        case "timeout":  # not tried again: it has cost what there was to wait
            return BackendError("timeout", error.message)
        case _:
            return BackendError("unreachable", error.message, passing=error.code == "unreachable")


class _SetUp(msgspec.Struct):
    model_version: Any = None


class _Versions(msgspec.Struct):
    versions: list[Any]


def version_text(given: Any) -> str:
    """The name of a version: a text, or a number as a text; "" for anything else."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return ""
    return str(given).replace("\x00", "")[:MAX_VERSION]
