"""Items of a file that a child process reads."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import IO

import msgspec

from labelyard.formats.readers.apart.protocol import END, FAULT, MAX_ROW, MEMORY, Head, Request
from labelyard.formats.readers.base import Preview, RawItem, ReadError, Source
from labelyard.formats.readers.previews import preview_rows

# What a Python process needs to find itself. The rest, secrets among it, is nothing for the child.
_KEPT_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")
_BUFFER = 1 << 18


def read_apart(kind: str, source: Source) -> Iterator[tuple[int, RawItem]]:
    """The items of `source`; ReadError with the child's reason, or with what ended it."""
    with _child(kind, source) as lines:
        head = _head(next(lines))
        for row, line in enumerate(lines, head.first_row):
            if line:
                yield row, line


def preview_apart(kind: str, source: Source, limit: int) -> Preview:
    with _child(kind, source) as lines:
        head = _head(next(lines))
        rows = [msgspec.json.decode(line) for line in islice(filter(None, lines), limit)]
    options = msgspec.structs.replace(source.options, header=head.header, sheet=head.sheet)
    made = preview_rows(options, head.columns, rows)
    made.sheets, made.notes = head.sheets, head.notes
    return made


def _head(line: bytes) -> Head:
    return msgspec.json.decode(line, type=Head)


@contextmanager
def _child(kind: str, source: Source) -> Iterator[Iterator[bytes]]:
    """The lines of a child, which is gone at the end of the block."""
    process = subprocess.Popen(
        # -P: no module is taken from the working directory.
        [sys.executable, "-P", "-m", "labelyard.formats.readers.apart.child"],
        bufsize=_BUFFER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name in _KEPT_ENVIRONMENT},
    )
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, both are pipes
    try:
        request = Request(kind, str(source.path.absolute()), source.options)
        with suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(msgspec.json.encode(request))
        yield _lines(process.stdout, process)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def _lines(output: IO[bytes], process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    while line := output.readline(MAX_ROW + 2):
        if not line.endswith(b"\n"):
            break
        text = line[:-1]
        if text == END:
            return
        if text.startswith(FAULT):
            raise ReadError(text[1:].decode(errors="replace"))
        yield text
    raise ReadError(_what_ended(process))


def _what_ended(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return f"a row has more than {MAX_ROW} bytes"
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "reading the file takes too long"
    return f"reading the file needs more than {MEMORY >> 20} MiB of memory, or the file is damaged"
