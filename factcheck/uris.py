"""International addresses (IRI, RFC 3987) as URIs (RFC 3986)."""

from urllib.parse import quote, urlsplit, urlunsplit

SAFE = "!#$%&'()*+,/:;=?@~"


def uri(url: str) -> str:
    """The URI (RFC 3986) of an IRI (RFC 3987): the stored addresses may hold any letter."""
    scheme, host, *rest = urlsplit(url)
    path, query, fragment = (_escaped(part) for part in rest)
    return urlunsplit((scheme, quote(host, safe="[]:@%"), path, query, fragment.replace("#", "%23")))


def _escaped(part: str) -> str:
    pieces = quote(part, safe=SAFE).split("%")
    return pieces[0] + "".join(f"%{'' if _is_hex(piece[:2]) else '25'}{piece}" for piece in pieces[1:])


def _is_hex(digits: str) -> bool:
    return len(digits) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in digits)
