"""Fetches one page: five seconds and five megabytes in all, HTML only, without cookies."""

import ssl
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse

from claims.fetching.refusals import N_, NotFetched
from factcheck.outgoing import Address, Connection, NotAsked, Place, addresses_of, is_public, place_of

SECONDS = 5.0
MAX_BYTES = 5_000_000  # after decompression
MAX_REDIRECTS = 5
MAX_ADDRESS = 2000  # characters of the address of an article, with every letter outside ASCII escaped
WEB_PORTS = frozenset({80, 443})
HEADERS = {
    "User-Agent": "Factcheck/1.0 (an editor asked for this page)",
    "Accept": "text/html",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "close",
}
CHUNK = 65_536
ANY_COMPRESSION = 47  # zlib's number for: gzip or deflate, as the data says
REFUSALS = {
    401: N_("%(host)s wants a password for this page (status %(status)d). Paste the text."),
    402: N_("%(host)s wants to be paid for this page (status %(status)d). Paste the text."),
    403: N_("%(host)s does not give this page to programs (status %(status)d). Paste the text."),
    404: N_("%(host)s has no such page (status %(status)d). Paste the text."),
    410: N_("%(host)s has removed this page (status %(status)d). Paste the text."),
    429: N_("%(host)s has had too many requests (status %(status)d). Paste the text."),
    451: N_("%(host)s may not show this page for legal reasons (status %(status)d). Paste the text."),
}
REFUSED = N_("%(host)s does not give this page (status %(status)d). Paste the text.")


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


class _Fetch:
    """One fetch. `stop` may be called from another thread."""

    def __init__(self, reach: Reach):
        self.reach = reach
        self.connection: Connection | None = None
        self.is_stopped = False

    def stop(self) -> None:
        self.is_stopped = True
        if self.connection:
            self.connection.stop()

    def page(self, url: str) -> FetchedPage:
        try:
            return self._page(url)
        except NotAsked as error:
            raise NotFetched.because(error) from None

    def _page(self, url: str) -> FetchedPage:
        base = ""
        for _ in range(MAX_REDIRECTS + 1):
            place = place_of(url, self.reach.ports, base)
            if len(place.url) > MAX_ADDRESS:
                text = N_("The address is longer than %(limit)d characters. Leave out what the page does not need.")
                raise NotFetched("long", text, limit=MAX_ADDRESS)
            response = self._ask(place)
            location = response.getheader("Location")
            if response.status not in (301, 302, 303, 307, 308) or not location:
                return self._read(place, response)
            response.close()
            base, url = place.url, location
        text = N_("This address leads on more than %(limit)d times. Give the last one.")
        raise NotFetched("unreachable", text, limit=MAX_REDIRECTS)

    def _ask(self, place: Place) -> HTTPResponse:
        addresses = addresses_of(place, self.reach.is_allowed)
        for address in addresses:
            if self.is_stopped:
                break
            # The fetch has ended before this timeout: it ends a thread that still connects.
            self.connection = Connection(place, address, self.reach.tls, 2 * self.reach.seconds)
            try:
                self.connection.request("GET", place.target, headers={"Host": place.host_header, **HEADERS})
                return self.connection.getresponse()
            except ssl.SSLError:
                text = N_("%(host)s has no certificate that can be trusted. Paste the text.")
                raise NotFetched("unreachable", text, host=place.host) from None
            except (OSError, HTTPException):
                self.connection.close()
        text = N_("%(host)s does not answer. Try again, or paste the text.")
        raise NotFetched("unreachable", text, host=place.host)

    def _read(self, place: Place, response: HTTPResponse) -> FetchedPage:
        if response.status != HTTPStatus.OK:
            text = REFUSALS.get(response.status, REFUSED)
            raise NotFetched("refused", text, host=place.host, status=response.status)
        kind = response.headers.get_content_type()
        if kind != "text/html":
            raise NotFetched("not_html", N_("This is %(kind)s, not a page (text/html). Paste the text."), kind=kind)
        try:
            content = _decompressed(response)
        except (OSError, HTTPException, zlib.error, ValueError):
            text = N_("%(host)s broke off within the page. Try again.")
            raise NotFetched("unreachable", text, host=place.host) from None
        return FetchedPage(place.url, content, response.headers.get_content_charset())


def fetch_page(url: str, reach: Reach | None = None) -> FetchedPage:
    """Raises NotFetched.

    In a thread of its own, since nothing else ends the look-up of a name, or a server that sends a byte now and then.
    """
    reach = reach or Reach()
    fetch, pool = _Fetch(reach), ThreadPoolExecutor(1)
    try:
        return pool.submit(fetch.page, url).result(reach.seconds)
    except TimeoutError:
        fetch.stop()
        text = N_("The page was not there after %(seconds)g seconds. Try again, or paste the text.")
        raise NotFetched("too_slow", text, seconds=reach.seconds) from None
    finally:
        pool.shutdown(wait=False)


def _decompressed(response: HTTPResponse) -> bytes:
    encoding = response.getheader("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
        text = N_("The page is compressed as %(encoding)s, which was not asked for. Paste the text.")
        raise NotFetched("not_html", text, encoding=encoding)
    inflate = None if encoding == "identity" else zlib.decompressobj(ANY_COMPRESSION)
    found = bytearray()
    while chunk := response.read1(CHUNK):
        found += inflate.decompress(chunk, MAX_BYTES + 1) if inflate else chunk
        if len(found) > MAX_BYTES or (inflate and inflate.unconsumed_tail):
            text = N_("The page has more than %(limit)d MB. Paste the text.")
            raise NotFetched("too_large", text, limit=MAX_BYTES // 1_000_000)
    if inflate and not inflate.eof:
        raise ValueError("The end is missing.")
    if response.length:  # less came than was announced
        raise ValueError("The end is missing.")
    return bytes(found)
