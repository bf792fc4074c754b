"""The body of an import request, streamed to the spool."""

from collections.abc import AsyncIterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import msgspec

from labelyard.files.multipart import ReceivedFile
from labelyard.files.multipart import receive as receive_multipart
from labelyard.formats.readers.registry import extension_of, extensions
from labelyard.imports.model import Origin, SourceFile
from labelyard.kit.errors import Invalid, TooLarge, UnsupportedMedia
from labelyard.kit.http.bodies import is_json
from labelyard.settings import Settings

INLINE_NAME = "inplace.json"
_NO_DATA = "load_tasks: No data found: send JSON, files, or a form with url"
_OTHER_FIELDS = 100  # of a form, beside one a file


@dataclass(frozen=True, slots=True)
class Received:
    """What arrived, the texts of the form that came with it, and ids of resumable uploads among them."""

    origin: Origin
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    uploads: Sequence[str] = ()


async def receive(
    stream: AsyncIterable[bytes],
    content_type: str,
    directory: Path,
    settings: Settings,
    *,
    by_field: bool = False,
) -> Received:
    """Spool a JSON body, the files of a multipart form, and what a form has in `url` and `upload`.

    `by_field`: a file whose name tells no format is called as its field is, when that one does.
    UnsupportedMedia for other types, TooLarge beyond the limits, Invalid when there is nothing to import.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if is_json(kind):
        return Received(await _body(stream, directory, settings.max_import_bytes))
    if kind == "multipart/form-data":
        return await _files(stream, content_type, directory, settings, by_field)
    if kind == "application/x-www-form-urlencoded":
        text = b"".join([chunk async for chunk in _limited(stream, settings.max_body_bytes)])
        most = settings.max_import_files + _OTHER_FIELDS
        try:
            values = parse_qs(text.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=most)
        except ValueError:
            raise TooLarge(f"The form has more than {most} fields.") from None
        return _form([], values, directory, settings)
    if not kind and not [chunk async for chunk in stream if chunk]:
        raise Invalid(_NO_DATA)
    raise UnsupportedMedia(
        f'Unsupported media type: "{kind}". Send application/json, multipart/form-data with files, or a form with url.'
    )


async def receive_json(stream: AsyncIterable[bytes], kind: str, directory: Path, settings: Settings) -> Path:
    """Spool a JSON body; the file. UnsupportedMedia for another type, TooLarge beyond the limit, Invalid when empty."""
    if kind and not is_json(kind):
        raise UnsupportedMedia(f'Unsupported media type: "{kind}". Send application/json.')
    origin = await _body(stream, directory, settings.max_import_bytes)
    return Path(origin.body or "")


async def _limited(stream: AsyncIterable[bytes], limit: int) -> AsyncIterable[bytes]:
    seen = 0
    async for chunk in stream:
        seen += len(chunk)
        if seen > limit:
            raise TooLarge(f"The request is larger than the limit of {limit} bytes.")
        yield chunk


async def _body(stream: AsyncIterable[bytes], directory: Path, limit: int) -> Origin:
    path = directory / "body"
    size = 0
    with path.open("wb") as file:
        async for chunk in _limited(stream, limit):
            size += file.write(chunk)
    if size <= 64 and path.read_bytes().strip() in (b"", b"null"):
        raise Invalid(_NO_DATA)
    return Origin(directory=str(directory), size=size, body=str(path))


async def _files(
    stream: AsyncIterable[bytes], content_type: str, directory: Path, settings: Settings, by_field: bool
) -> Received:
    form = await receive_multipart(
        stream,
        content_type,
        directory,
        max_files=min(settings.max_form_files, settings.max_import_files),
        max_bytes=settings.max_import_bytes,
    )
    sources = [
        SourceFile(_called(file) if by_field else file.name, str(file.path), file.size) for file in form.files
    ]
    return _form(sources, form.fields, directory, settings)


def _called(file: ReceivedFile) -> str:
    known = extensions()
    told = extension_of(file.name) not in known and extension_of(file.field) in known
    return file.field if told else file.name


def _form(
    sources: list[SourceFile], fields: Mapping[str, Sequence[str]], directory: Path, settings: Settings
) -> Received:
    """A form's files, and what stands in its `url` fields: addresses, or tasks as JSON text in their place."""
    urls: list[str] = []
    for text in filter(None, map(str.strip, fields.get("url", ()))):
        body = _json_of(text)
        if body is None:
            urls.append(text)
            continue
        path = directory / f"inline-{len(sources)}"
        path.write_bytes(body)
        sources.append(SourceFile(INLINE_NAME, str(path), len(body)))
    uploads = [text for text in fields.get("upload", ()) if text]
    number = len(sources) + len(urls) + len(uploads)
    if not number:
        raise Invalid(_NO_DATA)
    if number > settings.max_import_files:
        raise Invalid(
            f"More than {settings.max_import_files} files in one request. Send them in several requests."
        )
    origin = Origin(
        directory=str(directory), size=sum(file.size for file in sources), files=sources, urls=urls
    )
    return Received(origin, fields, uploads)


def _json_of(text: str) -> bytes | None:
    """The text as JSON, single quotes standing for double ones where it is none else; None for an address."""
    for each in (text, text.replace("'", '"')):
        body = each.encode("utf-8", "replace")
        try:
            found = msgspec.json.decode(body, type=msgspec.Raw)
        except (msgspec.DecodeError, RecursionError):
            continue
        if bytes(found)[:1] in (b"[", b"{"):
            return body
    return None
