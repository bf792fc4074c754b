"""Files inside files: gzip, Zstandard and zip, taken apart with every size counted while it is written.

What something is, its first bytes say. Nothing an archive claims is believed: not its sizes, not its names. Members
are written under names of our own, and stop where a limit is reached.
"""

import stat
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from importlib import import_module
from pathlib import Path, PurePosixPath
from tempfile import mkstemp
from typing import IO, Any

from labelyard.formats.readers.base import ReadError

MAX_NESTED = 2
_CHUNK = 1 << 18
_MAX_DIRECTORY = 4 << 20  # bytes of a zip's list of members, which is read at once
_WINDOW_LOG = 27  # 128 MiB: what the zstd program itself accepts without being told
_GZIP, _ZSTD, _ZIP, _EMPTY_ZIP = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"PK\x05\x06"
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}
_JUNK = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
# A zip with one of these is a document or a program of another format, not a bundle of files.
_NOT_BUNDLES = frozenset({"[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What may come out of one file.

    `total`: bytes of all files together, archives inside it included. `members`: number of files. `ratio`: how many
    times the size of the whole file, looked at once there are more than `ratio_from` bytes.
    """

    total: int
    members: int = 10_000
    ratio: int = 200
    ratio_from: int = 16 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One file: what it was called (with its folders), where it is now, its size in bytes."""

    name: str
    path: Path
    size: int


class _Out:
    """Writes what is unpacked, and counts it."""

    def __init__(self, directory: Path, limits: Limits, packed: int) -> None:
        self._directory = directory
        self._limits = limits
        self._allowed = max(limits.ratio_from, limits.ratio * packed)
        self._total = 0
        self._members = 0

    def expect(self, members: int, name: str) -> None:
        """ReadError when `members` more files, those of the archive `name`, are too many."""
        if self._members + members > self._limits.members:
            raise ReadError(
                f"{_quoted(name)}: there are more than {self._limits.members} files in the archive"
            )

    def write(self, stream: Any, name: str) -> Path:
        """Write what `stream` gives to a new file; ReadError at a limit."""
        self.expect(1, name)
        self._members += 1
        handle, path = mkstemp(prefix="member-", dir=self._directory)
        with open(handle, "wb") as file:  # noqa: PTH123, a descriptor
            while chunk := stream.read(_CHUNK):
                self._total += len(chunk)
                if self._total > self._limits.total:
                    raise ReadError(
                        f"{_quoted(name)}: unpacked, the files are larger than {self._limits.total} bytes"
                    )
                if self._total > self._allowed:
                    raise ReadError(
                        f"{_quoted(name)}: unpacked, the files are more than {self._limits.ratio} times as large"
                    )
                file.write(chunk)
        return Path(path)


# The files in the file at a path, called so: their names and where they are now.
_Unpack = Callable[[Path, str, _Out], Iterator[tuple[str, Path]]]


def is_container(head: bytes) -> bool:
    """Whether a file that begins with `head` may be one that `expand` takes apart."""
    return head.startswith((_GZIP, _ZSTD, _ZIP, _EMPTY_ZIP))


def expand(path: Path, name: str, directory: Path, limits: Limits) -> list[Member]:
    """The files in the file at `path`, called `name`; a file that is no container comes back as it is.

    They are written below `directory`, which exists. Archives inside are taken apart too, MAX_NESTED levels in all.
    ReadError says which member is wrong in which way; what was written until then is left to the caller.
    """
    members = list(_expanded(path, name, _Out(directory, limits, path.stat().st_size), level=0))
    if not members:
        raise ReadError(f"{_quoted(name)} holds no files")
    return members


def _expanded(path: Path, name: str, out: _Out, level: int) -> Iterator[Member]:
    unpack = _kind(path)
    if unpack is None:
        yield Member(name, path, path.stat().st_size)
        return
    if level >= MAX_NESTED:
        raise ReadError(
            f"{_quoted(name)}: archives inside archives are read {MAX_NESTED} levels deep, not deeper"
        )
    for inner, written in unpack(path, name, out):
        yield from _expanded(written, inner, out, level + 1)
        if _kind(written) is not None:
            written.unlink()


def _kind(path: Path) -> _Unpack | None:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(_GZIP):
        return _gzip
    if head.startswith(_ZSTD):
        return _zstd
    if head.startswith((_ZIP, _EMPTY_ZIP)) and not _is_document(path):
        return _zip
    return None


def _gzip(path: Path, name: str, out: _Out) -> Iterator[tuple[str, Path]]:
    try:
        with GzipFile(path) as stream:
            yield _without(name, ".gz", ".gzip"), out.write(stream, name)
    except (EOFError, BadGzipFile, zlib.error) as error:
        raise ReadError(f"{_quoted(name)} is not a whole gzip file: {error}") from None


def _zstd(path: Path, name: str, out: _Out) -> Iterator[tuple[str, Path]]:
    zstd = _zstd_library()
    options = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    try:
        with zstd.ZstdFile(path, options=options) as stream:
            yield _without(name, ".zst", ".zstd"), out.write(stream, name)
    except (EOFError, zstd.ZstdError) as error:
        raise ReadError(f"{_quoted(name)} is not a whole Zstandard file: {error}") from None


def _zstd_library() -> Any:
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def _without(name: str, *suffixes: str) -> str:
    for suffix in suffixes:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def _zip(path: Path, name: str, out: _Out) -> Iterator[tuple[str, Path]]:
    with path.open("rb") as packed:
        archive = _open_zip(packed, name)
        members = list(_members(archive, name))
        out.expect(len(members), name)
        for info in members:
            inner = f"{name}/{info.filename}"
            try:
                with archive.open(info) as stream:
                    written = out.write(stream, inner)
            except (
                zipfile.BadZipFile,
                zlib.error,
                EOFError,
                OSError,
                NotImplementedError,
                RuntimeError,
            ) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # of the disk, not of the archive
                raise ReadError(f"{_quoted(inner)} cannot be unpacked: {error}") from None
            yield info.filename, written


class _Bounded:
    """A file that gives no more than a list of members may have at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.close = file.seek, file.tell, file.close
        self.seekable, self.readable = file.seekable, file.readable

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_DIRECTORY:
            raise zipfile.BadZipFile("its list of members is too long")
        return self._file.read(size)


def _open_zip(packed: IO[bytes], name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(_Bounded(packed))
    except (zipfile.BadZipFile, OSError, ValueError, OverflowError, NotImplementedError) as error:
        raise ReadError(f"{_quoted(name)} is not a whole zip file: {error}") from None


def _is_document(path: Path) -> bool:
    """Whether a zip is a workbook or the like."""
    with path.open("rb") as packed:
        try:
            return not _NOT_BUNDLES.isdisjoint(_open_zip(packed, "").NameToInfo)
        except ReadError:
            return False  # said where it is unpacked, with its name


def _members(archive: zipfile.ZipFile, name: str) -> Iterator[zipfile.ZipInfo]:
    """The files worth unpacking; ReadError for those that should not be there."""
    seen: set[str] = set()
    for info in archive.infolist():
        problem = _problem(info)
        if info.filename in seen:
            problem = "is there twice"
        if problem:
            raise ReadError(f"{_quoted(f'{name}/{info.filename}')} {problem}")
        seen.add(info.filename)
        parts = PurePosixPath(info.filename).parts
        junk = parts[-1] in _JUNK or parts[-1].startswith("._") or "__MACOSX" in parts
        if not info.is_dir() and not junk:
            yield info


def _problem(info: zipfile.ZipInfo) -> str | None:
    parts = info.filename.replace("\\", "/").split("/")
    if (
        info.filename.startswith(("/", "\\"))
        or ".." in parts
        or parts[0][1:2] == ":"
        or not info.filename.strip("/.")
    ):
        return "has a name that leads out of the archive"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted; unlock the archive first"
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device, not a file"
    if info.compress_type not in _METHODS:
        return "is packed in a way that is not supported; use the usual one (deflate)"
    return None


def _quoted(name: str) -> str:
    return f'"{name[:200]}"'
