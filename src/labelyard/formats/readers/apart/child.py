"""The process that reads a file of a stranger: `python -m labelyard.formats.readers.apart.child`."""

import resource
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Protocol

import msgspec

from labelyard.formats.readers.apart.protocol import CPU_SECONDS, END, FAULT, MAX_ROW, MEMORY, Head, Request
from labelyard.formats.readers.base import ReadError, ReadOptions

_MODULES = {"PARQUET": "parquet", "EXCEL": "workbook"}


class Module(Protocol):
    """`blocks` reads a file: the head, then blocks of whole lines, a line for each row."""

    def blocks(self, path: Path, options: ReadOptions) -> Iterator[Head | bytes]: ...


def main() -> None:
    _limit(resource.RLIMIT_AS, MEMORY)
    _limit(resource.RLIMIT_CPU, CPU_SECONDS)
    _limit(resource.RLIMIT_CORE, 0)
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    module: Module = import_module(f"labelyard.formats.readers.apart.{_MODULES[request.kind]}")
    try:
        for block in module.blocks(Path(request.path), request.options):
            _write(msgspec.json.encode(block) + b"\n" if isinstance(block, Head) else _checked(block))
        _write(END + b"\n")
    except BrokenPipeError:
        sys.exit(1)  # nobody wants more
    except ReadError as error:
        _fail(str(error))
    except MemoryError:
        _fail(f"reading the file needs more than {MEMORY >> 20} MiB of memory")
    # A panic of a Rust library is a BaseException.
    except BaseException as error:  # noqa: BLE001
        _fail(f"the file is damaged: {str(error)[:200]}")


def _limit(what: int, amount: int) -> None:
    """Set a limit, where the system has it and no lower one."""
    _, most = resource.getrlimit(what)
    if most != resource.RLIM_INFINITY:
        amount = min(amount, most)
    try:
        resource.setrlimit(what, (amount, amount))
    except (ValueError, OSError):
        return


def _checked(block: bytes) -> bytes:
    if len(block) > MAX_ROW and max(map(len, block.split(b"\n"))) > MAX_ROW:
        raise ReadError(f"a row has more than {MAX_ROW} bytes")
    return block


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _fail(reason: str) -> None:
    _write(FAULT + " ".join(reason.split()).encode(errors="replace") + b"\n")


if __name__ == "__main__":
    main()
