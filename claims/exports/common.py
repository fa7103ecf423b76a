from datetime import datetime
from urllib.parse import quote, urlsplit, urlunsplit

SAFE = "!#$%&'()*+,/:;=?@~"


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, with the Z that xsd:dateTime and Atom readers expect."""
    return moment.isoformat().replace("+00:00", "Z")


def uri(address: str) -> str:
    """A web address as RFC 3986 has it: ours may hold any letter (RFC 3987)."""
    scheme, host, *rest = urlsplit(address)
    path, query, fragment = (_escaped(part) for part in rest)
    return urlunsplit((scheme, quote(host, safe="[]:@%"), path, query, fragment.replace("#", "%23")))


def _escaped(part: str) -> str:
    pieces = quote(part, safe=SAFE).split("%")
    return pieces[0] + "".join(f"%{'' if _is_hex(piece[:2]) else '25'}{piece}" for piece in pieces[1:])


def _is_hex(digits: str) -> bool:
    return len(digits) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in digits)
