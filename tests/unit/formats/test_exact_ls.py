"""`csv_types=exact_ls`: the values that pandas 3.1 gives for `read_csv(…).fillna("")`, recorded with it."""

import json

import pytest

from labelyard.formats.readers.base import ReadOptions, Source
from labelyard.formats.readers.tables import read_csv

BIG = 12345678901234567890
HUGE = 123456789012345678901234567890
RECORDED = [
    (["1", "-3", "007", "+4", " 5", "6 ", "-0"], [1, -3, 7, 4, 5, 6, 0]),
    (["1", "", "3"], [1.0, "", 3.0]),
    (["9007199254740993", "NA"], [9007199254740992.0, ""]),
    (["1", "1.5", "2.", ".5", "1e5", "nan"], [1.0, 1.5, 2.0, 0.5, 100000.0, ""]),
    (["true", "TRUE", "False", "tRUE"], [True, True, False, True]),
    (["true", "", "NA"], [True, "", ""]),
    (["true", "1"], ["true", "1"]),
    (["", "NA", "null"], ["", "", ""]),
    (["NA", "N/A", "n/a", "<NA>", "#N/A", "NULL", "None", "NaN", "-nan", "x"], [""] * 9 + ["x"]),
    (["na", "none", "NIL", "-"], ["na", "none", "NIL", "-"]),
    (["1_000"], ["1_000"]),
    (["0x1F"], ["0x1F"]),
    (["1,5", "2"], ["1,5", "2"]),
    (["1", "x", ""], ["1", "x", ""]),
    ([str(BIG), "1"], [BIG, 1]),
    ([str(BIG), "-1"], [str(BIG), "-1"]),
    ([str(BIG), "None"], [str(BIG), "None"]),
    ([str(HUGE), "1", ""], [HUGE, 1, ""]),
    ([str(HUGE), "1.5", "None"], [str(HUGE), "1.5", "None"]),
    (["2020-01-01", ""], ["2020-01-01", ""]),
    ([" ", "x"], [" ", "x"]),
]


def read(tmp_path, cells):
    path = tmp_path / "t.csv"
    path.write_text("k,c\n" + "".join(f'r,"{cell}"\n' for cell in cells))
    items = read_csv(Source(path, "t.csv", options=ReadOptions(csv_types="exact_ls")))
    return [json.loads(bytes(item))["c"] for _, item in items]


@pytest.mark.parametrize(("cells", "values"), RECORDED)
def test_columns_have_the_recorded_values(tmp_path, cells, values):
    found = read(tmp_path, cells)
    assert [(type(value), value) for value in found] == [(type(value), value) for value in values]


def test_an_infinity_stays_text_because_json_has_none(tmp_path):
    assert read(tmp_path, ["inf", "1", "1e400"]) == ["inf", 1.0, "1e400"]


def test_the_whole_column_decides(tmp_path):
    numbers = [str(number) for number in range(20_000)]
    assert read(tmp_path, numbers)[-1] == 19_999
    assert read(tmp_path, [*numbers, ""])[0] == 0.0 and isinstance(read(tmp_path, [*numbers, ""])[0], float)
    assert read(tmp_path, [*numbers, "x"])[0] == "0"
