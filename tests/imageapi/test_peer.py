"""Which addresses belong to the open internet."""

import pytest

from studio.imageapi.errors import AssetRefused
from studio.imageapi.peer import Door, Origin, is_public


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.255"),
        *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1"),
        *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "224.0.1.1", "239.1.1.1", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1"),
        *("2002:7f00:1::", "2002:a00:1::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%1", "fec0::1"),
        *("ff02::1", "ff0e::1", "5f00::1", "4000::1"),
    ],
)
def test_an_address_of_no_public_network_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_an_address_of_the_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://CDN.Test", ("https", "cdn.test", 443)),
        ("http://cdn.test./path?query", ("http", "cdn.test", 80)),
        ("https://cdn.test:8443/", ("https", "cdn.test", 8443)),
        ("http://[::1]:9000", ("http", "::1", 9000)),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, origin):
    assert Origin.of(url) == origin


def test_a_trusted_origin_may_be_private_and_plain():
    origin = Origin("http", "nas.lan", 80)
    door = Door([origin])
    door.check_origin(origin)
    door.check_peer(origin, "10.0.0.1")


def test_the_neighbour_of_a_trusted_origin_is_not_trusted():
    door = Door([Origin("http", "nas.lan", 80)])
    with pytest.raises(AssetRefused):
        door.check_origin(Origin("http", "nas.lan", 81))
    with pytest.raises(AssetRefused):
        door.check_peer(Origin("https", "nas.lan", 443), "10.0.0.1")
