"""Bodies are split exactly where the standard library would split them, and bad ones are refused by position."""

import contextlib
import json
import math
import mmap
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelyard.kit import rawjson
from labelyard.kit.rawjson import MAX_DEPTH, RawJsonError, check, is_plain, lines, members, split

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def _refused(body: bytes) -> RawJsonError:
    with pytest.raises(RawJsonError) as error:
        split(body)
    return error.value


@given(st.lists(VALUES), st.booleans(), st.sampled_from([None, 0, 3]))
def test_the_items_of_a_list_are_those_of_the_standard_library(values, ascii_only, indent):
    body = json.dumps(values, ensure_ascii=ascii_only, indent=indent).encode()
    found = split(body)
    assert found.is_list
    assert [json.loads(bytes(item)) for item in found.items] == values


@given(st.lists(st.tuples(TEXTS, VALUES)), st.booleans(), st.sampled_from([None, 0, 3]))
def test_the_members_of_an_object_are_found_with_equal_keys(pairs, ascii_only, indent):
    def text(value):
        return json.dumps(value, ensure_ascii=ascii_only, indent=indent)

    body = "{" + ",\n ".join(f"{text(key)} : {text(value)} " for key, value in pairs) + " }"
    found = [(key, json.loads(body.encode()[start:end])) for key, start, end in members(body.encode())]
    assert found == pairs


@given(st.dictionaries(TEXTS, VALUES, min_size=1), st.data())
def test_an_object_that_is_cut_off_is_refused(value, data):
    body = json.dumps(value).encode()
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(RawJsonError):
        for _, start, end in members(cut):
            check(cut[start:end])


@pytest.mark.parametrize(
    "body", [b"", b"[1]", b'{"a" 1}', b'{"a":}', b'{"a":1,}', b'{"a":1}x', b"{1:2}", b"{,}", b'{"a":[1}']
)
def test_what_is_no_object_has_no_members(body):
    with pytest.raises(RawJsonError):
        list(members(body))


@given(st.dictionaries(TEXTS, VALUES))
def test_one_object_is_one_item(value):
    found = split(b"  " + json.dumps(value).encode() + b"\n")
    assert not found.is_list
    assert [json.loads(bytes(item)) for item in found.items] == [value]


@given(st.binary(max_size=60) | st.text('[]{}",:\\ud8019eE.+- \n', max_size=60).map(str.encode))
def test_whatever_is_taken_is_json_and_whatever_is_refused_says_where(body):
    try:
        found = split(body)
    except RawJsonError as error:
        assert 0 <= error.position <= len(body)
    else:
        parsed = json.loads(body.decode("utf-8-sig"))
        assert [json.loads(bytes(item)) for item in found.items] == (parsed if found.is_list else [parsed])


@given(TEXTS.map(lambda text: text[:40]), st.integers(0, 5))
def test_escapes_of_every_kind_survive(text, backslashes):
    value = ["\\" * backslashes + "u0000", text, "\\" * backslashes + "ud800", "😀\\ud83d"]
    assert [json.loads(bytes(item)) for item in split(json.dumps(value).encode()).items] == value


@pytest.mark.parametrize(
    ("body", "position", "words"),
    [
        (b"", 0, "empty"),
        (b"  \n", 0, "empty"),
        (b"null", 0, "list or object"),
        (b'"text"', 0, "list or object"),
        (b'[{"a": NaN}]', 6, "not valid JSON"),
        (b'[{"a": -Infinity}]', 7, "not valid JSON"),
        (b'[{"a": 1},]', 9, "comma"),
        (b'[{"a": 1}] x', 11, "trailing"),
        (b'[{"a": 1', 8, "truncated"),
        (b'[{"a": "\xff"}]', 8, "UTF-8"),
        (b'[{"a": "\xed\xa0\x80"}]', 8, "UTF-8"),
        (b'[{"a": "x\\u0000"}]', 9, "NUL"),
        (b'[1, {"a": "\\udc00"}]', 11, "surrogate"),
        (b'[1, {"a": "\\\\\\udc00"}]', 13, "surrogate"),
        (b'[{"a": 1e400}]', 7, "out of range"),
        (b'[2, {"a": -12.5E+999}]', 10, "out of range"),
        (b'[{"a": ' + b"7" * 5000 + b"}]", 7, "digits"),
        (b'[{"a": 0.' + b"7" * 5000 + b"}]", 7, "digits"),
        (b"\xef\xbb\xbf[1e400]", 4, "out of range"),
    ],
)
def test_a_bad_body_is_refused_with_its_byte_position(body, position, words):
    error = _refused(body)
    # The parser reports syntax errors where it noticed them, up to one escaped character further on.
    assert position <= error.position <= position + (8 if "JSON" in error.reason else 0)
    assert words in error.reason


@pytest.mark.parametrize(
    "body", [b'["\\ud800"]', b'["\\ud83d x"]', b'["\\ud83d\\u0041"]', b'[{"\\ud800": 1}]']
)
def test_an_unpaired_high_surrogate_is_refused(body):
    _refused(body)


def test_the_index_of_the_bad_item_is_named_even_when_equal_items_come_before():
    body = b'[{"a":"ok"}, {"a":"ok"},\n {"a":"\\u0000"}]'
    error = _refused(body)
    assert error.item == 2
    assert body[error.position :].startswith(b"\\u0000")


def test_suspects_inside_strings_are_no_numbers():
    value = {"hash": "1e99999", "digits": "7" * 500, "float": 1e300, "long": int("8" * 150)}
    [item] = split(json.dumps([value]).encode()).items
    assert json.loads(bytes(item)) == value


@pytest.mark.parametrize(
    "text",
    [
        b'[{"id":"5e123f","to":"a0E+999b"}, "7e400"]',
        b'["\\ud83d\\ude00 \\uD83D\\uDE00", 1e30, -2.5E-300]',
        b'["x\\u00e9"]',
    ],
)
def test_what_only_looks_like_a_bad_number_or_escape_is_plain(text):
    assert is_plain(text)


@pytest.mark.parametrize(
    "text",
    [
        b"[1e400]",
        b"[1, -2.5E+400]",
        b'{"a":9e999}',
        b'["\\ud83d"]',
        b'["\\ude00\\ud83d"]',
        b'["\\\\ud83d\\ude00"]',
        b'["\\u0000"]',
        b'["\xff"]',
        b"[" + b"9" * 250 + b"]",
    ],
)
def test_what_may_be_bad_is_not_plain(text):
    assert not is_plain(text)


@given(
    st.lists(
        st.sampled_from(["5e123", "e", "1", "0", ".", "+", "-", '"', ",", ":", " ", "\\\\", "a"]), max_size=12
    )
)
def test_plain_text_has_no_bad_number(parts):
    body = ("[" + "".join(parts) + "]").encode()
    try:
        values = json.loads(body)
    except ValueError:
        return
    if is_plain(body):
        assert all(not isinstance(value, float) or math.isfinite(value) for value in values)


def test_text_full_of_what_looks_like_numbers_takes_no_time():
    for part in (b"a5e123", b"5e123", b"5e1235e", b"\\\\ud83d", b"\\ud83d\\ude00"):
        body = b'["' + part * (4_000_000 // len(part)) + b'"]'
        began = time.process_time()
        with contextlib.suppress(RawJsonError):
            split(body)
        assert time.process_time() - began < 2


def test_a_pair_of_escapes_on_the_edge_of_two_chunks_is_a_pair():
    for shift in range(14):
        body = b'["' + b"x" * ((1 << 20) - 14 + shift) + b'\\ud83d\\ude00"]'
        assert len(split(body).items) == 1
        bad = body.replace(b"\\ude00", b"")
        assert "surrogate" in _refused(bad).reason


def test_a_byte_order_mark_is_not_part_of_the_text():
    assert json.loads(bytes(split(b'\xef\xbb\xbf[{"a":1}]').items[0])) == {"a": 1}


def test_a_character_on_the_edge_of_two_chunks_is_one_character():
    for shift in range(4):
        body = b'["' + b"x" * ((1 << 20) - 4 + shift) + "😀".encode() + b'", "\\u0041"]'
        assert len(split(body).items) == 2


def test_a_bad_number_on_the_edge_of_two_chunks_is_found():
    for shift in range(8):
        body = b'["' + b"x" * ((1 << 20) - 8 + shift) + b'", 1e400]'
        assert "out of range" in _refused(body).reason


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 900, 5_000, 1_000_000])
@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_beyond_the_limit_is_refused_quickly(depth, brackets):
    opening, closing = brackets
    began = time.process_time()
    error = _refused(b"[" + opening * depth + b"1" + closing * depth + b"]")
    assert time.process_time() - began < 2
    assert "nested" in error.reason
    unclosed = _refused(b"[" * depth)
    assert unclosed.reason


def test_nesting_up_to_the_limit_is_taken():
    body = b"[" + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"]"
    assert len(split(body).items) == 1


def test_wide_items_with_brackets_in_strings_are_not_deep():
    value = [{"k": "[{" * 2000, "rows": [[i] for i in range(2000)]}]
    assert len(split(json.dumps(value).encode()).items) == 1


def test_a_mapped_file_is_split_in_place(tmp_path):
    path = tmp_path / "body.json"
    path.write_bytes(b'[{"a": 1}, {"b": [2]}]')
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert [bytes(item) for item in split(mapped).items] == [b'{"a": 1}', b'{"b": [2]}']


def _outcome(buffer):
    try:
        found = split(buffer)
    except RawJsonError as error:
        return str(error), error.position, error.item
    return [bytes(item) for item in found.items], found.is_list


# Objects with one first key, as lists of tasks are, and what looks like the border of two of them inside of one.
ITEMS = st.builds(
    lambda value, more: {"k": value, **more},
    VALUES | st.just([{"k": 1}, {"k": 2}]) | st.just('"},{"k": "},{"k":'),
    st.dictionaries(TEXTS, VALUES, max_size=2),
)


@given(st.lists(ITEMS, max_size=12), st.sampled_from([None, 1]), st.integers(0, 200), st.data())
def test_pieces_of_a_list_are_what_the_whole_is(values, indent, size, data):
    body = json.dumps(values, indent=indent).encode()
    if data.draw(st.booleans()):  # cut off, or with a byte that does not belong there
        at = data.draw(st.integers(0, len(body) - 1))
        body = body[:at] + data.draw(st.sampled_from([b"", b"}", b",", b'"', b"\xff"])) + body[at + 1 :]
    buffer = bytearray(body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rawjson, "_PIECE", size)
        assert _outcome(buffer) == _outcome(body)
    assert buffer == body


def test_a_list_is_decoded_in_pieces(monkeypatch):
    body = json.dumps([{"data": {"n": n, "of": [{"data": 1}, {"n": 2}]}} for n in range(1000)]).encode()
    asked = []
    decode = rawjson._LIST.decode

    class Watched:
        def decode(self, text):
            asked.append(len(text))
            return decode(text)

    monkeypatch.setattr(rawjson, "_LIST", Watched())
    monkeypatch.setattr(rawjson, "_PIECE", 4096)
    assert len(split(bytearray(body)).items) == 1000
    assert max(asked) < 4300 and sum(asked) < 1.1 * len(body)


def test_find_finds_what_lies_on_the_edge_of_two_chunks(monkeypatch):
    monkeypatch.setattr(rawjson, "_CHUNK", 4)
    text = b"abcdefghab"
    for start in range(len(text)):
        for part in (b"a", b"de", b"cdef", b"ghab", b"x"):
            assert rawjson.find(text, part, start) == text.find(part, start)


@given(VALUES)
def test_check_takes_every_value_the_standard_library_writes(value):
    check(json.dumps(value).encode())


def test_check_refuses_what_split_refuses():
    for text in (b'"\\u0000"', b"1e999", b"[" * 600 + b"]" * 600, b"nul", b'"\\udc00"'):
        with pytest.raises(RawJsonError):
            check(text)
    assert math.isfinite(1e308)


@pytest.fixture(params=[1, 7, 1 << 20])
def chunk(request, monkeypatch):
    monkeypatch.setattr(rawjson, "_CHUNK", request.param)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.none() | VALUES.map(lambda value: [value])),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_lines_are_those_of_the_standard_library(chunk, values, end, ascii_only, marked):
    texts = ["" if value is None else json.dumps(value, ensure_ascii=ascii_only) for value in values]
    body = ("\ufeff" * marked + end.join(texts)).encode()
    found = list(lines(body))
    assert all(fault is None for _, _, fault in found)
    assert [(number, json.loads(line)) for number, line, _ in found] == [
        (number, value) for number, value in enumerate(values, 1) if value is not None
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.binary(max_size=20)
        | st.text('[]{}",:\\ud8019eE.+- ', max_size=20).map(str.encode)
        | VALUES.map(lambda value: json.dumps(value).encode())
    )
)
def test_each_line_is_judged_by_itself(chunk, texts):
    texts = [text for text in b"\n".join(texts).split(b"\n") if text.strip(b" \t\r")]
    found = list(lines(b"\n".join([b"", *texts])))
    assert [(number, line) for number, line, _ in found] == [
        (number, text.strip(b" \t\r")) for number, text in enumerate(texts, 2)
    ]
    for _, line, fault in found:
        if fault is None:
            check(line)
            json.loads(line)
        else:
            assert 0 <= fault.position <= len(line)
            with pytest.raises(RawJsonError):
                check(line)
