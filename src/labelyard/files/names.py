"""Names of stored files and where they are served."""

import re
import secrets
import unicodedata
from urllib.parse import quote

_MAX_BYTES = 150  # leaves room for the prefix within the 255 bytes of a file name
_UNSAFE = re.compile(r"[^\w.()-]+")
UPLOADS = "upload"


def clean_name(name: str) -> str:
    """The last part of a client's file name, in letters, digits and `_ . - ( )`; never empty, hidden or too long."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    base = _UNSAFE.sub("_", base).lstrip(".").strip("_") or "file"
    if len(base.encode()) <= _MAX_BYTES:
        return base
    stem, dot, extension = base.rpartition(".")
    if not dot or len(extension.encode()) > 16:
        stem, extension = base, ""
    kept = stem.encode()[: _MAX_BYTES - len(extension.encode()) - 1].decode(errors="ignore")
    return f"{kept}{dot if extension else ''}{extension}"


def new_key(project_id: int, name: str) -> str:
    """A fresh object key `upload/<project>/<8 hex>-<name>`."""
    return f"{UPLOADS}/{project_id}/{secrets.token_hex(4)}-{clean_name(name)}"


def url_of(key: str) -> str:
    """The path under which an upload is served, percent-encoded."""
    return f"/data/{quote(key)}"


def stored_name(key: str) -> str:
    """`<8 hex>-<name>`, what a task shows as its file upload."""
    return key.rpartition("/")[2]
