"""Whom a download may reach: public addresses over https, and origins that were named on purpose."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from studio.imageapi.errors import AssetRefused

PORTS = {"http": 80, "https": 443}
UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")


class Origin(NamedTuple):
    """Scheme, host and port: what has to be equal for two addresses to be of one server."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """The origin of an address; ValueError when it is no http or https address."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"{url!r} is not an address that starts with https:// or http://.")
        return cls(parts.scheme, parts.hostname.rstrip("."), parts.port or PORTS[parts.scheme])


def _within(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to in the end."""
    if ip in NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def is_public(address: str) -> bool:
    """Whether a numeric address, as the socket names it, belongs to the open internet."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        if inner := _within(ip):
            return is_public(str(inner))
        return ip in UNICAST and ip.is_global
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


class Door:
    """Refuses each server that a download must not reach; `trusted` origins may be private and plain http."""

    def __init__(self, trusted: Iterable[Origin]) -> None:
        self._trusted = frozenset(trusted)

    def check_origin(self, origin: Origin) -> None:
        """AssetRefused unless it is https or trusted; asked before the name is looked up."""
        if origin.scheme != "https" and origin not in self._trusted:
            raise AssetRefused("The picture's address is not a secure one (https).")

    def check_peer(self, origin: Origin, address: str) -> None:
        """AssetRefused unless the address is public or the origin trusted; asked of the connected peer."""
        if origin not in self._trusted and not is_public(address):
            raise AssetRefused("The picture's address leads into a private network.")
