"""International addresses (IRI, RFC 3987) as URIs (RFC 3986)."""

from urllib.parse import quote, urlsplit, urlunsplit

from factcheck.web_addresses import DOTS, ascii_host

SAFE = "!#$%&'()*+,/:;=?@~"


def uri(url: str) -> str:
    """The URI (RFC 3986) of an IRI (RFC 3987): the stored addresses may hold any letter."""
    scheme, server, *rest = urlsplit(url)
    path, query, fragment = (_escaped(part) for part in rest)
    return urlunsplit((scheme, _server(server), path, query, fragment.replace("#", "%23")))


def _server(given: str) -> str:
    """The host in ASCII (punycode), which every program can look up as it is."""
    if given.isascii():
        return quote(given, safe="[]:@%")
    user, at, place = given.rpartition("@")
    host, colon, port = place.partition(":")
    try:
        host = ascii_host(host)
    except UnicodeError:  # in an address from before hosts were judged
        host = ".".join(map(_label, DOTS.split(host.lower())))
    return f"{quote(user, safe=':%')}{at}{host}{colon}{port}"


def _label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"


def _escaped(part: str) -> str:
    pieces = quote(part, safe=SAFE).split("%")
    return pieces[0] + "".join(f"%{'' if _is_hex(piece[:2]) else '25'}{piece}" for piece in pieces[1:])


def _is_hex(digits: str) -> bool:
    return len(digits) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in digits)
