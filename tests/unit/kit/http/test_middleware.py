"""Host names and origins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from labelyard.kit.http.middleware import cookies_of, host_name, is_loopback_name, refusal, same_origin


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Example.ORG:80", "example.org"),
        ("example.org.", "example.org"),
        ("[::1]:8080", "::1"),
        ("a_b-c.d", "a_b-c.d"),
        ("", None),
        ("a b", None),
        ("a/b", None),
        ("user@host", None),
        ("host:port", None),
        ("host:1:2", None),
        ("::1", None),
        ("hôst", None),
    ],
)
def test_host_name(host: str, name: str | None) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize("name", ["localhost", "a.localhost", "127.0.0.1", "127.255.0.9", "::1"])
def test_loopback_names(name: str) -> None:
    assert is_loopback_name(name)


@pytest.mark.parametrize(
    "name", ["localhost.example", "0.0.0.0", "::", "127.1", "0x7f.0.0.1", "2130706433", "128.0.0.1"]
)
def test_other_names(name: str) -> None:
    assert not is_loopback_name(name)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255)))
def test_no_header_text_breaks_the_checks(text: str) -> None:
    raw = [(b"host", b"localhost"), (b"origin", text.encode("latin-1")), (b"cookie", text.encode("latin-1"))]
    headers = Headers(raw=raw)
    host_name(text)
    cookies_of(headers)
    assert same_origin(headers) is False or text.partition("://")[2].partition("/")[0].lower() == "localhost"
    assert refusal(headers) is None or "another site" in (refusal(headers) or "")
