"""Addresses in one spelling only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelyard.kit.net import NetError
from labelyard.kit.net.urls import join, parse

REFUSED = [
    "",
    "example.org",
    "//example.org/",
    "/etc/passwd",
    "file:///etc/passwd",
    "ftp://example.org/",
    "gopher://example.org/",
    "data:text/plain,hello",
    "dict://example.org:11211/",
    "javascript:alert(1)",
    "http:",
    "http://",
    "http:///path",
    "http:example.org",
    "http:/example.org",
    "http://:80/",
    "http://example.org:0/",
    "http://example.org:65536/",
    "http://example.org:-1/",
    "http://example.org:８０/",
    "http://example.org:80:80/",
    "http://user@example.org/",
    "http://user:secret@example.org/",
    "http://@example.org/",
    "http://good.example\\@evil.example/",
    "http://good.example\\.evil.example/",
    "http://exa mple.org/",
    "http://exam\tple.org/",
    "http://example.org/\r\nHost: evil",
    "http://example.org\x00.evil/",
    "http://%31%32%37.0.0.1/",
    "http://127.0.0.1%00.example.org/",
    "http://example..org/",
    "http://.example.org/",
    "http://example.org../",
    "http://-example.org/",
    f"http://{'a' * 64}.org/",
    f"http://{'a.' * 130}org/",
    f"http://example.org/{'a' * 9000}",
    # Spellings of 127.0.0.1 and 0.0.0.0 that some programs take.
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7F.1/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0.0.1.1/",
    "http://127.0.0.01/",
    "http://0/",
    "http://0x/",
    "http://1.2.3.256/",
    "http://[::1/",
    "http://::1/",
    "http://[::1]x/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[v1.a]/",
    "http://[127.0.0.1]/",
    "http://\ud800.example/",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_plain_is_refused(text: str) -> None:
    with pytest.raises(NetError) as caught:
        parse(text)
    assert caught.value.code == "bad_url"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("http://Example.ORG", "http://example.org/"),
        ("HTTPS://example.org:443/a?b=c#d", "https://example.org/a?b=c"),
        ("http://example.org:8080", "http://example.org:8080/"),
        ("http://example.org.", "http://example.org/"),
        ("http://example.org?q", "http://example.org/?q"),
        ("  http://example.org/a b/ü?x=ä ", "http://example.org/a%20b/%C3%BC?x=%C3%A4"),
        ("http://example.org/%2e%2E/a", "http://example.org/%2e%2E/a"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://1.2.3.4", "http://1.2.3.4/"),
        # Looks like digits of an address, and is read as them.
        ("http://１２７.0.0.1/", "http://127.0.0.1/"),
        ("http://127。0。0。1/", "http://127.0.0.1/"),
        ("http://127.0.0.1./", "http://127.0.0.1/"),
        ("http://[0:0:0:0:0:0:0:1]:8080/", "http://[::1]:8080/"),
        ("http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        ("http://minio:9000/bucket", "http://minio:9000/bucket"),
        ("http://under_score.example/", "http://under_score.example/"),
        ("http://4chan.example/", "http://4chan.example/"),
    ],
)
def test_one_spelling(text: str, plain: str) -> None:
    assert str(parse(text)) == plain
    assert parse(plain) == parse(text)


@given(st.text(max_size=60).map(lambda rest: f"http://{rest}"))
def test_any_text_is_an_address_in_one_spelling_or_refused(text: str) -> None:
    try:
        url = parse(text)
    except NetError as error:
        assert error.code == "bad_url"
        return
    assert parse(str(url)) == url
    assert str(url).isascii() and "@" not in url.authority


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("/b", "http://example.org:81/b"),
        ("c?d", "http://example.org:81/a/c?d"),
        ("//other.example/x", "http://other.example/x"),
        ("https://other.example", "https://other.example/"),
        ("", "http://example.org:81/a/b"),
    ],
)
def test_redirects_are_relative_to_where_they_come_from(location: str, there: str) -> None:
    assert str(join(parse("http://example.org:81/a/b"), location)) == there


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://[", "http://u:p@h/", "ftp://a/", "http://0x7f.1/"]
)
def test_redirects_to_nowhere(location: str) -> None:
    with pytest.raises(NetError) as caught:
        join(parse("http://example.org/"), location)
    assert caught.value.code == "redirect" and location not in caught.value.message
