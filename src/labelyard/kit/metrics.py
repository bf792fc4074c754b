"""Figures for Prometheus, in its text format (version 0.0.4), without a library: a dictionary of counters suffices."""

import bisect
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Upper ends in seconds; what annotators wait for lies in the first half.
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_started_at = time.time()


@dataclass(slots=True)
class _Times:
    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0


@dataclass(slots=True)
class Traffic:
    """Counts requests. Used by one thread, that of the event loop."""

    in_progress: int = 0
    answers: dict[tuple[str, str, int], int] = field(default_factory=dict)
    times: dict[tuple[str, str], _Times] = field(default_factory=dict)

    def begin(self) -> None:
        self.in_progress += 1

    def end(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. `route` is the path with the names of its parameters, so that there are few."""
        self.in_progress -= 1
        method = method if method in _METHODS else "OTHER"
        key = (method, route, status)
        self.answers[key] = self.answers.get(key, 0) + 1
        times = self.times.get((method, route))
        if times is None:
            times = self.times[method, route] = _Times()
        times.counts[bisect.bisect_left(BUCKETS, seconds)] += 1
        times.total += seconds

    def lines(self) -> Iterator[str]:
        yield from head("labelyard_http_requests_in_progress", "gauge", "Requests that are being answered.")
        yield f"labelyard_http_requests_in_progress {self.in_progress}"
        name = "labelyard_http_requests_total"
        yield from head(name, "counter", "Answered requests by method, route and status.")
        for (method, route, status), count in sorted(self.answers.items()):
            yield f"{name}{labels(method=method, route=route, status=status)} {count}"
        name = "labelyard_http_request_duration_seconds"
        yield from head(name, "histogram", "From the first byte of the request to the end of the answer.")
        for (method, route), times in sorted(self.times.items()):
            seen = 0
            for end, count in zip((*BUCKETS, "+Inf"), times.counts, strict=True):
                seen += count
                yield f"{name}_bucket{labels(method=method, route=route, le=end)} {seen}"
            yield f"{name}_sum{labels(method=method, route=route)} {times.total:.6f}"
            yield f"{name}_count{labels(method=method, route=route)} {seen}"


def head(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"


def labels(**values: object) -> str:
    """`{a="1",b="2"}`, escaped as the format asks."""
    pairs = (f'{name}="{_escaped(str(value))}"' for name, value in values.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def gauges(name: str, meaning: str, values: Mapping[str, float], label: str) -> Iterator[str]:
    """One gauge with a value for each label."""
    yield from head(name, "gauge", meaning)
    for key, value in sorted(values.items()):
        yield f"{name}{labels(**{label: key})} {value}"


def process_lines() -> Iterator[str]:
    """Processor time, memory and open files of this process, under the names that dashboards know."""
    times = os.times()
    yield from head("process_cpu_seconds_total", "counter", "Processor time, user and system.")
    yield f"process_cpu_seconds_total {times.user + times.system:.2f}"
    yield from head("process_start_time_seconds", "gauge", "When the process started, since the epoch.")
    yield f"process_start_time_seconds {_started_at:.2f}"
    if sys.platform != "linux":
        return
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    yield from head("process_resident_memory_bytes", "gauge", "Memory in use.")
    yield f"process_resident_memory_bytes {pages * os.sysconf('SC_PAGE_SIZE')}"
    yield from head("process_open_fds", "gauge", "Open files and connections.")
    yield f"process_open_fds {sum(1 for _ in Path('/proc/self/fd').iterdir())}"


def page(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
