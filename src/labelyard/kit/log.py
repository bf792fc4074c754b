"""Loggers that cost nothing until something is logged.

structlog brings rich along, a tenth of the time in which the server starts; a quiet server needs neither.
"""

from typing import Any


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
            import structlog  # here, because of what the module says at its top

            self._log = structlog.get_logger(self._name)
        return self._log
