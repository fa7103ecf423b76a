"""Requests to other servers: those of the public internet, and none of the newsroom's own network.

A name is resolved once. The connection goes to the very address that was judged: a name that has another address a
moment later (DNS rebinding) leads nowhere else.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urljoin, urlsplit

from factcheck.uris import uri

Address = IPv4Address | IPv6Address
PORTS = {"http": 80, "https": 443}
# All public IPv6 addresses are here. Outside are the ones that stand for IPv4 (::ffff:0:0/96 and NAT64's 64:ff9b::/96).
GLOBAL_UNICAST = IPv6Network("2000::/3")
SIX_TO_FOUR = IPv6Network("2002::/16")  # holds an IPv4 address, which may be private


class Why(StrEnum):
    """Why a server is not asked. Each caller has its own words for these."""

    NO_ADDRESS = "no_address"
    SCHEME = "scheme"
    CREDENTIALS = "credentials"
    PORT = "port"
    NO_SERVER = "no_server"
    NOT_PUBLIC = "not_public"


class NotAsked(Exception):
    def __init__(self, why: Why, **values: object):
        """`values` are what its words may name: `host` or `port`."""
        super().__init__(why)
        self.why, self.values = why, values


@dataclass(frozen=True)
class Place:
    """What is asked for, and the server that has it."""

    scheme: str
    host: str  # in ASCII: what Host and the TLS handshake name
    port: int
    target: str  # path and query

    @property
    def url(self) -> str:
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{port}{self.target}"

    @property
    def host_header(self) -> str:
        return self.url.partition("://")[2].partition("/")[0]


def is_public(address: Address) -> bool:
    """Not private, loopback, link-local, shared (100.64.0.0/10), multicast or reserved, nor IPv4 within IPv6."""
    if isinstance(address, IPv6Address):
        return address in GLOBAL_UNICAST and address not in SIX_TO_FOUR and address.is_global
    return address.is_global and not address.is_multicast and not address.is_reserved


def place_of(url: str, ports: frozenset[int] | None = None, base: str = "") -> Place:
    """`url` may be relative to `base`. Without `ports` any is asked. Raises NotAsked."""
    try:
        url = urljoin(base, url)
        parts, escaped = urlsplit(url), urlsplit(uri(url))
        host = (parts.hostname or "").encode("idna").decode()
        port = PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except (ValueError, UnicodeError):
        raise NotAsked(Why.NO_ADDRESS) from None
    if parts.scheme not in PORTS or not host:
        raise NotAsked(Why.SCHEME)
    if parts.username is not None or parts.password is not None:
        raise NotAsked(Why.CREDENTIALS)
    if not port or (ports and port not in ports):
        raise NotAsked(Why.PORT, port=port)
    query = f"?{escaped.query}" if escaped.query else ""
    return Place(parts.scheme, host, port, f"{escaped.path or '/'}{query}")


def addresses_of(place: Place, is_allowed: Callable[[Address], bool], flags: int = 0) -> list[str]:
    """All that the name leads to. One that may not be asked refuses them all. Raises NotAsked.

    `flags` are those of getaddrinfo: with AI_NUMERICHOST no name is looked up.
    """
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        raise NotAsked(Why.NO_SERVER, host=place.host) from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not all(is_allowed(ip_address(address)) for address in addresses):
        raise NotAsked(Why.NOT_PUBLIC, host=place.host)
    return addresses


class Connection(HTTPConnection):
    """To an address that was judged. The name is only told to the server."""

    def __init__(self, place: Place, address: str, tls: ssl.SSLContext, timeout: float):
        super().__init__(place.host, place.port, timeout=timeout)
        self.place, self.address, self.tls = place, address, tls
        self.opened: socket.socket | None = None  # http.client forgets `sock` once it has the headers

    def connect(self) -> None:
        self.sock = self.opened = socket.create_connection((self.address, self.port), self.timeout)
        if self.place.scheme == "https":
            self.sock = self.opened = self.tls.wrap_socket(self.sock, server_hostname=self.place.host)

    def stop(self) -> None:
        """Wakes a thread that waits for the next byte. May be called from another thread."""
        if self.opened:
            with suppress(OSError):
                self.opened.shutdown(socket.SHUT_RDWR)
