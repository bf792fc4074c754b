"""Columns of Parquet files become JSON without losing a digit, and a damaged file is an error."""

import json
from decimal import Decimal

import pytest
from arro3.core import Array, DataType, Field, Table, fixed_size_list_array, struct_array
from arro3.io import write_parquet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelyard.formats.readers.base import ReadError, ReadOptions, Source
from labelyard.formats.readers.registry import find, preview


@pytest.fixture
def source(tmp_path):
    def made(table, name="table.parquet", **options):
        path = tmp_path / "table"
        if isinstance(table, bytes):
            path.write_bytes(table)
        else:
            write_parquet(Table.from_pydict(table), path)
        return Source(path, name, options=ReadOptions(**options))

    return made


@pytest.fixture
def read(source):
    def items(table, **options):
        made = source(table, **options)
        kind = find(made.name, made.path.read_bytes()[:4096], made.options)
        return [(row, bytes(item).decode()) for row, item in kind.read(made)]

    return items


def array(values, kind):
    return Array(values, type=kind)


def test_numbers_keep_every_digit_and_times_are_text(read):
    moment = array([1709211907123456, None], DataType.int64())
    columns = {
        "i": array([2**63 - 1, None], DataType.int64()),
        "u": array([2**64 - 1, 0], DataType.uint64()),
        "f": array([0.1, float("nan")], DataType.float64()),
        "f32": array([0.1, 1.5], DataType.float32()),
        "b": array([True, None], DataType.bool()),
        "t": array(['é "q"\n😀', ""], DataType.string()),
        "at": moment.cast(DataType.timestamp("us", tz="UTC")),
        "day": array([19782, None], DataType.int32()).cast(DataType.date32()),
    }
    assert read(columns) == [
        (
            1,
            '{"i":9223372036854775807,"u":18446744073709551615,"f":0.1,"f32":0.1,"b":true,'
            '"t":"é \\"q\\"\\n😀","at":"2024-02-29T13:05:07.123456Z","day":"2024-02-29"}',
        ),
        (2, '{"i":null,"u":0,"f":null,"f32":1.5,"b":null,"t":"","at":null,"day":null}'),
    ]


def test_decimals_stay_exact(read):
    values = [Decimal("12345678901234567890.10"), Decimal("-0.01"), None]
    texts = array([None if each is None else str(each) for each in values], DataType.string())
    items = read({"d": texts.cast(DataType.decimal128(38, 2))})
    assert [item for _, item in items] == ['{"d":12345678901234567890.10}', '{"d":-0.01}', '{"d":null}']


def test_lists_and_structs_become_json(read):
    pairs = fixed_size_list_array(array([1, 2, 3, 4], DataType.int64()), 2)
    deep = struct_array(
        [pairs, array(["x", None], DataType.string())],
        fields=[
            Field("pair", pairs.type),
            Field("name", DataType.string()),
        ],
    )
    assert [json.loads(item) for _, item in read({"deep": deep})] == [
        {"deep": {"pair": [1, 2], "name": "x"}},
        {"deep": {"pair": [3, 4], "name": None}},
    ]


def test_the_columns_that_are_asked_for(read, source):
    columns = {
        "bytes": array([b"\x00\xff"], DataType.binary()),
        "a": array(["x"], DataType.string()),
        "Binary": array([1], DataType.int8()),
    }
    with pytest.raises(ReadError, match='the column "bytes" holds bytes'):
        read(columns)
    assert read(columns, columns={"bytes": "", "a": "text"}) == [(1, '{"text":"x","Binary":1}')]
    shown = preview(source(columns, columns={"bytes": "", "a": "text"}))
    assert shown.options.format == "PARQUET"
    assert (shown.columns, shown.rows) == (["bytes", "a", "Binary"], [{"text": "x", "Binary": 1}])
    assert shown.types == {"bytes": "string", "a": "string", "Binary": "number"}
    nested = struct_array([columns["bytes"]], fields=[Field("b", DataType.binary())])
    with pytest.raises(ReadError, match='the column "deep" holds bytes'):
        read({"deep": nested})


def test_a_parquet_file_is_told_by_its_content(source):
    made = source({"a": array([1], DataType.int8())}, name="part-0000")
    assert find(made.name, made.path.read_bytes()[:100]).name == "PARQUET"


@pytest.mark.parametrize(
    "content", [b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"PAR1\xff\xff\xff\xff\x7fPAR1", b""]
)
def test_what_is_no_parquet_file_is_refused(read, content):
    with pytest.raises(ReadError):
        read(content)


COLUMNS = {
    "i": st.none() | st.integers(-(2**63), 2**63 - 1),
    "f": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "t": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    "b": st.none() | st.booleans(),
}
TYPES = {"i": DataType.int64(), "f": DataType.float64(), "t": DataType.string(), "b": DataType.bool()}


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.fixed_dictionaries(COLUMNS), min_size=1, max_size=300))
def test_what_was_written_is_read(read, items):
    columns = {name: array([item[name] for item in items], kind) for name, kind in TYPES.items()}
    assert [json.loads(item) for _, item in read(columns)] == items


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_damaged_file_is_read_or_refused(read, source, random):
    whole = source({name: array([None, None], kind) for name, kind in TYPES.items()}).path.read_bytes()
    damaged = bytearray(whole)
    for _ in range(random.randint(1, 8)):
        damaged[random.randrange(4, len(damaged) - 4)] = random.randrange(256)
    try:
        read(bytes(damaged))
    except ReadError as error:
        assert str(error)
