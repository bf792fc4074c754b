"""A directory as a store: keys in order, nothing outside of it, whatever the key."""

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelyard.kit.objects import directory as module
from labelyard.kit.objects.directory import Directory
from labelyard.kit.objects.store import StoreError


def filled(root: Path, names: list[str]) -> Directory:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return Directory(root)


def keys(store: Directory, prefix: str = "", *, recursive: bool = True, after: str = "") -> list[str]:
    return [each.key for page in store.pages(prefix, recursive=recursive, after=after) for each in page]


NAMES = ["a", "a-b", "a/b", "a/c/d", "a.json", "ä/ö", "b/.hidden", ".git/config", "z z", "a0"]


def test_keys_come_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    names = ["a-b", "a/b", "a/c/d", "a.json", "ä/ö", "z z", "a0"]
    store = filled(tmp_path, [*names, "b/.hidden", ".git/config"])
    assert keys(store) == sorted(names, key=str.encode)
    assert keys(store, recursive=False) == sorted(["a-b", "a.json", "z z", "a0"], key=str.encode)
    assert keys(store, "a/") == ["a/b", "a/c/d"] and keys(store, "a/", recursive=False) == ["a/b"]


@given(after=st.sampled_from(["", "a", "a-b", "a/", "a/b", "a/c", "a/c/d", "a/zz", "a0", "b", "ä/ö", "zzz"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_listing_goes_on_where_it_was(tmp_path: Path, after: str) -> None:
    names = ["a-b", "a/b", "a/c/d", "a.json", "ä/ö", "z z", "a0"]
    store = filled(tmp_path, names)
    assert keys(store, after=after) == sorted(
        (each for each in names if each.encode() > after.encode()), key=str.encode
    )


def test_pages_are_as_long_as_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    store = filled(tmp_path, [f"{n}.json" for n in range(7)])
    assert [len(page) for page in store.pages("", recursive=True)] == [3, 3, 1]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["in", "..", ".", "", "a", "link", "up", "secret", "\\", "\x00", "\ud800", "~", "/", "..\x00"]
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_key_leads_out(tmp_path: Path, parts: list[str]) -> None:
    if not (tmp_path / "in").exists():
        filled(tmp_path, ["secret", "in/a", "in/in/a"])
        (tmp_path / "in" / "link").symlink_to(tmp_path / "secret")
        (tmp_path / "in" / "up").symlink_to(tmp_path)
    store, key = Directory(tmp_path / "in"), "/".join(parts)
    try:
        assert store.get(key, 100).endswith(b"/a")
    except StoreError as error:
        assert error.code in ("not_found", "bad_key")
    try:
        store.put(key, b"written")
        store.delete(key)
        filled(tmp_path, ["in/a", "in/in/a"])
    except (StoreError, IsADirectoryError, NotADirectoryError):
        pass
    assert (tmp_path / "secret").read_bytes() == b"secret"
    outside = {"in", "secret"}
    assert {each.name for each in tmp_path.iterdir()} <= outside


def test_special_files_are_no_objects_and_do_not_block(tmp_path: Path) -> None:
    store = filled(tmp_path, ["a"])
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert keys(store) == ["a"]
    for name in ("pipe", "loop", "loop/a", "a/b"):
        with pytest.raises(StoreError):
            store.get(name, 10)


def test_an_object_is_whole_or_not_there(tmp_path: Path) -> None:
    store = Directory(tmp_path / "new", make=True)
    store.check()
    store.put("deep/er/1", b"one")
    store.put("deep/er/1", b"two")
    assert store.get("deep/er/1", 3) == b"two" and keys(store) == ["deep/er/1"]
    with pytest.raises(StoreError, match="larger"):
        store.get("deep/er/1", 2)
    store.delete("deep/er/1")
    store.delete("deep/er/1")
    store.delete("none/at/all")
    assert keys(store) == []
    with pytest.raises(StoreError) as caught:
        Directory(tmp_path / "none").check()
    assert caught.value.code == "no_bucket"


def test_what_a_killed_writer_left_is_taken_over(tmp_path: Path) -> None:
    store = Directory(tmp_path)
    left = tmp_path / f".{sha256(b'7').hexdigest()[:16]}.part"
    for end in (lambda: store.put("7", b"new"), lambda: store.delete("7")):
        left.write_bytes(b"half, and longer than what comes")
        end()
        assert {each.name for each in tmp_path.iterdir()} <= {"7"}
    # A name that somebody else took is no way to a file of theirs.
    other = tmp_path / "other"
    other.write_bytes(b"theirs")
    for plant in (lambda: left.hardlink_to(other), lambda: os.mkfifo(left)):
        plant()
        store.put("7", b"new")
        assert other.read_bytes() == b"theirs" and (tmp_path / "7").read_bytes() == b"new"
        assert {each.name for each in tmp_path.iterdir()} == {"7", "other"}


def test_many_writers_of_one_object(tmp_path: Path) -> None:
    store, bodies = Directory(tmp_path), [bytes([65 + n]) * (1000 + n) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.put("7", bodies[n % 8]), range(200)))
    assert (tmp_path / "7").read_bytes() in bodies and [each.name for each in tmp_path.iterdir()] == ["7"]
