"""The headers of tus 1.0.0, the protocol of resumable uploads (https://tus.io/protocols/resumable-upload)."""

import base64
import binascii
import re
from collections.abc import Mapping
from email.utils import formatdate

from labelyard.kit.clock import SECOND
from labelyard.kit.errors import Invalid, PreconditionFailed, UnsupportedMedia

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination"
CONTENT_TYPE = "application/offset+octet-stream"
_MAX_METADATA = 8192
_DEFAULT_NAME = "upload"
_DIGITS = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"[!-+\--~]+")


def check_version(headers: Mapping[str, str]) -> None:
    """PreconditionFailed for another version. Without the header, as from curl, it is taken for this one."""
    if headers.get("tus-resumable", VERSION).strip() != VERSION:
        raise PreconditionFailed(
            f"This server speaks version {VERSION} of the protocol of resumable uploads.",
            headers={"Tus-Version": VERSION},
        )


def number(headers: Mapping[str, str], name: str) -> int:
    """The value of a header that is a number of bytes. Invalid when it is missing or none."""
    text = headers.get(name)
    if text is None:
        raise Invalid({name: ["This header is required."]})
    if not _DIGITS.fullmatch(text.strip()):
        raise Invalid({name: ["Expected a number of bytes."]})
    return int(text)


def check_content_type(kind: str) -> None:
    if kind != CONTENT_TYPE:
        raise UnsupportedMedia(f'Unsupported media type: "{kind}". Send {CONTENT_TYPE}.')


def file_name(metadata: str) -> str:
    """The file name in the header Upload-Metadata: pairs of a key and a value in base64, separated by commas.

    `filename`, else `name`, else "upload". Invalid for a header that is not of this form.
    """
    if len(metadata) > _MAX_METADATA:
        raise _wrong(f"The header is longer than {_MAX_METADATA} characters.")
    values: dict[str, str] = {}
    for pair in metadata.split(",") if metadata.strip() else ():
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in values:
            raise _wrong("Expected comma-separated pairs of a key and a value in base64, each key once.")
        try:
            values[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise _wrong(f"The value of {key!r} is no text in base64.") from None
    name = values.get("filename") or values.get("name") or _DEFAULT_NAME
    if any(each < " " or each == "\x7f" for each in name):
        raise _wrong("The filename has characters that no file name has.")
    return name


def http_date(us: int) -> str:
    """A time as headers have it."""
    return formatdate(us // SECOND, usegmt=True)


def _wrong(message: str) -> Invalid:
    return Invalid({"Upload-Metadata": [message]})
