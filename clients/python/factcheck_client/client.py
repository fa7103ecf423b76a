"""Requests, repeated where that is safe, and lists to their end; each also asynchronous."""

import asyncio
import itertools
import random
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Generic, Self, TypedDict, TypeVar, Unpack
from urllib.parse import quote

import httpx

from .problems import Problem, problem_of

Row = TypeVar("Row")
Page = TypeVar("Page")
LONGEST_WAIT = 60.0


class Identified(TypedDict):
    id: int


class Versioned(Identified):
    """A row as it was read. A write sends its version, and is refused if somebody has written the row since."""

    version: int


class Sent(TypedDict, total=False):
    version: int
    body: object
    query: Mapping[str, Any]
    key: str | None


class Client:
    """`server` is such as https://factcheck.example. Without a token you see what the service shows to the public.

    `attempts` is how often a request is sent at most, `timeout` the seconds for each. `transport` is a connection of
    your own, as for tests.
    """

    def __init__(
        self,
        server: str,
        token: str | None = None,
        *,
        attempts: int = 4,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.attempts = attempts
        self.http = httpx.Client(base_url=server, headers=authorization(token), timeout=timeout, transport=transport)

    def __enter__(self) -> Self:
        self.http.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.http.close()

    def raw(self, method: str, path: str, ids: Mapping[str, Any], **sent: Unpack[Sent]) -> httpx.Response:
        """Raises Problem, or httpx.TransportError."""
        options = options_of(method, path, ids, **sent)
        for attempt in itertools.count(1):
            try:
                return succeeded(self.http.request(method, **options))
            except (Problem, httpx.TransportError) as error:
                wait = wait_after(error, attempt, method)
                if wait is None or attempt >= self.attempts:
                    raise
            time.sleep(wait)
        raise AssertionError

    def json(self, method: str, path: str, ids: Mapping[str, Any], **sent: Unpack[Sent]) -> Any:
        return content(self.raw(method, path, ids, **sent))


class AsyncClient:
    """As Client, which explains the arguments."""

    def __init__(
        self,
        server: str,
        token: str | None = None,
        *,
        attempts: int = 4,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.attempts = attempts
        self.http = httpx.AsyncClient(
            base_url=server, headers=authorization(token), timeout=timeout, transport=transport
        )

    async def __aenter__(self) -> Self:
        await self.http.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.http.aclose()

    async def raw(self, method: str, path: str, ids: Mapping[str, Any], **sent: Unpack[Sent]) -> httpx.Response:
        """Raises Problem, or httpx.TransportError."""
        options = options_of(method, path, ids, **sent)
        for attempt in itertools.count(1):
            try:
                return succeeded(await self.http.request(method, **options))
            except (Problem, httpx.TransportError) as error:
                wait = wait_after(error, attempt, method)
                if wait is None or attempt >= self.attempts:
                    raise
            await asyncio.sleep(wait)
        raise AssertionError

    async def json(self, method: str, path: str, ids: Mapping[str, Any], **sent: Unpack[Sent]) -> Any:
        return content(await self.raw(method, path, ids, **sent))


class Rows(Generic[Row, Page]):
    """The rows of a list, over all its pages; `pages()` are the pages, such as the journal's with its `cursor`."""

    def __init__(self, client: Client, path: str, ids: Mapping[str, Any], **sent: Unpack[Sent]) -> None:
        self.client, self.path, self.ids, self.query = client, path, ids, sent.get("query", {})

    def __iter__(self) -> Iterator[Row]:
        for page in self.pages():
            yield from page["results"]  # type: ignore[index]

    def pages(self) -> Iterator[Page]:
        query: Mapping[str, Any] | None = self.query
        while query is not None:
            page = self.client.json("GET", self.path, self.ids, query=query)
            yield page
            query = next_query(page)


class AsyncRows(Generic[Row, Page]):
    """As Rows, for `async for`."""

    def __init__(self, client: AsyncClient, path: str, ids: Mapping[str, Any], **sent: Unpack[Sent]) -> None:
        self.client, self.path, self.ids, self.query = client, path, ids, sent.get("query", {})

    async def __aiter__(self) -> AsyncIterator[Row]:
        async for page in self.pages():
            for row in page["results"]:  # type: ignore[index]
                yield row

    async def pages(self) -> AsyncIterator[Page]:
        query: Mapping[str, Any] | None = self.query
        while query is not None:
            page = await self.client.json("GET", self.path, self.ids, query=query)
            yield page
            query = next_query(page)


def authorization(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def options_of(method: str, path: str, ids: Mapping[str, Any], **sent: Unpack[Sent]) -> dict[str, Any]:
    """For httpx. A POST gets a key; its repetitions have the same."""
    headers = {"Accept": "application/json, */*;q=0.1"}
    if method == "POST":
        headers["Idempotency-Key"] = sent.get("key") or str(uuid.uuid4())
    if "version" in sent:
        headers["If-Match"] = f'"{sent["version"]}"'
    places = {name: quote(str(id["id"] if isinstance(id, Mapping) else id), safe="") for name, id in ids.items()}
    return {
        "url": path.format_map(places),
        "headers": headers,
        "params": {name: parameter(value) for name, value in sent.get("query", {}).items() if value is not None},
        "json": sent.get("body"),
    }


def parameter(value: object) -> str | int | float | bool:
    """Several values are one parameter: `tag=denied,asserted`."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return value if isinstance(value, str | int | float | bool) else str(value)


def next_query(page: Any) -> dict[str, str] | None:
    """Only the query of the address in `next`, so that the token goes to no other server."""
    return None if page["next"] is None else dict(httpx.URL(page["next"]).params)


def succeeded(response: httpx.Response) -> httpx.Response:
    if not response.is_success:
        raise problem_of(response)
    return response


def content(response: httpx.Response) -> Any:
    return response.json() if response.content else None


def wait_after(error: Exception, attempt: int, method: str) -> float | None:
    """Seconds until the request may be sent again, or None.

    After a broken connection nobody knows whether a write was done: a POST is repeated by its key. PUT, PATCH and
    DELETE have none, and would be refused for their own success.
    """
    repeatable = method in ("GET", "POST")
    backoff = 0.5 * 2 ** (attempt - 1) * random.uniform(0.5, 1)
    if not isinstance(error, Problem):
        return backoff if repeatable else None
    passing = error.status >= 502 or (error.status == 409 and error.retry_after is not None)
    wait = backoff if error.retry_after is None else error.retry_after
    return wait if (error.status == 429 or (repeatable and passing)) and wait <= LONGEST_WAIT else None
