"""A multipart body streamed to disk part by part; neither a file nor the body is ever held in memory."""

from collections.abc import AsyncIterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from labelyard.kit.errors import BadRequest, Invalid, TooLarge

if TYPE_CHECKING:  # the library defines it for type checkers only
    from python_multipart.multipart import MultipartCallbacks

MAX_VALUE = 16 * 1024 * 1024  # bytes of a part that is no file
MAX_FIELDS = 1000
_MAX_HEADERS = 16 * 1024  # bytes of the headers of one part


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file part: the name its sender gave it, that of its field, and where its bytes are."""

    name: str
    path: Path
    size: int
    field: str = ""


@dataclass(slots=True)
class Form:
    files: list[ReceivedFile] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)


async def receive(
    stream: AsyncIterable[bytes], content_type: str, directory: Path, *, max_files: int, max_bytes: int
) -> Form:
    """Write the file parts of a multipart body into `directory` as `0`, `1`, ….

    BadRequest for a malformed body, TooLarge beyond a limit (which is named). The caller removes the directory.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise BadRequest("The multipart body has no boundary in its content type.")
    parts = _Parts(directory, max_files)
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        seen = 0
        async for chunk in stream:
            seen += len(chunk)
            if seen > max_bytes:
                raise TooLarge(f"The request is larger than the limit of {max_bytes} bytes.")
            parser.write(chunk)
        parser.finalize()
    except MultipartParseError as error:
        raise BadRequest(f"The multipart body is malformed: {error}.") from error
    finally:
        parts.close()
    if not parts.ended:
        raise BadRequest("The multipart body ends too early.")
    return parts.form


class _Parts:
    """Takes what the parser finds."""

    def __init__(self, directory: Path, max_files: int) -> None:
        self.form = Form()
        self.ended = False
        self._directory = directory
        self._max_files = max_files
        self._headers: dict[bytes, bytes] = {}
        self._header_field = b""
        self._header_value = b""
        self._header_bytes = 0
        self._name = ""
        self._file_name = ""
        self._file: BinaryIO | None = None
        self._value = bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._open,
            "on_end": self._finish,
        }

    def close(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def _begin(self) -> None:
        self._headers = {}
        self._header_bytes = 0
        self._value = bytearray()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_field += self._header(data, start, end)

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += self._header(data, start, end)

    def _header(self, data: bytes, start: int, end: int) -> bytes:
        self._header_bytes += end - start
        if self._header_bytes > _MAX_HEADERS:
            raise BadRequest("The headers of a part of the multipart body are too long.")
        return data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header_field.lower()] = self._header_value
        self._header_field = self._header_value = b""

    def _open(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        file_name = options.get(b"filename")
        if file_name is None:
            if sum(map(len, self.form.fields.values())) >= MAX_FIELDS:
                raise TooLarge(f"The form has more than {MAX_FIELDS} fields.")
            return
        # A part without a name of its own may still be called by its field, as older clients do.
        self._file_name = file_name.decode("utf-8", "replace") or self._name
        number = len(self.form.files)
        if number >= self._max_files:
            raise Invalid(
                f"More than {self._max_files} files in one request. Send them in several requests, or upload them first."
            )
        self._file = (self._directory / str(number)).open("xb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > MAX_VALUE:
            raise TooLarge(f"A form field is larger than the limit of {MAX_VALUE} bytes.")

    def _end(self) -> None:
        if self._file is None:
            value = bytes(self._value).decode("utf-8", "replace")
            self.form.fields.setdefault(self._name, []).append(value)
            return
        size = self._file.tell()
        path = Path(self._file.name)
        self._file.close()
        self._file = None
        self.form.files.append(ReceivedFile(self._file_name, path, size, self._name))

    def _finish(self) -> None:
        self.ended = True
