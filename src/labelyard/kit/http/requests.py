"""What holds for every request: it has an id, and it is counted."""

import re
import time
import uuid

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labelyard.kit.log import Logger, request_id
from labelyard.kit.metrics import Traffic

log = Logger(__name__)

HEADER = b"x-request-id"
_USABLE = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")


class Requests:
    """Gives each request an id, counts it and, where wanted, logs it.

    The id is the one that came in `X-Request-ID` (from a proxy), or a new UUID. It goes out in the same header, is the
    `id` of an error's envelope, and stands in every line that is logged meanwhile.
    """

    def __init__(self, app: ASGIApp, traffic: Traffic, log_each: bool) -> None:
        self.app = app
        self.traffic = traffic
        self.log_each = log_each

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        made = _id_of(scope)
        context, began, status = request_id.set(made), time.perf_counter(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, made.encode())]
            await send(message)

        self.traffic.begin()
        try:
            await self.app(scope, receive, watch)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path_format", "none")
            self.traffic.end(scope["method"], route, status, seconds)
            if self.log_each:
                milliseconds = round(seconds * 1000, 1)
                log.info(
                    "request",
                    method=scope["method"],
                    path=scope["raw_path"].decode("latin-1"),
                    status=status,
                    ms=milliseconds,
                )
            request_id.reset(context)


def _id_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == HEADER and _USABLE.fullmatch(value):
            return str(value.decode())
    return str(uuid.uuid4())
