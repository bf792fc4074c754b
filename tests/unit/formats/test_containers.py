"""Archives are taken apart within limits, and what should not be in one is refused by its name."""

import gzip
import io
import stat
import zipfile
import zlib

import pytest
from backports import zstd

from labelyard.formats.readers.base import ReadError
from labelyard.formats.readers.containers import Limits, expand

LIMITS = Limits(total=64 << 20, members=50)


@pytest.fixture
def unpacked(tmp_path):
    def names(content, name, limits=LIMITS):
        path = tmp_path / "upload"
        path.write_bytes(content)
        directory = tmp_path / f"inside-{len(list(tmp_path.iterdir()))}"
        directory.mkdir()
        members = expand(path, name, directory, limits)
        assert all(member.size == member.path.stat().st_size for member in members)
        kept = {member.path for member in members}
        assert {each for each in directory.iterdir() if each not in kept} == set()
        return {member.name: member.path.read_bytes() for member in members}

    return names


@pytest.fixture
def refusal(unpacked):
    def text(content, name="a.zip", limits=LIMITS):
        with pytest.raises(ReadError) as error:
            unpacked(content, name, limits)
        return str(error.value)

    return text


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def test_a_file_that_is_no_archive_is_itself(unpacked):
    assert unpacked(b"a,b\n1,2\n", "a.csv") == {"a.csv": b"a,b\n1,2\n"}
    assert unpacked(b"", "empty.zip") == {"empty.zip": b""}


@pytest.mark.parametrize(
    ("pack", "name", "inner"),
    [
        (gzip.compress, "a.csv.gz", "a.csv"),
        (gzip.compress, "A.CSV.GZ", "A.CSV"),
        (gzip.compress, "a.csv", "a.csv"),
        (zstd.compress, "a.jsonl.zst", "a.jsonl"),
        (lambda text: gzip.compress(text[:3]) + gzip.compress(text[3:]), "a.csv.gz", "a.csv"),
        (lambda text: zstd.compress(text[:3]) + zstd.compress(text[3:]), "a.csv.zst", "a.csv"),
    ],
)
def test_one_packed_file_is_told_by_its_content(unpacked, pack, name, inner):
    assert unpacked(pack(b"text\nhello\n"), name) == {inner: b"text\nhello\n"}


def test_the_files_of_a_zip_keep_their_names_and_junk_is_left_out(unpacked):
    content = zipped(
        ("a.csv", "a\n1\n"),
        ("deep/", ""),
        ("deep/b.json", "[]"),
        ("__MACOSX/deep/._b.json", "x"),
        ("deep/.DS_Store", "x"),
        ("übung.txt", "ü"),
    )
    assert unpacked(content, "all.bin") == {
        "a.csv": b"a\n1\n",
        "deep/b.json": b"[]",
        "übung.txt": "ü".encode(),
    }


def test_archives_in_archives_are_taken_apart_two_levels_deep(unpacked, refusal):
    inner = zipped(("x.txt", "x"))
    assert unpacked(zipped(("b.zip", inner), ("c.txt.gz", gzip.compress(b"c"))), "a.zip") == {
        "x.txt": b"x",
        "c.txt": b"c",
    }
    deeper = zipped(("b.zip", zipped(("deep.zip", inner))))
    assert '"deep.zip": archives inside archives are read 2 levels deep' in refusal(deeper)


def test_documents_that_are_zips_stay_whole(unpacked):
    for marker in ("[Content_Types].xml", "mimetype"):
        content = zipped((marker, "x"), ("xl/workbook.xml", "y"))
        assert unpacked(content, "book.xlsx") == {"book.xlsx": content}


def _linked():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        info = zipfile.ZipInfo("link.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return packed.getvalue()


def _encrypted():
    content = bytearray(zipped(("secret.csv", "x")))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def _twice():
    content = zipped(("a.csv", "x"), ("b.csv", "y"))
    return content.replace(b"b.csv", b"a.csv")


WRONG = {
    "name that climbs": (
        lambda: zipped(("../../etc/x", "x")),
        '"a.zip/../../etc/x" has a name that leads out',
    ),
    "absolute name": (lambda: zipped(("/etc/passwd", "x")), "leads out"),
    "name that climbs later": (lambda: zipped(("a/../../b.csv", "x")), "leads out"),
    "backslashes": (lambda: zipped(("..\\..\\b.csv", "x")), "leads out"),
    "drive": (lambda: zipped(("C:\\b.csv", "x")), "leads out"),
    "link": (_linked, '"a.zip/link.csv" is a link'),
    "encrypted": (_encrypted, '"a.zip/secret.csv" is encrypted'),
    "twice": (_twice, '"a.zip/a.csv" is there twice'),
    "empty": (zipped, "holds no files"),
    "junk only": (lambda: zipped(("__MACOSX/x", "x")), "holds no files"),
    "cut zip": (lambda: zipped(("a.csv", "x" * 100))[:60], '"a.zip" is not a whole zip file'),
    "wrong sum": (
        lambda: zipped(("a.csv", "abc"), method=zipfile.ZIP_STORED).replace(b"abc", b"abd"),
        "cannot be unpacked",
    ),
    "lzma": (lambda: zipped(("a.csv", "x"), method=zipfile.ZIP_LZMA), '"a.zip/a.csv" is packed in a way'),
    "cut gzip": (lambda: gzip.compress(b"x" * 5000)[:-9], "not a whole gzip file"),
    "broken gzip": (lambda: gzip.compress(b"x" * 5000)[:20] + b"\xff" * 40, "not a whole gzip file"),
    "cut zstd": (lambda: zstd.compress(b"xyz" * 5000)[:-3], "not a whole Zstandard file"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_should_not_be_in_an_archive_is_refused_by_its_name(refusal, case):
    content, words = WRONG[case]
    assert words in refusal(content())


def test_sizes_that_lie_are_not_believed(refusal, unpacked):
    content = bytearray(zipped(("a.csv", "x" * 5000)))
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = (10).to_bytes(4, "little")
    assert '"a.zip/a.csv" cannot be unpacked' in refusal(bytes(content))
    content[place : place + 4] = (50_000_000).to_bytes(4, "little")
    assert unpacked(bytes(content), "a.zip") == {"a.csv": b"x" * 5000}


def _flat_bomb(size):
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()


def test_bombs_stop_at_the_limits(refusal):
    assert "more than 200 times as large" in refusal(_flat_bomb(1 << 26), "bomb.gz", Limits(total=1 << 40))
    assert "more than 200 times as large" in refusal(zstd.compress(bytes(1 << 25)), "bomb.zst")
    assert '"a.zip/bomb": unpacked, the files are more than 200' in refusal(zipped(("bomb", bytes(1 << 25))))
    nested = zipped(*((f"{n}.zip", zipped(("zeros", bytes(1 << 22)))) for n in range(20)))
    assert "more than 200 times as large" in refusal(nested)
    assert "larger than 1000 bytes" in refusal(gzip.compress(b"abc" * 500), limits=Limits(total=1000))
    many = zipped(*((f"{n}.txt", "x") for n in range(51)))
    assert "more than 50 files" in refusal(many)


def test_a_list_of_members_that_is_too_long_is_not_read(refusal):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(25_000):
            archive.writestr(f"{number:0200}.txt", b"")
    assert "too long" in refusal(packed.getvalue())
