"""Which servers may be asked: those of the public internet, and none of the newsroom's own network.

A name is resolved once. The connection goes to the very address that was judged: a name that has another address a
moment later (DNS rebinding) leads nowhere else.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urljoin, urlsplit

from claims.exports.common import uri

Address = IPv4Address | IPv6Address
PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 2000  # of the address of an article, with every letter outside ASCII escaped
# All public IPv6 addresses are here. Outside are the ones that stand for IPv4 (::ffff:0:0/96 and NAT64's 64:ff9b::/96).
GLOBAL_UNICAST = IPv6Network("2000::/3")
SIX_TO_FOUR = IPv6Network("2002::/16")  # holds an IPv4 address, which may be private


N_ = str  # marks a text for `manage.py translations`


class NotFetched(Exception):
    """Why. `text` has places for the `values`, as `%` fills them: whoever shows it translates it before."""

    def __init__(self, code: str, text: str, **values: object):
        super().__init__(text % values)
        self.code, self.text, self.values = code, text, values


@dataclass(frozen=True)
class Place:
    """A page, and the server that has it."""

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


def place_of(url: str, ports: frozenset[int], base: str = "") -> Place:
    """`url` may be relative to `base`. Raises NotFetched."""
    try:
        url = urljoin(base, url)
        parts, escaped = urlsplit(url), urlsplit(uri(url))
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port or PORTS.get(parts.scheme, 0)
    except (ValueError, UnicodeError):
        raise NotFetched("invalid", N_("This is not an address of a page. Copy it from the browser.")) from None
    if parts.scheme not in PORTS or not host:
        raise NotFetched("invalid", N_("Give an address that begins with http:// or https://."))
    if parts.username is not None or parts.password is not None:
        raise NotFetched("invalid", N_("Leave the user name and the password out of the address."))
    if port not in ports:
        text = N_("Port %(port)d is not asked. Pages are fetched from ports 80 and 443 only.")
        raise NotFetched("forbidden", text, port=port)
    query = f"?{escaped.query}" if escaped.query else ""
    place = Place(parts.scheme, host, port, f"{escaped.path or '/'}{query}")
    if len(place.url) > MAX_LENGTH:
        text = N_("The address is longer than %(limit)d characters. Leave out what the page does not need.")
        raise NotFetched("long", text, limit=MAX_LENGTH)
    return place


def addresses_of(place: Place, is_allowed: Callable[[Address], bool]) -> list[str]:
    """All that the name leads to. One that may not be asked refuses them all. Raises NotFetched."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        text = N_("There is no server called %(host)s. Check the address, or paste the text.")
        raise NotFetched("unreachable", text, host=place.host) from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not all(is_allowed(ip_address(address)) for address in addresses):
        text = N_("%(host)s is in a network that is not public, so it is not asked. Paste the text.")
        raise NotFetched("forbidden", text, host=place.host)
    return addresses
