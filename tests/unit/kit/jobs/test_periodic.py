"""Chores that are done now and then."""

import threading
import time
from collections.abc import Callable

import pytest

from labelyard.kit.jobs.periodic import Periodic


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_each_at_its_own_pace(capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []

    def breaks() -> None:
        done.append("breaks")
        raise RuntimeError("no such luck")

    periodic = Periodic()
    periodic.add("often", 0.01, lambda: done.append("often"))
    periodic.add("breaks", 0.02, breaks)
    periodic.add("seldom", 3600, lambda: done.append("seldom"))
    periodic.start()
    until(lambda: done.count("often") >= 5 and done.count("breaks") >= 2)
    periodic.stop()
    after = len(done)
    time.sleep(0.05)
    assert len(done) == after and "seldom" not in done
    assert "breaks" in capsys.readouterr().err


def test_stopping_waits_for_what_is_being_done() -> None:
    began, ended = threading.Event(), []

    def slow() -> None:
        began.set()
        time.sleep(0.1)
        ended.append(True)

    periodic = Periodic()
    periodic.add("slow", 0.01, slow)
    periodic.start()
    assert began.wait(10)
    periodic.stop()
    assert ended


def test_nothing_to_do_needs_no_thread() -> None:
    before = threading.active_count()
    periodic = Periodic()
    periodic.start()
    assert threading.active_count() == before
    periodic.stop()
