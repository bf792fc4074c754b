"""Regular expressions of users, matched where they can do no harm.

Python's `re` can take for ever on a short pattern and holds the whole process meanwhile. So matching runs in a process
of its own that knows nothing, gets texts in batches, and is killed when a batch takes too long.
"""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import TracebackType

MAX_PATTERN = 1_000  # characters
BATCH_SECONDS = 1.0
_START_SECONDS = 10.0
_MAX_TEXT = 20_000  # characters of a text that are looked at

# Reads a pattern, then lists of texts, a line of JSON each; writes a line of 0 and 1 for each list.
_PROGRAM = """
import json, re, sys
search = getattr(re.compile(json.loads(sys.stdin.readline())), sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    print("".join("1" if search(text) else "0" for text in json.loads(line)), flush=True)
"""


class PatternError(ValueError):
    """A pattern that is no regular expression, or a longer one than is taken."""


class PatternTooSlow(Exception):
    """A pattern that does not come to an end on some text."""


def check_pattern(pattern: str) -> None:
    """PatternError unless it is a regular expression of Python."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"longer than {MAX_PATTERN} characters")
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        raise PatternError(str(error)) from error


class Matcher:
    """Matches one pattern against many texts: `with Matcher(pattern) as matcher: matcher.search(texts)`.

    `at_start`: a match counts only where the text begins with it.
    """

    def __init__(self, pattern: str, *, at_start: bool = False) -> None:
        check_pattern(pattern)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM, "match" if at_start else "search"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
        )
        self._ask(pattern, _START_SECONDS)

    def search(self, texts: Sequence[str]) -> list[bool]:
        """Which of the texts have a match. PatternTooSlow when that takes more than BATCH_SECONDS."""
        answer = self._ask([text[:_MAX_TEXT] for text in texts], BATCH_SECONDS)
        return [each == "1" for each in answer]

    def _ask(self, value: object, seconds: float) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101
        alarm = threading.Timer(seconds, self._process.kill)
        alarm.start()
        try:
            # The other side reads a whole line before it matches, so that this write comes to an end.
            self._process.stdin.write(json.dumps(value) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline().rstrip("\n")
        except OSError:
            answer = None
        finally:
            alarm.cancel()
        if answer is None or (not answer and value):
            raise PatternTooSlow
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> "Matcher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
