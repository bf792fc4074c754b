"""Everything that an import is to read, brought into its directory: addresses fetched, archives taken apart.

It changes only the import's directory and can be done again from the start.
"""

import re
import time
from pathlib import Path

import msgspec
from anyio import to_thread

from labelyard.context import Context
from labelyard.files import service as files
from labelyard.formats.readers.base import ReadError
from labelyard.formats.readers.containers import Limits as UnpackLimits
from labelyard.formats.readers.containers import expand, is_container
from labelyard.imports.model import Origin, SourceFile
from labelyard.kit import net
from labelyard.kit.errors import Invalid
from labelyard.label.config import parse

FETCH_SECONDS = 300.0  # for all addresses of an import
_HEAD = 16
_LIST_OF_URLS = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[\s*\{\s*"url"\s*:\s*"https?://', re.IGNORECASE)
_MAX_LIST = 1 << 20  # bytes of a JSON body that may be a list of addresses


class _Address(msgspec.Struct, forbid_unknown_fields=True):
    url: str


_addresses = msgspec.json.Decoder(list[_Address]).decode


def read_addresses(origin: Origin, label_config: str) -> None:
    """Take a JSON body that is a list of addresses for what it stands for, unless the config reads a `url`."""
    urls = urls_of_body(origin)
    if urls and "url" not in parse(label_config).data_keys:
        origin.urls, origin.body = urls, None
    origin.url = next(iter(origin.urls), None)


def urls_of_body(origin: Origin) -> list[str]:
    """The addresses of a JSON body that is a list of `{"url": "http…"}` and nothing else; none of another one."""
    if origin.body is None or origin.size > _MAX_LIST:
        return []
    body = Path(origin.body).read_bytes()
    if not _LIST_OF_URLS.match(body):
        return []
    try:
        urls = [each.url for each in _addresses(body.removeprefix(b"\xef\xbb\xbf"))]
    except (msgspec.DecodeError, RecursionError):
        return []
    return urls if all(each.lower().startswith(("http://", "https://")) for each in urls) else []


async def gather_in_thread(ctx: Context, project_id: int, origin: Origin) -> None:
    """`gather`; where it waits for other servers in a thread that no other request needs."""
    run = net.in_thread if origin.urls else to_thread.run_sync
    await run(gather, ctx, project_id, origin)


def gather(ctx: Context, project_id: int, origin: Origin) -> None:
    """Bring together the files of `origin`, with names to be stored under. Invalid names the address or file at fault."""
    if origin.gathered:
        return
    directory, settings = Path(origin.directory), ctx.settings
    found = list(origin.files)
    until = time.monotonic() + FETCH_SECONDS
    for number, url in enumerate(origin.urls):
        left = settings.max_import_bytes - sum(file.size for file in found)
        limits = net.Limits(max_bytes=max(left, 1), total_seconds=max(until - time.monotonic(), 0.1))
        found.append(_fetch(ctx, url, directory / f"url-{number}", limits))
    made: list[SourceFile] = []
    total = settings.max_unpacked_bytes
    for file in found:
        members = _expanded(file, directory, UnpackLimits(total, settings.max_unpacked_files))
        if members != [file]:
            total = max(total - sum(member.size for member in members), 0)
        made += members
    origin.files = [_named(file, number, project_id) for number, file in enumerate(made, 1)]
    origin.urls, origin.gathered = [], True
    if made:
        origin.size = sum(file.size for file in made)


def _named(file: SourceFile, number: int, project_id: int) -> SourceFile:
    if file.upload_id is not None:
        return file
    key = files.new_key(project_id, file.name)
    return msgspec.structs.replace(file, number=number, key=key, url=files.upload_url(key))


def _fetch(ctx: Context, url: str, path: Path, limits: net.Limits) -> SourceFile:
    try:
        fetched = net.download(url, path, limits, ctx.outbound)
    except net.NetError as error:
        raise Invalid(f"{url[:500]} cannot be imported: {error.message}") from None
    return SourceFile(fetched.name, str(path), fetched.size)


def _expanded(file: SourceFile, directory: Path, limits: UnpackLimits) -> list[SourceFile]:
    """The files in an archive; another file as it is, and so is one that was stored before."""
    path = Path(file.path)
    if file.upload_id is not None:
        return [file]
    with path.open("rb") as opened:
        if not is_container(opened.read(_HEAD)):
            return [file]
    try:
        members = expand(path, file.name, directory, limits)
    except ReadError as error:
        raise Invalid(f"Failed to parse input file {file.name}: {error}") from None
    if [member.path for member in members] == [path]:
        return [file]
    return [SourceFile(member.name, str(member.path), member.size, upload=file.upload) for member in members]
