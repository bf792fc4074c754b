"""Problems that a caller caused, raised anywhere and rendered at the HTTP or CLI edge.

A service raises one of these; nothing else may reach a client as a 4xx. The HTTP shape (the documented error
envelope) is made in `kit.http.errors`; the command line prints `detail` and the field messages.
"""

from collections.abc import Mapping, Sequence
from typing import Any

# What goes under `validation_errors`: field → messages, nested like the body that was sent.
FieldErrors = Mapping[str, Any]


class Problem(Exception):
    """A request that cannot be carried out, with the HTTP status that says so."""

    status = 400

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})

    @property
    def validation_errors(self) -> FieldErrors | None:
        return None


class Invalid(Problem):
    """A well-formed request with wrong content: 400 with `validation_errors`."""

    status = 400

    def __init__(self, errors: FieldErrors | str | Sequence[Any]) -> None:
        super().__init__("Validation error")
        if isinstance(errors, str):
            errors = {"non_field_errors": [errors]}
        elif not isinstance(errors, Mapping):
            errors = {"non_field_errors": list(errors)}
        self.errors = errors

    @property
    def validation_errors(self) -> FieldErrors:
        return self.errors

    def __str__(self) -> str:
        return "; ".join(f"{field}: {messages}" for field, messages in self.errors.items())


class BadRequest(Problem):
    """A request that cannot be understood at all (400 without field errors)."""


class Unauthenticated(Problem):
    """No credentials, or credentials that do not hold."""

    status = 401

    def __init__(self, detail: str = "Authentication credentials were not provided.") -> None:
        super().__init__(detail)


class Forbidden(Problem):
    """Known caller, not allowed."""

    status = 403

    def __init__(self, detail: str = "You do not have permission to perform this action.") -> None:
        super().__init__(detail)


class NotFound(Problem):
    """The object does not exist for this caller. Foreign objects look the same as missing ones."""

    status = 404

    def __init__(self, detail: str = "Not found.") -> None:
        super().__init__(detail)


class MethodNotAllowed(Problem):
    status = 405


class Conflict(Problem):
    """The state of the object does not allow this now (409)."""

    status = 409


class PreconditionFailed(Problem):
    """A condition that the request made does not hold (412)."""

    status = 412


class Locked(Problem):
    """Another request works on the object right now (423)."""

    status = 423


class RequestTimeout(Problem):
    """The client stopped sending in the middle of its request (408)."""

    status = 408


class TooLarge(Problem):
    """A body, file or list over the limit; the limit is named in the detail."""

    status = 413


class UnsupportedMedia(Problem):
    status = 415


class Unprocessable(Problem):
    """A request that contradicts an earlier one (422)."""

    status = 422


class ExpectationFailed(Problem):
    """A field that has to be there is missing (417, as Label Studio 0.x has it)."""

    status = 417


class NotSupported(Problem):
    """A documented request that this release cannot carry out (501)."""

    status = 501


class TooManyRequests(Problem):
    status = 429


class Unavailable(Problem):
    """The server cannot do it right now (503), for example while it shuts down."""

    status = 503


class NoSpace(Problem):
    """The server's disk is full (507)."""

    status = 507
