"""What README.md promises, through the package as it is installed, against the running service."""

import asyncio
import base64
import hmac
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import readme
from factcheck_client import (
    AsyncFactcheck,
    Factcheck,
    PreconditionFailed,
    Problem,
    WebhookRefused,
    async_journal_stream,
    changes_stream,
    journal_stream,
    verify_webhook,
)
from factcheck_client.types import Article, Source, Statement, TagRequest

SERVER, RELAY, TOKEN = os.environ["SERVER"], os.environ["RELAY"], os.environ["TOKEN"]
SECRET = os.environ["WEBHOOK_SECRET"]
EMOJI = "👩‍🚀"
REASON = f"Yes:\u2028 {EMOJI}"  # a line separator ends no line of a stream
factcheck = Factcheck(SERVER, TOKEN)


@dataclass
class Taken:
    article: Article
    source: Source
    statements: list[Statement]


def article_with_an_emoji_before() -> Taken:
    source = factcheck.sources.create({"name": "A minister (package, py)", "kind": "person"})
    text = f"{EMOJI} {'It is so, again. ' * 250}"
    article = factcheck.articles.create({"title": "By the package", "text": text})
    starts = [len(EMOJI) + 1 + row * 17 for row in range(250)]
    statements = factcheck.statements.bulk(
        [{"article": article["id"], "source": source["id"], "start": start, "end": start + 16} for start in starts]
    )
    first = statements[0]
    assert (first["text"], first["start"]) == ("It is so, again.", 4)
    assert article["text"][first["start"] : first["end"]] == first["text"]
    return Taken(article, source, statements)


def reads_a_list_to_its_end(article: Article) -> None:
    found = factcheck.statements.list(article=article["id"], page_size=100, ordering="start")
    starts = [row["start"] for row in found]
    assert (len(starts), starts) == (250, sorted(set(starts)))
    assert [len(page["results"]) for page in found.pages()] == [100, 100, 50]
    assert [revision["number"] for revision in factcheck.articles.revisions(article)] == [1]
    assert factcheck.articles.revision(article, 1)["text"] == article["text"]
    assert factcheck.statements.export(article=article["id"]).text.count("\n") == 250


def tags_what_it_has_seen(row: Statement) -> None:
    tagged = factcheck.statements.tag(row, {"tag": "asserted", "reason": "She says so herself."})
    assert (tagged["tag"], tagged["version"]) == ("asserted", row["version"] + 1)
    stale = refused(lambda: factcheck.statements.tag(row, {"tag": "denied", "reason": "Somebody was quicker."}))
    assert isinstance(stale, PreconditionFailed)
    assert (stale.type, stale.version) == ("urn:factcheck:problem:stale-version", tagged["version"])
    assert (stale.etag or "").startswith(f'"{tagged["version"]}-')
    assert stale.request_id
    unreasoned = refused(lambda: factcheck.statements.tag(tagged, {"tag": "denied", "reason": ""}))
    assert (unreasoned.status, unreasoned.errors[0]["pointer"]) == (400, "#/reason")
    changed = factcheck.statements.update(tagged, {"paraphrase": "It is so."})
    factcheck.statements.delete(changed, reason="Made by a test.")
    assert refused(lambda: factcheck.statements.read(row)).type == "urn:factcheck:problem:not-found"


def refused(call: Callable[[], object]) -> Problem:
    """The refusal, which must come."""
    try:
        call()
    except Problem as problem:
        return problem
    raise AssertionError("not refused")


def bad_connection(*first: httpx.Response | None) -> Factcheck:
    """Sends what it is given; the first answers are these, or, for None, are lost on the way back."""
    kept = list(first)

    class Bad(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            bad = kept.pop(0) if kept else False
            if isinstance(bad, httpx.Response):
                return bad
            answer = super().handle_request(request)
            if bad is None:
                answer.close()
                raise httpx.ReadError("the connection broke")
            return answer

    return Factcheck(SERVER, TOKEN, transport=Bad())


def repeats_what_is_safe(taken: Taken, row: Statement) -> None:
    article = taken.article["id"]
    made = bad_connection(None, None).statements.create(
        {"article": article, "source": taken.source["id"], "start": 4, "end": 9}
    )
    found = [row["id"] for row in factcheck.statements.list(article=article) if row["end"] == made["end"]]
    assert found == [made["id"]]  # sent three times, done once
    assert factcheck.statements.read(made["id"])["id"] == made["id"]
    wait = [httpx.Response(429, headers={"Retry-After": "0"}, json={}) for _ in range(5)]
    renamed = bad_connection(wait[0]).statements.update(row, {"paraphrase": "So it is."})
    assert renamed["version"] == row["version"] + 1
    try:
        bad_connection(None).statements.update(renamed, {"paraphrase": "So."})
    except httpx.TransportError:
        pass
    else:
        raise AssertionError("a PATCH was repeated")
    assert refused(lambda: bad_connection(*wait[1:]).me.read()).status == 429
    far = httpx.Response(503, headers={"Retry-After": "3600"})
    assert refused(lambda: bad_connection(far).me.read()).retry_after == 3600
    assert refused(lambda: bad_connection(httpx.Response(400, text="<html>")).me.read()).type == "about:blank"


def follows_the_journal_over_a_cut(row: Statement) -> None:
    """The relay cuts the connection after the first event of each stream."""
    *_, last = factcheck.journal.list(article=row["article"], page_size=200).pages()

    def give(version: int) -> None:
        factcheck.statements.tag({"id": row["id"], "version": version}, {"tag": "asserted", "reason": REASON})

    give(row["version"])
    seen = []
    for event in journal_stream(Factcheck(RELAY, TOKEN), after=last["cursor"], article=row["article"]):
        seen.append(event)
        if len(seen) == 3:
            break
        give(event.data["version"])
    assert [(event.data["action"], event.data["version"], event.data["reason"]) for event in seen] == [
        ("statement.tagged", row["version"] + more, REASON) for more in (1, 2, 3)
    ]
    assert len({event.cursor for event in seen}) == 3
    assert readme.follow(Factcheck(RELAY, TOKEN), last["cursor"]) in {event.cursor for event in seen}
    assert refused(lambda: next(journal_stream(Factcheck(RELAY)))).status == 401
    asyncio.run(follows_asynchronously(last["cursor"], [event.data["version"] for event in seen]))


def goes_on_where_it_began(row: Statement) -> None:
    """The relay cuts before the first event, and refuses a stream that begins anew."""
    with ThreadPoolExecutor() as threads:
        first = threads.submit(next, journal_stream(Factcheck(RELAY, TOKEN)))
        while not first.done():
            row = factcheck.statements.update(row, {"paraphrase": f"In version {row['version']}."})
            time.sleep(0.1)
    data = first.result().data
    assert (data["action"], data["resource_id"]) == ("statement.updated", row["id"])


async def follows_asynchronously(after: str, versions: list[int]) -> None:
    seen = []
    async with AsyncFactcheck(RELAY, TOKEN) as relayed:
        async for event in async_journal_stream(relayed, after=after):
            seen.append(event.data["version"])
            if len(seen) == len(versions):
                break
    assert seen == versions


def believes_only_a_signed_webhook() -> None:
    webhook = json.loads(os.environ["WEBHOOKS"])
    headers, body = webhook["headers"], webhook["body"].encode()
    event = verify_webhook(SECRET, headers, body)
    assert event.entry
    assert (event.id, event.type, event.entry["resource_id"]) == ("msg_1", "statement.tagged", 6)
    ping = webhook["ping"]
    assert verify_webhook(SECRET, ping["headers"], ping["body"].encode()).entry is None
    signature = headers["webhook-signature"]
    rotated = {name.title(): value for name, value in headers.items()}
    rotated["Webhook-Signature"] = f"v1,bm9uZQ== v1a,x {signature} nonsense"
    assert verify_webhook(SECRET, rotated, body).id == "msg_1"
    signed = f"msg_1.{headers['webhook-timestamp']}.".encode() + body
    by_nobody = {**headers, "webhook-signature": f"v1,{base64.b64encode(hmac.digest(b'', signed, 'sha256')).decode()}"}
    another = "whsec_" + base64.b64encode(b"another").decode()
    wrong: list[tuple[str, dict[str, str], bytes]] = [
        (SECRET, headers, body.replace(b"6", b"7")),
        (SECRET, headers, b"\xff"),
        (another, headers, body),
        ("whsec_", by_nobody, body),
        ("whsec_!", headers, body),
        (SECRET, {**headers, "webhook-signature": "v1,"}, body),
        (SECRET, {**headers, "webhook-signature": signature.replace("v1,", "v2,")}, body),
        (SECRET, webhook["old"], body),
        (SECRET, webhook["early"], body),
        (SECRET, {**headers, "webhook-id": "msg_2"}, body),
        (SECRET, {**headers, "webhook-timestamp": "now"}, body),
        (SECRET, {**headers, "webhook-timestamp": "1" * 5000}, body),
        (SECRET, {}, body),
    ]
    for arguments in wrong:
        try:
            verify_webhook(*arguments)
        except WebhookRefused:
            continue
        raise AssertionError(arguments)
    assert readme.receive(headers, body) == 204


async def does_it_without_waiting(row: Statement) -> None:
    async with AsyncFactcheck(SERVER, TOKEN) as waiting:
        body: TagRequest = {"tag": "asserted", "reason": "She says so herself."}
        tagged = await waiting.statements.tag(row, body)
        (stale,) = await asyncio.gather(waiting.statements.tag(row, body), return_exceptions=True)
        assert isinstance(stale, PreconditionFailed)
        assert stale.version == tagged["version"]
        found = waiting.statements.list(article=row["article"], tag=["asserted"], page_size=1)
        assert row["id"] in [statement["id"] async for statement in found]


def what_must_not_compile(row: Statement) -> None:
    """Never called. mypy must find each line wrong; otherwise it reports that the comment is unused."""
    factcheck.statements.tag(row, {"tag": "false", "reason": "No."})  # type: ignore[typeddict-item]
    factcheck.statements.tag(row, {"tag": "denied"})  # type: ignore[typeddict-item]
    factcheck.statements.tag(row["id"], {"tag": "denied", "reason": "No."})  # type: ignore[arg-type]
    factcheck.statements.list(tag=["true"])  # type: ignore[list-item]
    next(changes_stream(factcheck)).data["reason"]  # type: ignore[typeddict-item]


def the_day() -> None:
    taken = article_with_an_emoji_before()
    reads_a_list_to_its_end(taken.article)
    tags_what_it_has_seen(taken.statements[1])
    repeats_what_is_safe(taken, taken.statements[2])
    follows_the_journal_over_a_cut(taken.statements[3])
    goes_on_where_it_began(taken.statements[4])
    believes_only_a_signed_webhook()
    asyncio.run(does_it_without_waiting(taken.statements[5]))
    assert "A Russian invasion is now virtually certain once the ground freezes" in asyncio.run(readme.denied())


if __name__ == "__main__":
    the_day()
    print("the day is done")
