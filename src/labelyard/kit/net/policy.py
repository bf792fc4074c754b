"""Which addresses the server may connect to."""

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelyard.kit.net.model import NetError
from labelyard.kit.net.urls import Address, Url, host_of

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# (host name, port) → IP addresses; OSError when there are none.
Resolver = Callable[[str, int], Sequence[str]]

# From the IANA registries of special-purpose addresses: everything that is not a host of the public internet.
_NOT_PUBLIC_4 = [
    ipaddress.IPv4Network(each)
    for each in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared between carriers
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, metadata of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]
# Outside this there are loopback, IPv4 in other clothes (::ffff:0:0/96, 64:ff9b::/96), private and link-local, multicast.
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = [
    ipaddress.IPv6Network(each)
    for each in (
        "2001::/23",  # protocol assignments, with Teredo, ORCHID and benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
]
# Where clouds hand credentials to whoever asks from the machine. Public or not, protection on or off: only an
# allow-list entry of that very address opens one.
_METADATA = frozenset(
    ipaddress.ip_address(each)
    for each in (
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ENTRY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")


def is_public(address: Address) -> bool:
    """Whether an address is one of a host on the public internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _GLOBAL_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _clothed(address: Address) -> Iterator[Address]:
    """The address and the IPv4 addresses that it may stand for."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            yield address.ipv4_mapped
        if address.sixtofour is not None:
            yield address.sixtofour
        if address.teredo is not None:
            yield address.teredo[1]
        if address in _NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def system_resolver(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True, slots=True)
class Allowed:
    """One entry of the allow-list: a host name or a network, on one port or on any."""

    name: str | None
    network: Network | None
    port: int | None

    def covers(self, address: Address, name: str, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address in self.network
        return self.name == name

    def is_exactly(self, address: Address, port: int) -> bool:
        return (
            self.network is not None
            and self.network.num_addresses == 1
            and address in self.network
            and self.port in (None, port)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operator allows. `protect=False` allows addresses that are not public.

    `ca_file` names certificate authorities (PEM) to trust beside those of the system.
    """

    protect: bool = True
    allow: tuple[Allowed, ...] = ()
    ca_file: str = ""
    resolve: Resolver = system_resolver

    @classmethod
    def of(cls, allow: str, *, protect: bool = True, ca_file: str = "") -> "Policy":
        """From the text of settings: comma-separated host names, addresses, networks, each with `:port` or not.

        ValueError names the entry that is none of these, and a file that is not there.
        """
        if ca_file and not Path(ca_file).is_file():
            raise ValueError(f"outbound_ca_file: there is no file {ca_file}.")
        entries = tuple(_entry(each.strip()) for each in allow.split(",") if each.strip())
        return cls(protect=protect, allow=entries, ca_file=ca_file)

    def addresses(self, url: Url, seconds: float) -> list[Address]:
        """All addresses of the host, each checked. NetError when one of them is not allowed, or there is none."""
        literal = url.address
        found = [literal] if literal is not None else _look_up(self.resolve, url.host, url.port, seconds)
        for each in found:
            if not self.allows(each, url.host, url.port):
                raise NetError(
                    "forbidden_address",
                    "The address leads to a private or reserved network address, which this server does not connect to. "
                    "Its operator can allow it with LABELYARD_OUTBOUND_ALLOW.",
                )
        return found

    def allows(self, address: Address, name: str, port: int) -> bool:
        """Whether `address`, to which `name` resolved, may be connected to on this port."""
        if any(each in _METADATA for each in _clothed(address)):
            return any(entry.is_exactly(address, port) for entry in self.allow)
        if not self.protect or is_public(address):
            return True
        return any(entry.covers(address, name, port) for entry in self.allow)


def _entry(text: str) -> Allowed:
    try:
        if "/" in text or (text.count(":") > 1 and not text.startswith("[")):
            return Allowed(None, ipaddress.ip_network(text), None)
        found = _ENTRY.fullmatch(text)
        if found is None:
            raise ValueError
        port = int(found["port"]) if found["port"] else None
        host = found["host"]
        if host.startswith("["):
            return Allowed(None, ipaddress.ip_network(host.strip("[]")), port)
        name = host_of(host)
        try:
            return Allowed(None, ipaddress.ip_network(name), port)
        except ValueError:
            return Allowed(name, None, port)
    except (ValueError, NetError):
        raise ValueError(
            f"outbound_allow: {text!r} is no host name, address or network (such as minio, minio:9000, 10.1.0.0/16)."
        ) from None


def _look_up(resolve: Resolver, host: str, port: int, seconds: float) -> list[Address]:
    """Addresses of a name. In a thread of its own, because the system's resolver cannot be told how long to wait."""
    found: list[Sequence[str]] = []

    def work() -> None:
        try:
            found.append(resolve(host, port))
        except (OSError, UnicodeError):
            found.append(())

    thread = threading.Thread(target=work, name="resolver", daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise NetError("timeout", "The host name of the address could not be looked up in time.")
    # A link-local address comes with its interface (`fe80::1%eth0`).
    addresses = [ipaddress.ip_address(each.partition("%")[0]) for each in dict.fromkeys(found[0])]
    if not addresses:
        raise NetError("unresolved", "The host name of the address is not known.")
    return addresses
