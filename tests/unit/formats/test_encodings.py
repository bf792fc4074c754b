"""Text is read in its encoding: UTF-8 strictly, others when told or surely recognized, never with replaced letters."""

import json

import pytest

from labelyard.formats.readers.base import ReadError, ReadOptions, Source
from labelyard.formats.readers.registry import find, preview

TEXTS = {
    "cp1252": "Le ferry part à neuf heures du vieux quai. L'été dernier, nous étions à l'hôtel près de la forêt.",
    "latin-1": "Die Fähre fährt um neun Uhr vom alten Kai ab, über die Brücke, natürlich schön für Käufer.",
    "cp1250": "Zażółć gęślą jaźń. Prom odpływa o dziewiątej z dawnego nabrzeża, a my jesteśmy już spóźnieni.",
    "cp1254": "Feribot saat dokuzda eski iskeleden kalkıyor. Geç kaldık, güneşli bir gün, çocuklar şarkı söylüyor.",
    "cp1251": "Паром отходит в девять часов от старого причала. Мы уже опаздываем, поторопитесь, пожалуйста.",
    "koi8-r": "Паром отходит в девять часов от старого причала. Мы уже опаздываем, поторопитесь, пожалуйста.",
    "gbk": "渡轮九点从旧码头出发。我们已经迟到了，请快一点。今天的天气很好，大家都想去海边散步。",
    "big5": "渡輪九點從舊碼頭出發。我們已經遲到了，請快一點。今天的天氣很好，大家都想去海邊散步。",
    "shift_jis": "フェリーは九時に古い桟橋から出発します。もう遅れているので、急いでください。",
    "euc_jp": "フェリーは九時に古い桟橋から出発します。もう遅れているので、急いでください。",
    "cp949": "페리는 아홉 시에 오래된 부두에서 출발합니다. 우리는 이미 늦었으니 서둘러 주세요.",
    "cp1253": "Το πλοίο φεύγει στις εννέα από την παλιά προβλήτα. Έχουμε ήδη αργήσει, βιαστείτε παρακαλώ.",
    "cp1255": "המעבורת יוצאת בתשע מהמזח הישן. אנחנו כבר מאחרים, בבקשה מהרו.",
    "utf-16-le": "The ferry leaves at nine. 渡轮九点从旧码头出发。",
    "utf-16-be": "The ferry leaves at nine. 渡轮九点从旧码头出发。",
}


@pytest.fixture
def source(tmp_path):
    def made(content, name="table.csv", **options):
        path = tmp_path / "text"
        path.write_bytes(content)
        return Source(path, name, value_key="text", options=ReadOptions(**options))

    return made


@pytest.fixture
def read(source):
    def items(content, name="table.csv", **options):
        return [json.loads(bytes(item)) for _, item in find(name).read(source(content, name, **options))]

    return items


@pytest.mark.parametrize("rows", [1, 200])
@pytest.mark.parametrize("encoding", TEXTS)
def test_a_language_is_recognized_and_the_guess_is_told(source, read, encoding, rows):
    text = TEXTS[encoding]
    content = ("id,text\n" + f'1,"{text}"\n' * rows).encode(encoding)
    assert read(content) == [{"id": 1, "text": text}] * rows
    shown = preview(source(content))
    assert shown.rows[0] == {"id": 1, "text": text}
    assert shown.options.encoding is not None
    assert any(f"read as {shown.options.encoding}" in note for note in shown.notes)
    assert read(content, encoding=shown.options.encoding) == read(content)
    lines = (text + "\n").encode(encoding) * rows
    assert read(lines, "notes.txt") == [{"text": text}] * rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_what_says_its_encoding_is_not_guessed(source, read, encoding):
    content = "id,text\n1,é 渡\n".encode(encoding)
    assert read(content) == [{"id": 1, "text": "é 渡"}]
    shown = preview(source(content))
    assert shown.options.encoding == encoding and shown.notes == []
    if encoding == "utf-8-sig":
        assert read(content, encoding="UTF8") == [{"id": 1, "text": "é 渡"}]


def test_a_western_name_alone_is_enough(read):
    assert read("id,name\n1,Müller\n".encode("cp1252")) == [{"id": 1, "name": "Müller"}]
    assert read("id,name\n1,café".encode("cp1252")) == [{"id": 1, "name": "café"}]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("t\nпривет\n".encode("cp1251"), "the text is not UTF-8; it may be"),
        (b"t\n\x81\x8d\x8f\x90\xff\n", "the text is not UTF-8"),
        ("t\né ü ß à\n".encode() * 3 + b"caf\xe9\n", "line 7: the byte at 45 is not UTF-8"),
        ("t\né ü ß à\n".encode() + "é".encode()[:1], "line 3: the byte at 14 is not UTF-8"),
        ("﻿t\n".encode() + b"\xff\n", "the text is not UTF-8"),
        ("t\nxyz\n".encode("utf-16")[:-1], "the text is not UTF-16"),
    ],
)
def test_what_cannot_be_told_surely_is_refused(read, content, words):
    with pytest.raises(ReadError) as error:
        read(content)
    assert words in str(error.value)


def test_a_wrong_encoding_is_named(read):
    with pytest.raises(ReadError, match="line 2: the text is not ascii"):
        read("t\né\n".encode(), encoding="ascii")
    with pytest.raises(ReadError, match="line 2: the text is not UTF-8"):
        read(b"t\ncaf\xe9\n", encoding="utf-8")
