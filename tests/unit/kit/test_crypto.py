"""Passwords: our own hashes, and those that came from another program."""

import base64
import hashlib

import pytest

from labelyard.kit.crypto import hash_password, is_own_hash, password_of_elsewhere, verify_password

PASSWORD = "größe und ruhe"


def pbkdf2(password: str, *, rounds: int = 1000, salt: str = "Na!Cl") -> str:
    made = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), rounds)
    return f"pbkdf2_sha256${rounds}${salt}${base64.b64encode(made).decode()}"


def test_own_hash() -> None:
    stored = hash_password(PASSWORD)
    assert is_own_hash(stored)
    assert verify_password(stored, PASSWORD)
    assert not verify_password(stored, PASSWORD + " ")
    assert not verify_password(None, PASSWORD)


def test_pbkdf2_of_django() -> None:
    # The vector of RFC 7914 §11: password "passwd", salt "salt", one round, in the notation of Django.
    known = bytes.fromhex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
    stored = f"pbkdf2_sha256$1$salt${base64.b64encode(known).decode()}"
    assert password_of_elsewhere(stored) == stored
    assert verify_password(stored, "passwd")
    assert not verify_password(stored, "Passwd")
    assert not is_own_hash(stored)
    assert verify_password(pbkdf2(PASSWORD), PASSWORD)


def test_argon2_of_django() -> None:
    own = hash_password(PASSWORD)
    taken = password_of_elsewhere(f"argon2{own}")
    assert taken == own
    assert verify_password(taken, PASSWORD)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "!unusable",
        "pbkdf2_sha1$1000$salt$AAAA",
        "pbkdf2_sha256$99999999$salt$" + "A" * 43 + "=",  # would only keep a processor busy
        "pbkdf2_sha256$0$salt$" + "A" * 43 + "=",
        "pbkdf2_sha256$1000$salt$short",
        "bcrypt_sha256$$2b$12$abc",
    ],
)
def test_what_cannot_be_verified_is_left_out(stored: str) -> None:
    assert password_of_elsewhere(stored) is None
    assert not verify_password(stored or "x", PASSWORD)
