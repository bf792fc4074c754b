"""Loggers that cost nothing until something is logged.

structlog brings rich along, a tenth of the time in which the server starts; a quiet server needs neither.
"""

import logging
import sys
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, TextIO, cast

# The id of the request that is being answered; None outside of one.
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

Format = Literal["auto", "console", "json"]


@dataclass(slots=True)
class _Choice:
    level: int = logging.INFO
    as_json: bool = False


_choice = _Choice()


def configure(level: str, form: str) -> None:
    """What is logged from now on, and how: `console` lines, `json` lines, or `auto`: console on a terminal."""
    _choice.level = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    _choice.as_json = form == "json" or (form != "console" and not sys.stderr.isatty())


class _StandardError:
    """Wherever standard error goes when a line is written; it may be redirected after the logger was made."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


class Logger:
    """`structlog.get_logger(name)`, imported at the first message."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._log: Any = None

    def debug(self, event: str, **values: Any) -> None:
        self._logger().debug(event, **values)

    def info(self, event: str, **values: Any) -> None:
        self._logger().info(event, **values)

    def warning(self, event: str, **values: Any) -> None:
        self._logger().warning(event, **values)

    def error(self, event: str, **values: Any) -> None:
        self._logger().error(event, **values)

    def exception(self, event: str, **values: Any) -> None:
        """An error with the exception that is being handled."""
        self._logger().exception(event, **values)

    def _logger(self) -> Any:
        if self._log is None:
            self._log = _make(self._name)
        return self._log


def _add_request_id(_log: Any, _method: str, values: Any) -> Any:
    current = request_id.get()
    if current is not None:
        values.setdefault("request_id", current)
    return values


def _make(name: str) -> Any:
    import structlog  # here, because of what the module says at its top

    # Tracebacks are plain text: a rich one shows local variables, and these may hold what users labeled.
    render = (
        structlog.processors.JSONRenderer()
        if _choice.as_json
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    log = structlog.wrap_logger(
        structlog.PrintLogger(cast(TextIO, _StandardError())),
        processors=[
            structlog.processors.add_log_level,
            _add_request_id,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if _choice.as_json else []),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_choice.level),
    )
    return log.bind(logger=name)
