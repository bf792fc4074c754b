"""The built front end on disk: its page and its files, read once and again only after a rebuild."""

import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

BUILT = Path(__file__).parent / "static"
PLACEHOLDER = "<!--boot-->"
_HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.[a-z0-9.]+$")
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
# Not left to the machine's own table: a script of the wrong type does not run.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, with its compressed twins by encoding."""

    path: Path
    media_type: str
    immutable: bool
    etag: str
    compressed: dict[str, Path]


class FrontEnd:
    """The directory that the front end was built into. Only files listed at its build are ever served."""

    def __init__(self, root: Path = BUILT) -> None:
        self.root = root
        self._stamp: tuple[int, int] | None = None
        self._assets: dict[str, Asset] = {}
        self._page = ("", "")

    def asset(self, name: str) -> Asset | None:
        """The file `name`, a path below the root; None when the build has no such file."""
        self._refresh()
        return self._assets.get(name)

    def page(self, boot: str) -> str | None:
        """index.html with the boot JSON (safe for `<script>`); None while nothing is built."""
        if not self._refresh():
            return None
        before, after = self._page
        return f'{before}<script type="application/json" id="boot">{boot}</script>{after}'

    def _refresh(self) -> bool:
        index = self.root / "index.html"
        try:
            status = index.stat()
        except OSError:
            self._stamp, self._assets = None, {}
            return False
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            html = index.read_text(encoding="utf-8")
            before, _, after = html.partition(PLACEHOLDER if PLACEHOLDER in html else "</head>")
            self._page = (before, after if PLACEHOLDER in html else f"</head>{after}")
            self._assets = self._scan()
            self._stamp = stamp
        return True

    def _scan(self) -> dict[str, Asset]:
        files = {
            path.relative_to(self.root).as_posix(): path for path in self.root.rglob("*") if path.is_file()
        }
        twins = tuple(suffix for _, suffix in _ENCODINGS)
        return {name: _asset(name, path, files) for name, path in files.items() if not name.endswith(twins)}


def _asset(name: str, path: Path, files: dict[str, Path]) -> Asset:
    status = path.stat()
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(
        path=path,
        media_type=media_type,
        immutable=name.startswith("assets/") and _HASHED.search(name) is not None,
        etag=f'"{status.st_mtime_ns:x}-{status.st_size:x}"',
        compressed={
            encoding: files[name + suffix] for encoding, suffix in _ENCODINGS if name + suffix in files
        },
    )
