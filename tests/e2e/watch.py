"""Watches a browser context for everything that goes wrong without being seen on the page."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

# The browser tells breaches of the content security policy on the console too, but only once for each place.
_REPORT_BREACHES = """
document.addEventListener('securitypolicyviolation', (event) => {
  console.error(`CSP breach: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""
# Notes every sign of a pointing device, for tests that promise to do without.
_NOTE_POINTER = """
window.pointerEvents = [];
for (const kind of ['pointerdown', 'mousedown', 'mouseup', 'touchstart', 'wheel', 'dragstart'])
  addEventListener(kind, (event) => window.pointerEvents.push(kind), true);
"""


class Watch:
    """Console errors, uncaught exceptions, refused and failed requests of all pages of a context."""

    def __init__(self, context: BrowserContext) -> None:
        self.troubles: list[str] = []
        # An empty queue answers 404, as in Label Studio 1.x.
        self._expected = [
            (404, re.compile(r"GET .*/api/projects/\d+/next(\?|$)")),
            (404, re.compile(r"POST .*/api/dm/actions\?.*\bid=next_task\b")),
        ]
        self._failing: list[re.Pattern[str]] = []
        self._refusals: list[tuple[int, str]] = []
        context.add_init_script(_REPORT_BREACHES)
        context.on("page", self._follow)

    def expect(self, status: int, address: str) -> None:
        """Answers with `status` from addresses that match the pattern are part of the test."""
        self._expected.append((status, re.compile(address)))

    def expect_failure(self, address: str) -> None:
        """Requests to addresses that match the pattern are made to fail by the test."""
        self._failing.append(re.compile(address))

    def check(self) -> None:
        unexpected = [
            f"{status} {url}"
            for status, url in self._refusals
            if not any(status == wanted and pattern.search(url) for wanted, pattern in self._expected)
        ]
        troubles = self.troubles + unexpected
        assert not troubles, "\n".join(troubles)

    def _follow(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.troubles.append(f"uncaught on {page.url}: {error}"))
        page.on("requestfailed", self._on_failed)
        page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        # Refused requests are judged by their status, with `expect`.
        if message.text.startswith("Failed to load resource"):
            return
        # Chromium without a GPU says that it draws in software.
        if "GPU stall due to ReadPixels" in message.text:
            return
        self.troubles.append(f"console {message.type} on {message.location.get('url', '')}: {message.text}")

    def _on_failed(self, request: Request) -> None:
        # A page that is left aborts what it was still asking for.
        address = f"{request.method} {request.url}"
        if request.failure != "net::ERR_ABORTED" and not any(each.search(address) for each in self._failing):
            self.troubles.append(f"request failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self._refusals.append((response.status, f"{response.request.method} {response.url}"))


def forbid_pointer(page: Page) -> Callable[[], list[Any]]:
    """From now on every use of a pointing device is noted; returns what tells them."""
    page.context.add_init_script(_NOTE_POINTER)
    return lambda: list(page.evaluate("window.pointerEvents"))
