"""HTTP/1.1 as uvicorn speaks it, with bounds for what comes before and after a body.

uvicorn keeps headers of any size, and says in a text of its own what it refuses: here that is the error envelope.
"""

import uuid
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from labelyard.kit.http.errors import envelope

MAX_TARGET = 65_535  # bytes of path and query; the parser of addresses counts no further
MAX_HEADERS = 65_536  # bytes, names and separators included
_SEPARATORS = len(b": \r\n")
_LONG_TARGET = (
    HTTPStatus.REQUEST_URI_TOO_LONG,
    f"The address is longer than {MAX_TARGET} bytes. Send the request in several parts.",
)
_LARGE_HEADERS = (
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"The headers are larger than {MAX_HEADERS} bytes.",
)


class _Refused(Exception):
    """Ends the parsing."""


class BoundedProtocol(HttpToolsProtocol):
    _headers = 0  # bytes of the headers that are complete
    _pending = 0  # bytes that came since the parser told of any
    _refusal = (HTTPStatus.BAD_REQUEST, "This is not valid HTTP.")

    def data_received(self, data: bytes) -> None:
        self._pending += len(data)
        super().data_received(data)
        # The parser tells of a header when it is complete: of one that has no end, never.
        if self._pending > MAX_HEADERS and not self.transport.is_closing():
            self._refusal = _LARGE_HEADERS
            self.send_400_response("")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._headers = self._pending = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._pending = 0
        if len(self.url) > MAX_TARGET:
            self._refusal = _LONG_TARGET
            raise _Refused

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._pending = 0
        self._headers += len(name) + len(value) + _SEPARATORS
        if self._headers > MAX_HEADERS:
            self._refusal = _LARGE_HEADERS
            raise _Refused

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._pending = 0

    def send_400_response(self, msg: str) -> None:
        """Say why the connection ends, with the status for that."""
        status, detail = self._refusal
        error_id = str(uuid.uuid4())
        answer = envelope(
            status, detail, headers={"Connection": "close", "X-Request-ID": error_id}, error_id=error_id
        )
        lines = [b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode())]
        lines += [b"%b: %b\r\n" % each for each in (*self.server_state.default_headers, *answer.raw_headers)]
        self.transport.write(b"".join([*lines, b"\r\n", bytes(answer.body)]))
        self.transport.close()
