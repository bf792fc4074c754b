"""Page numbers and sizes."""

import pytest
from starlette.requests import Request

from labelyard.kit.errors import NotFound
from labelyard.kit.http.paging import page_object, read_page


def request(query: str) -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/api/projects",
            "query_string": query.encode(),
            "headers": [(b"host", b"localhost")],
            "scheme": "http",
            "server": ("localhost", 80),
        }
    )


@pytest.mark.parametrize(
    ("query", "number", "size"),
    [
        ("", 1, 30),
        ("page=2", 2, 30),
        ("page=&page_size=", 1, 30),
        ("page_size=5", 1, 5),
        ("page_size=1000", 1, 100),
        ("page_size=-1", 1, 30),
        ("page_size=0", 1, 30),
        ("page_size=x", 1, 30),
        ("page_size=99999999999999999999999", 1, 100),
    ],
)
def test_page_of_the_query(query: str, number: int, size: int) -> None:
    page = read_page(request(query), default=30, maximum=100)
    assert (page.number, page.size, page.offset) == (number, size, (number - 1) * size)


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=1.5", "page=" + "9" * 30])
def test_pages_that_cannot_be(query: str) -> None:
    with pytest.raises(NotFound):
        read_page(request(query), default=30)


def test_everything_on_one_page() -> None:
    page = read_page(request("page_size=-1"), default=20, all_at=-1)
    assert (page.limit, page.offset) == (None, 0)
    made = page_object(request("page_size=-1"), [1, 2], 2, 1, None)
    assert (made["next"], made["previous"]) == (None, None)


def test_links_keep_the_other_parameters() -> None:
    made = page_object(request("title=a%26b&page=2&ids=1&ids=2"), [], 5, 2, 2)
    assert made["next"] == "http://localhost/api/projects?title=a%26b&ids=1&ids=2&page=3"
    assert made["previous"] == "http://localhost/api/projects?title=a%26b&ids=1&ids=2"
    assert page_object(request("page=3"), [], 5, 3, 2)["next"] is None


def test_the_first_page_of_nothing_exists_and_the_second_does_not() -> None:
    assert page_object(request(""), [], 0, 1, 30)["results"] == []
    with pytest.raises(NotFound):
        page_object(request("page=2"), [], 30, 2, 30)
