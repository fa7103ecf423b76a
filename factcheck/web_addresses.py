"""What counts as a web address: RFC 3986, with letters of any script (RFC 3987), and of http or https alone.

A scheme other than these could run as a script when a page links to it.
"""

import re
from ipaddress import IPv6Address
from unicodedata import category
from urllib.parse import quote

import idna

ADDRESS = re.compile(r"(https?)://(?:([^/?#]*)@)?([^/?#]*?)(?::([0-9]*))?([/?#].*)?", re.IGNORECASE | re.DOTALL)
LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
IPV4 = r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
BARE_NAME = re.compile(LABEL, re.ASCII)
HOST = re.compile(rf"{IPV4}|localhost|(?:{LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})", re.ASCII)
MAX_HOST = 253  # characters in ASCII, without the dot at the end
DOTS = re.compile("[.\u3002\uff0e\uff61]")  # that IDNA takes for one
DEFAULT_PORTS = {"http": "80", "https": "443"}
DELIMITERS = '<>"'  # never part of an address; they stand around one


class NotAWebAddress(ValueError):
    def __init__(self, why: str, **values: str):
        """`why` is scheme, user, character, host or port. `values` are what words about it may name."""
        super().__init__(why)
        self.why, self.values = why, values


def web_address(text: str, *, takes_bare_names: bool = False) -> str:
    """The address with scheme and host in lower case, and without a default port or a dot behind the host.

    The rest stays as it is. `takes_bare_names`: a host may be one name, without a dot. Raises NotAWebAddress.
    """
    for character in text:
        if character in DELIMITERS or category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp"):
            raise NotAWebAddress("character", **_names(character))
    parts = ADDRESS.fullmatch(text)
    if not parts:
        raise NotAWebAddress("scheme")
    scheme, _, host, port, rest = parts.groups(default="")
    if parts[2] is not None:
        raise NotAWebAddress("user")
    scheme, host = scheme.lower(), ".".join(DOTS.split(host.lower())).removesuffix(".")
    if not (_is_host(host) or (takes_bare_names and BARE_NAME.fullmatch(host))):
        raise NotAWebAddress("host", host=host)
    if port and not 0 < int(port[:6]) < 65536:
        raise NotAWebAddress("port", port=port[:20])
    shown = f":{port}" if port and port != DEFAULT_PORTS[scheme] else ""
    return f"{scheme}://{host}{shown}{rest}"


def as_stored(text: str) -> str:
    """For a comparison with stored addresses: what is no web address is left as it is."""
    try:
        return web_address(text)
    except NotAWebAddress:
        return text


def _names(character: str) -> dict[str, str]:
    code = f"U+{ord(character):04X}"
    shown = character if character in DELIMITERS else code
    return {"character": shown, "encoded": quote(character)}


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _is_ipv6(host)
    try:
        coded = ascii_host(host)
    except UnicodeError:
        return False
    return len(coded) <= MAX_HOST and HOST.fullmatch(coded) is not None


def _is_ipv6(host: str) -> bool:
    try:
        return "%" not in host and bool(IPv6Address(host[1:-1])) and host.endswith("]")
    except ValueError:
        return False


def ascii_host(host: str) -> str:
    """As DNS has it (UTS 46, IDNA 2008). Raises UnicodeError where it has no such form.

    Labels in ASCII stay as they are: there are hosts with an underscore, which IDNA does not know.
    """
    labels = DOTS.split(host.lower())
    return ".".join(label if label.isascii() else idna.encode(label, uts46=True).decode() for label in labels)


def unicode_host(host: str) -> str:
    """Of a host in ASCII. Raises UnicodeError."""
    return ".".join(idna.decode(label) if label.startswith("xn--") else label for label in host.split("."))
