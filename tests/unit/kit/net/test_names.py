"""What fetched files are called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelyard.kit.net.names import file_name


@pytest.mark.parametrize(
    ("disposition", "target", "name"),
    [
        ("", "/data/tasks.csv", "tasks.csv"),
        ("", "/data/tasks.csv?x=/a.json", "tasks.csv"),
        ("", "/a%20b/%C3%BC.json", "ü.json"),
        ("", "/data/", "data"),
        ("", "/", "download"),
        ("", "/..", "download"),
        ("", "/%2e%2e%2fetc%2fpasswd", "passwd"),
        ("attachment", "/a.csv", "a.csv"),
        ("attachment; filename=b.json", "/a.csv", "b.json"),
        ('attachment; filename="b c.json"; size=3', "/a.csv", "b c.json"),
        ('attachment; filename="b\\"c.json"', "/a.csv", 'b"c.json'),
        ("attachment; filename=\"x\"; filename*=UTF-8''%e2%82%ac.csv", "/a.csv", "€.csv"),
        ('attachment; filename="../../etc/passwd"', "/a.csv", "passwd"),
        ('attachment; filename="C:\\\\dir\\\\x.csv"', "/a.csv", "x.csv"),
        ('attachment; filename=".htaccess"', "/a.csv", "htaccess"),
        ('attachment; filename="a\x00\x1b\u202eb.csv"', "/a.csv", "ab.csv"),
        ('attachment; filename=""', "/a.csv", "a.csv"),
        ('attachment; filename="Ã¼.csv"', "/a.csv", "ü.csv"),
        ("attachment; filename*=UTF-8''..%2f..", "/a.csv", "a.csv"),
        (f"attachment; filename={'n' * 400}.parquet", "/a.csv", "n" * 142 + ".parquet"),
    ],
)
def test_names(disposition: str, target: str, name: str) -> None:
    assert file_name(disposition, target) == name


@given(st.text(max_size=300).map(lambda text: f'attachment; filename="{text}"'), st.text(max_size=300))
def test_every_name_is_plain(disposition: str, target: str) -> None:
    name = file_name(disposition, target)
    assert 0 < len(name.encode()) <= 150
    assert "/" not in name and "\\" not in name and not name.startswith(".")
    assert not any(unicodedata.category(each).startswith("C") for each in name)
