"""The install's own secrets, and what is done with them.

One 256-bit key is made at first start (`secret.key`, mode 0600, in the data directory). Everything else is derived
from it by HKDF, so that a key for one purpose says nothing about another.
"""

import base64
import functools
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32
_hasher = PasswordHasher()


class Secrets:
    """Keys of one install, derived from its master key."""

    def __init__(self, master: bytes) -> None:
        if len(master) != _KEY_BYTES or len(set(master)) < 8:
            raise ValueError("the secret key must be 32 random bytes")
        self.jwt_key = _derive(master, b"labelyard jwt")
        self._fernet = Fernet(base64.urlsafe_b64encode(_derive(master, b"labelyard stored secrets")))
        self._csrf_key = _derive(master, b"labelyard csrf")

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str | None:
        """The text, or None when it was encrypted by another install."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            return None

    def sign(self, text: str) -> str:
        """A keyed digest of `text`, hex."""
        return hmac.new(self._csrf_key, text.encode(), hashlib.sha256).hexdigest()


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose).derive(master)


def load_secrets(data_dir: Path) -> Secrets:
    """The install's secrets, made at the first call. ValueError names the file when it is damaged."""
    path = data_dir / "secret.key"
    try:
        return Secrets(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except FileNotFoundError:
        master = secrets.token_bytes(_KEY_BYTES)
        _write_private(path, master.hex())
        return Secrets(master)
    except ValueError as error:
        raise ValueError(
            f"{path}: damaged; restore it from a backup, or delete it to sign everybody out."
        ) from error


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")


def sha256_hex(value: str | bytes) -> str:
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).hexdigest()


def random_token(size: int = 32) -> str:
    """`size` random bytes, URL-safe."""
    return secrets.token_urlsafe(size)


def random_hex(size: int = 20) -> str:
    """`size` random bytes as hex; 20 bytes make the 40 characters of a legacy token."""
    return secrets.token_hex(size)


def same(left: str, right: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def hash_password(password: str) -> str:
    """argon2id; about 0.2 s of CPU and 64 MiB, so call it in a thread."""
    return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password fits. Takes the same time when there is no account (`stored` None).

    `stored` is a hash of `hash_password`, or one taken over from another program (`password_of_elsewhere`).
    """
    if stored is not None and (parts := _PBKDF2.fullmatch(stored)):
        made = hashlib.pbkdf2_hmac("sha256", password.encode(), parts["salt"].encode(), int(parts["rounds"]))
        return hmac.compare_digest(made, base64.b64decode(parts["hash"]))
    try:
        return _hasher.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_own_hash(stored: str) -> bool:
    """Whether `hash_password` made it, so that it need not be made anew when the password is known."""
    return stored.startswith("$argon2id$") and not _hasher.check_needs_rehash(stored)


# RFC 8018 with SHA-256 in the notation of Django: rounds, salt and the hash in base64. More rounds than this would only
# be there to keep a processor busy.
_PBKDF2 = re.compile(
    r"pbkdf2_sha256\$(?P<rounds>[1-9][0-9]{0,6})\$(?P<salt>[!-#%-~]{1,128})\$(?P<hash>[A-Za-z0-9+/]{43}=)"
)
_ARGON2 = re.compile(
    r"argon2(?P<hash>\$argon2id?\$v=19\$m=[0-9]{1,6},t=[0-9]{1,2},p=[0-9]{1,2}\$[^$]+\$[^$]+)"
)


def password_of_elsewhere(stored: str) -> str | None:
    """A password hash of a Django database as `verify_password` takes it; None for one that it cannot verify.

    PBKDF2 with SHA-256 (Django's default, at most 9,999,999 rounds) and Argon2 are known.
    """
    if _PBKDF2.fullmatch(stored):
        return stored
    found = _ARGON2.fullmatch(stored)
    return found["hash"] if found else None


@functools.cache
def _nobody() -> str:
    """The hash of a password that nobody knows: what is verified for an account that does not exist."""
    return _hasher.hash(secrets.token_hex(16))
