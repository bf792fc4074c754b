"""Addresses of the web in one spelling only.

Programs read odd spellings differently (`0x7f.1`, `[::ffff:127.0.0.1]`, `http://good@evil/`), and each difference is
a way around a check. So an address is taken apart once, here, and what is not plain is refused.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin

import idna

from labelyard.kit.net.model import NetError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
_MAX_LENGTH = 8192
_MAX_PORT = 65535
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*)([^#]*))?", re.DOTALL)
_IPV6 = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}))?")
_NAME = re.compile(r"([^:\[\]@%]+)(?::([0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# What may stand in a path and query as it is; `%` because the caller encoded it already.
_SAFE = "%/:?@!$&'()*+,;=-._~[]|"


@dataclass(frozen=True, slots=True)
class Url:
    """A checked address. `host` is a lower-case name in ASCII, or an IP address without brackets."""

    scheme: str
    host: str
    port: int
    target: str  # path and query

    @property
    def address(self) -> Address | None:
        """The host, when it is an IP address."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """Host and port as the header `Host` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse(text: str) -> Url:
    """The parts of an http or https address. NetError("bad_url") for anything else."""
    text = text.strip(" ")
    if len(text) > _MAX_LENGTH:
        raise _bad(f"The address is longer than {_MAX_LENGTH} characters.")
    if any(each < " " or each in "\\\x7f" or "\ud800" <= each <= "\udfff" for each in text):
        raise _bad("The address has characters that no address has.")
    found = _URL.match(text)
    if found is None or found[1].lower() not in PORTS:
        raise _bad("Only addresses that begin with http:// or https:// are fetched.")
    scheme, authority, rest = found[1].lower(), found[2] or "", found[3] or ""
    if "@" in authority:
        raise _bad("The address must not hold a user name or password.")
    host, port = _host_and_port(authority)
    if port is not None and not 1 <= port <= _MAX_PORT:
        raise _bad(f"The port of the address is no number from 1 to {_MAX_PORT}.")
    target = quote(rest if rest.startswith("/") else f"/{rest}", safe=_SAFE)
    return Url(scheme, host, port or PORTS[scheme], target)


def join(base: Url, location: str) -> Url:
    """Where a redirect leads."""
    try:
        return parse(urljoin(str(base), location))
    except (ValueError, NetError):
        raise NetError("redirect", "The address redirects to something that is no web address.") from None


def host_of(text: str) -> str:
    """A host name or IPv4 address in its one spelling. NetError("bad_url") for another."""
    try:
        name = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise _bad("The host name of the address is not valid.") from None
    name = name.removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise _bad("The host name of the address is not valid.")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise _bad("Write an IP address as four decimal numbers, such as 192.0.2.1.") from None
    return name


def _host_and_port(authority: str) -> tuple[str, int | None]:
    if found := _IPV6.fullmatch(authority):
        try:
            host = str(ipaddress.IPv6Address(found[1]))
        except ValueError:
            raise _bad("The IPv6 address is not valid.") from None
    elif found := _NAME.fullmatch(authority):
        host = host_of(found[1])
    else:
        raise _bad("The address has no host name that can be read.")
    return host, int(found[2]) if found[2] is not None else None


def _bad(message: str) -> NetError:
    return NetError("bad_url", message)
