"""What reaches standard error: by level, as lines for people or as JSON, and never a local variable."""

import json

import pytest

from labelyard.kit.log import Logger, configure


@pytest.fixture(autouse=True)
def restored():
    yield
    configure("INFO", "auto")


def test_quieter_levels_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure("WARNING", "console")
    log = Logger("yard")
    log.info("arrived")
    log.warning("late", minutes=3)
    written = capsys.readouterr().err
    assert "arrived" not in written
    assert "late" in written and "minutes" in written


def test_json_lines_carry_the_traceback_but_no_local_variable(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO", "json")
    log = Logger("yard")
    password = "correct horse"
    try:
        raise LookupError(len(password))
    except LookupError:
        log.exception("job failed", job_id=7)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["job_id"], line["logger"]) == (
        "job failed",
        "error",
        7,
        "yard",
    )
    assert "LookupError" in line["exception"] and "correct horse" not in line["exception"]
