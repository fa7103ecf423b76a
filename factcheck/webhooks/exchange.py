"""One attempt to deliver: a POST and its answer. No redirect is followed."""

import ssl
import time
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException

from django.conf import settings

from factcheck.outgoing import Address, Connection, NotAsked, Place, Why, addresses_of, is_public, place_of

SECONDS = 10.0  # for all of it
MAX_ANSWER = 65_536  # bytes that are read
SHOWN = 500  # characters of the answer that are kept
TOO_SLOW = f"No answer within {SECONDS:g} seconds."
BROKEN_OFF = "The connection broke off before there was an answer."
WORDS = {
    Why.NO_ADDRESS: "This is not an address.",
    Why.SCHEME: "The address does not begin with http:// or https://.",
    Why.CREDENTIALS: "The address holds a user name or a password.",
    Why.PORT: "The address has no port that can be asked.",
    Why.NO_SERVER: "There is no server called %(host)s.",
    Why.NOT_PUBLIC: "%(host)s is in a network that is not public, so nothing is sent there.",
}
HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "Factcheck/1.0 (webhook)",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True)
class Outcome:
    """`status` is None when there was no answer; `error` then says why. `answer` is the beginning of its body."""

    status: int | None = None
    answer: str = ""
    error: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def is_allowed(address: Address) -> bool:
    return settings.WEBHOOK_ALLOW_PRIVATE or is_public(address)


@cache
def tls() -> ssl.SSLContext:
    """Made once: it reads all certificates of the authorities."""
    return ssl.create_default_context()


class Exchange:
    """`stop` may be called from another thread."""

    def __init__(self, url: str, body: bytes, headers: dict[str, str]):
        self.url, self.body, self.headers = url, body, {**HEADERS, **headers}
        self.connection: Connection | None = None
        self.is_stopped = False

    def stop(self) -> None:
        self.is_stopped = True
        if self.connection:
            self.connection.stop()

    def run(self) -> Outcome:
        try:
            place = place_of(self.url)
            return self._ask(place, addresses_of(place, is_allowed))
        except NotAsked as error:
            return Outcome(error=WORDS[error.why] % error.values)

    def _ask(self, place: Place, addresses: list[str]) -> Outcome:
        """Of several addresses the next one is tried only if nothing was sent to the one before."""
        deadline = time.monotonic() + SECONDS
        error = TOO_SLOW
        for address in addresses:
            self.connection = Connection(place, address, tls(), max(0.1, deadline - time.monotonic()))
            try:
                self.connection.connect()
            except ssl.SSLError as refused:
                error = f"{place.host} has no certificate that can be trusted ({refused.reason or 'TLS'})."
            except OSError as refused:
                error = f"{place.host} cannot be reached ({refused.strerror or refused})."
            else:
                return self._send(place, self.connection)
            if self.is_stopped:
                break
        return Outcome(error=error)

    def _send(self, place: Place, connection: Connection) -> Outcome:
        headers = {"Host": place.host_header, **self.headers}
        try:
            with closing(connection):
                connection.request("POST", place.target, self.body, headers)
                with connection.getresponse() as response:
                    return Outcome(response.status, _beginning(response.read(MAX_ANSWER)))
        except TimeoutError:
            return Outcome(error=TOO_SLOW)
        except (OSError, HTTPException):
            return Outcome(error=BROKEN_OFF)


def _beginning(answer: bytes) -> str:
    return answer[: 4 * SHOWN].decode(errors="replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")[:SHOWN]
