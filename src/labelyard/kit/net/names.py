"""What to call a file that was fetched."""

import re
import unicodedata
from urllib.parse import unquote

_EXTENDED = re.compile(r"filename\*\s*=\s*(?:utf-8|iso-8859-1)'[^']*'([^;\s]+)", re.IGNORECASE)
_PLAIN = re.compile(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))', re.IGNORECASE)
_MAX_BYTES = 150
_NAMELESS = "download"


def file_name(disposition: str, target: str) -> str:
    """A plain name from `Content-Disposition`, else from the last part of an address's path, else `download`.

    It has no directories, control or direction-changing characters, does not begin with a dot, and has at most 150
    bytes in UTF-8.
    """
    return _plain(_told(disposition)) or _plain(unquote(target.partition("?")[0])) or _NAMELESS


def _told(disposition: str) -> str:
    if found := _EXTENDED.search(disposition):
        return unquote(found[1])
    if found := _PLAIN.search(disposition):
        name = found[2] if found[1] is None else re.sub(r"\\(.)", r"\1", found[1])
        # Headers are read as Latin-1; many servers write UTF-8 into them.
        try:
            return name.encode("latin-1").decode()
        except UnicodeError:
            return name
    return ""


def _plain(name: str) -> str:
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    base = "".join(each for each in base if unicodedata.category(each)[0] != "C").strip().lstrip(".")
    if len(base.encode()) <= _MAX_BYTES:
        return base
    stem, dot, extension = base.rpartition(".")
    if not dot or len(extension.encode()) > 16:
        stem, dot, extension = base, "", ""
    kept = stem.encode()[: _MAX_BYTES - len(extension.encode()) - 1].decode(errors="ignore")
    return f"{kept}{dot}{extension}"
