"""The body of an import request, streamed to the spool."""

from collections.abc import AsyncIterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import msgspec

from labelyard.files import service as files
from labelyard.files.multipart import receive as receive_multipart
from labelyard.imports.model import Origin, SourceFile
from labelyard.kit.errors import Invalid, TooLarge, UnsupportedMedia
from labelyard.settings import Settings

INLINE_NAME = "inplace.json"
_NO_DATA = "load_tasks: No data found: send JSON, files, or a form with url"


@dataclass(frozen=True, slots=True)
class Received:
    """What arrived, and the texts of the form that came with it."""

    origin: Origin
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)


async def receive(
    stream: AsyncIterable[bytes], content_type: str, directory: Path, project_id: int, settings: Settings
) -> Received:
    """Spool a JSON body, the files of a multipart form, or the inline JSON of a form's `url`.

    UnsupportedMedia for other types, TooLarge beyond the limits, Invalid when there is nothing to import.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return Received(await _body(stream, directory, settings.max_import_bytes))
    if kind == "multipart/form-data":
        return await _files(stream, content_type, directory, project_id, settings)
    if kind == "application/x-www-form-urlencoded":
        text = b"".join([chunk async for chunk in _limited(stream, settings.max_body_bytes)])
        values = parse_qs(text.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100)
        return Received(_inline(values.get("url", []), directory), values)
    if not kind and not [chunk async for chunk in stream if chunk]:
        raise Invalid(_NO_DATA)
    raise UnsupportedMedia(
        f'Unsupported media type: "{kind}". Send application/json, multipart/form-data with files, or a form with url.'
    )


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
    stream: AsyncIterable[bytes], content_type: str, directory: Path, project_id: int, settings: Settings
) -> Received:
    form = await receive_multipart(
        stream,
        content_type,
        directory,
        max_files=settings.max_import_files,
        max_bytes=settings.max_import_bytes,
    )
    if not form.files:
        return Received(_inline(form.fields.get("url", []), directory), form.fields)
    sources = []
    for number, file in enumerate(form.files, 1):
        key = files.new_key(project_id, file.name)
        url = files.upload_url(key)
        sources.append(SourceFile(file.name, str(file.path), file.size, number=number, key=key, url=url))
    origin = Origin(directory=str(directory), size=sum(file.size for file in sources), files=sources)
    return Received(origin, form.fields)


def _inline(urls: list[str], directory: Path) -> Origin:
    """Tasks that a form has as JSON text in the place of an address."""
    text = urls[0].strip() if urls else ""
    if not text:
        raise Invalid(_NO_DATA)
    body = _json_of(text)
    if body is None:
        raise Invalid(
            "Importing from an address is not available in this release. Download the file and send it, "
            "or put the tasks as JSON into url."
        )
    path = directory / "body"
    path.write_bytes(body)
    source = SourceFile(INLINE_NAME, str(path), len(body))
    return Origin(directory=str(directory), size=len(body), files=[source])


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
