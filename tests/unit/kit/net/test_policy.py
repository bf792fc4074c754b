"""Which addresses may be connected to."""

import time
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from labelyard.kit.net import NetError, Policy
from labelyard.kit.net.policy import is_public
from labelyard.kit.net.urls import parse

_NOT_PUBLIC = """0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.8.8.8 169.254.0.1
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7
203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::2 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1
2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00::1
fd00:ec2::254 fe80::1 febf::1 fec0::1 ff02::1 ff0e::1 4000::1"""
_PUBLIC = """1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.0.1
172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 223.255.255.255
2001:200::1 2001:4860:4860::8888 2606:4700::1111 2a00:1450::1"""
NOT_PUBLIC, PUBLIC = _NOT_PUBLIC.split(), _PUBLIC.split()
METADATA = ["169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"]  # fmt: skip


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_special_addresses_are_refused(text: str) -> None:
    assert not is_public(ip_address(text))
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(NetError) as caught:
        Policy().addresses(parse(f"http://{host}/"), 1)
    assert caught.value.code == "forbidden_address"


@pytest.mark.parametrize("text", PUBLIC)
def test_public_ones_are_not(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", METADATA)
def test_metadata_is_open_only_by_its_very_address(text: str) -> None:
    address = ip_address(text)
    wide = "0.0.0.0/0, ::/0, metadata.internal"
    for policy in (Policy(), Policy(protect=False), Policy.of(wide), Policy.of(wide, protect=False)):
        assert not policy.allows(address, "metadata.internal", 80)
    assert Policy.of(text).allows(address, "metadata.internal", 80)


def test_protection_can_be_switched_off() -> None:
    assert all(
        Policy(protect=False).allows(ip_address(each), "host", 80)
        for each in NOT_PUBLIC
        if each not in METADATA
    )


@pytest.mark.parametrize(
    ("allow", "address", "name", "port", "allowed"),
    [
        ("minio", "10.0.0.5", "minio", 9000, True),
        ("minio", "10.0.0.5", "minio.evil.example", 9000, False),
        ("MinIO.", "10.0.0.5", "minio", 9000, True),
        ("minio:9000", "10.0.0.5", "minio", 9000, True),
        ("minio:9000", "10.0.0.5", "minio", 22, False),
        ("10.1.0.0/16", "10.1.2.3", "any", 80, True),
        ("10.1.0.0/16", "10.2.2.3", "any", 80, False),
        ("a, 127.0.0.1:8080 ,b", "127.0.0.1", "localhost", 8080, True),
        ("a, 127.0.0.1:8080 ,b", "127.0.0.1", "localhost", 8081, False),
        ("fd00::/8", "fd12::1", "any", 80, True),
        ("::1", "::1", "any", 80, True),
        ("[::1]:90", "::1", "any", 90, True),
        ("[::1]:90", "::1", "any", 80, False),
        ("", "8.8.8.8", "dns", 53, True),
    ],
)
def test_the_allow_list(allow: str, address: str, name: str, port: int, allowed: bool) -> None:
    assert Policy.of(allow).allows(ip_address(address), name, port) is allowed


@pytest.mark.parametrize(
    "allow", ["10.0.0.0/33", "10.0.0.1/8", "a b", "http://minio", "minio:x", "0x7f.1", "[::1", ":80"]
)
def test_a_wrong_entry_is_named(allow: str) -> None:
    with pytest.raises(ValueError, match="outbound_allow") as caught:
        Policy.of(f"minio,{allow}")
    assert repr(allow) in str(caught.value)


def test_a_file_of_authorities_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="outbound_ca_file"):
        Policy.of("", ca_file=str(tmp_path / "none.pem"))


def test_one_forbidden_address_among_several_is_enough() -> None:
    policy = replace(Policy(), resolve=lambda host, port: ["8.8.8.8", "2001:4860:4860::8888", "10.0.0.1"])
    with pytest.raises(NetError) as caught:
        policy.addresses(parse("http://both.example/"), 1)
    assert caught.value.code == "forbidden_address"


def test_a_link_local_address_with_its_interface_is_refused() -> None:
    policy = replace(Policy(), resolve=lambda host, port: ["fe80::1%eth0"])
    with pytest.raises(NetError) as caught:
        policy.addresses(parse("http://near.example/"), 1)
    assert caught.value.code == "forbidden_address"


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "localhost."])
def test_names_of_this_machine_are_looked_up_and_refused(name: str) -> None:
    with pytest.raises(NetError) as caught:
        Policy().addresses(parse(f"http://{name}/"), 5)
    assert caught.value.code == "forbidden_address"


def test_a_name_without_address() -> None:
    with pytest.raises(NetError) as caught:
        Policy().addresses(parse("http://no-such-host.invalid/"), 20)
    assert caught.value.code == "unresolved"


def test_looking_up_does_not_take_for_ever() -> None:
    def slow(host: str, port: int) -> list[str]:
        time.sleep(1)
        return ["8.8.8.8"]

    began = time.monotonic()
    with pytest.raises(NetError) as caught:
        replace(Policy(), resolve=slow).addresses(parse("http://slow.example/"), 0.1)
    assert caught.value.code == "timeout" and time.monotonic() - began < 0.8
