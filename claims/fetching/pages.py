"""Fetches one page: five seconds and five megabytes in all, HTML only, without cookies."""

import socket
import ssl
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse

from claims.fetching.addresses import Address, Place, addresses_of, is_public, place_of, refusal

SECONDS = 5.0
MAX_BYTES = 5_000_000  # after decompression
MAX_REDIRECTS = 5
WEB_PORTS = frozenset({80, 443})
HEADERS = {
    "User-Agent": "Factcheck/1.0 (an editor asked for this page)",
    "Accept": "text/html",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "close",
}
CHUNK = 65_536
ANY_COMPRESSION = 47  # zlib's number for: gzip or deflate, as the data says
STATUS_WORDS = {
    401: "wants a password for this page",
    402: "wants to be paid for this page",
    403: "does not give this page to programs",
    404: "has no such page",
    410: "has removed this page",
    429: "has had too many requests",
    451: "may not show this page for legal reasons",
}


@dataclass(frozen=True)
class FetchedPage:
    url: str  # after redirects
    content: bytes
    charset: str | None


@dataclass
class Reach:
    """What may be asked; tests allow a server of their own."""

    is_allowed: Callable[[Address], bool] = is_public
    ports: frozenset[int] = WEB_PORTS
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SECONDS


class _Connection(HTTPConnection):
    """To an address that was judged. The name is only told to the server."""

    def __init__(self, place: Place, address: str, reach: Reach):
        # The fetch has ended by then: what is left is a thread that still connects.
        super().__init__(place.host, place.port, timeout=2 * reach.seconds)
        self.place, self.address, self.tls = place, address, reach.tls
        self.opened: socket.socket | None = None  # http.client forgets `sock` once it has the headers

    def connect(self) -> None:
        self.sock = self.opened = socket.create_connection((self.address, self.port), self.timeout)
        if self.place.scheme == "https":
            self.sock = self.opened = self.tls.wrap_socket(self.sock, server_hostname=self.place.host)


class _Fetch:
    """One fetch. `stop` may be called from another thread."""

    def __init__(self, reach: Reach):
        self.reach = reach
        self.connection: _Connection | None = None
        self.is_stopped = False

    def stop(self) -> None:
        self.is_stopped = True
        if self.connection and self.connection.opened:
            with suppress(OSError):
                self.connection.opened.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for the next byte

    def page(self, url: str) -> FetchedPage:
        base = ""
        for _ in range(MAX_REDIRECTS + 1):
            place = place_of(url, self.reach.ports, base)
            response = self._ask(place)
            location = response.getheader("Location")
            if response.status not in (301, 302, 303, 307, 308) or not location:
                return self._read(place, response)
            response.close()
            base, url = place.url, location
        raise refusal("unreachable", f"This address leads on more than {MAX_REDIRECTS} times. Give the last one.")

    def _ask(self, place: Place) -> HTTPResponse:
        addresses = addresses_of(place, self.reach.is_allowed)
        for address in addresses:
            if self.is_stopped:
                break
            self.connection = _Connection(place, address, self.reach)
            try:
                self.connection.request("GET", place.target, headers={"Host": place.host_header, **HEADERS})
                return self.connection.getresponse()
            except ssl.SSLError:
                detail = f"{place.host} has no certificate that can be trusted. Paste the text."
                raise refusal("unreachable", detail) from None
            except (OSError, HTTPException):
                self.connection.close()
        raise refusal("unreachable", f"{place.host} does not answer. Try again, or paste the text.")

    def _read(self, place: Place, response: HTTPResponse) -> FetchedPage:
        if response.status != HTTPStatus.OK:
            words = STATUS_WORDS.get(response.status, "does not give this page")
            raise refusal("refused", f"{place.host} {words} (status {response.status}). Paste the text.")
        kind = response.headers.get_content_type()
        if kind != "text/html":
            raise refusal("not_html", f"This is {kind}, not a page (text/html). Paste the text.")
        try:
            content = _decompressed(response)
        except (OSError, HTTPException, zlib.error, ValueError):
            raise refusal("unreachable", f"{place.host} broke off within the page. Try again.") from None
        return FetchedPage(place.url, content, response.headers.get_content_charset())


def fetch_page(url: str, reach: Reach | None = None) -> FetchedPage:
    """Raises InvalidInput.

    In a thread of its own, since nothing else ends the look-up of a name, or a server that sends a byte now and then.
    """
    reach = reach or Reach()
    fetch, pool = _Fetch(reach), ThreadPoolExecutor(1)
    try:
        return pool.submit(fetch.page, url).result(reach.seconds)
    except TimeoutError:
        fetch.stop()
        detail = f"The page was not there after {reach.seconds:g} seconds. Try again, or paste the text."
        raise refusal("too_slow", detail) from None
    finally:
        pool.shutdown(wait=False)


def _decompressed(response: HTTPResponse) -> bytes:
    encoding = response.getheader("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
        raise refusal("not_html", f"The page is compressed as {encoding}, which was not asked for. Paste the text.")
    inflate = None if encoding == "identity" else zlib.decompressobj(ANY_COMPRESSION)
    found = bytearray()
    while chunk := response.read1(CHUNK):
        found += inflate.decompress(chunk, MAX_BYTES + 1) if inflate else chunk
        if len(found) > MAX_BYTES or (inflate and inflate.unconsumed_tail):
            raise refusal("too_large", f"The page has more than {MAX_BYTES // 1_000_000} MB. Paste the text.")
    if inflate and not inflate.eof:
        raise ValueError("The end is missing.")
    if response.length:  # less came than was announced
        raise ValueError("The end is missing.")
    return bytes(found)
