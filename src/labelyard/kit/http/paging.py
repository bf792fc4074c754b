"""The page object `{"count", "next", "previous", "results"}` and its query parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from labelyard.kit.errors import NotFound

INVALID_PAGE = "Invalid page."
# Beyond this an OFFSET is no page that exists on any engine.
_MAX_NUMBER = 2**53


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `number` counts from 1; `size` None means everything on one page."""

    number: int
    size: int | None

    @property
    def offset(self) -> int:
        return 0 if self.size is None else (self.number - 1) * self.size

    @property
    def limit(self) -> int | None:
        return self.size

    def check(self, count: int) -> None:
        """NotFound for a page past the end; the first page always exists. Clients stop paging on this 404."""
        if self.number > 1 and self.offset >= count:
            raise NotFound(INVALID_PAGE)


def read_page(
    request: Request, *, default: int, maximum: int | None = None, all_at: int | None = None
) -> Page:
    """Page of the query: `page` (from 1) and `page_size`, a larger or unusable size falling back as clients expect.

    `all_at` is the size that means everything (-1 where the contract says so). NotFound for a page that is no
    positive number.
    """
    number = _integer(request.query_params.get("page"), 1)
    if number is None or not 1 <= number <= _MAX_NUMBER:
        raise NotFound(INVALID_PAGE)
    size = _integer(request.query_params.get("page_size"), default)
    if size is not None and size == all_at:
        return Page(number, None)
    if size is None or size < 1:
        size = default
    if maximum is not None:
        size = min(size, maximum)
    return Page(number, min(size, _MAX_NUMBER // number))


def _integer(text: str | None, default: int) -> int | None:
    if text is None or not text.strip():
        return default
    try:
        return int(text)
    except ValueError:
        return None


def page_object(
    request: Request, items: Sequence[Any], count: int, page: int, page_size: int | None
) -> dict[str, Any]:
    """The page object; `next` and `previous` keep the other query parameters. NotFound past the end."""
    here = Page(page, page_size)
    here.check(count)
    more = page_size is not None and page * page_size < count
    return {
        "count": count,
        "next": _url(request, page + 1) if more else None,
        "previous": _url(request, page - 1) if page > 1 else None,
        "results": items,
    }


def _url(request: Request, page: int) -> str:
    pairs = [(key, value) for key, value in request.query_params.multi_items() if key != "page"]
    if page > 1:
        pairs.append(("page", str(page)))
    address = request.url.replace(query=urlencode(pairs))
    return str(address)
