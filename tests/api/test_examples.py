"""The examples in the OpenAPI document are what the service answers on one editor's day with the demo article.

WRITE_EXAMPLES=1 writes them again; then run `manage.py spectacular --file openapi.yaml`.
"""

import json
import os
import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import override_settings
from rest_framework.exceptions import Throttled

from factcheck.api.openapi.examples import FILE
from factcheck.api.openapi.responses import PROBLEMS
from factcheck.api.problems import problem_of
from factcheck.errors import FirstAttemptRunning
from factcheck.journal.seal.models import Leaf
from factcheck.webhooks.models import Delivery
from tests.newsroom import SIGNING_KEY, client_of, user_with_role
from tests.other_servers import report_on_another_server
from tests.schema_truth import document, operation_at, validator

SIGNATURE = "JRV/hTZ0Rv4m1mZ2" + "A" * 74 + "=="  # of the right form, and of nothing
SEED = Path(__file__).parents[2] / "seeds" / "biden-zelensky-call-2022.json"
TEXT = (
    "“A Russian invasion is now virtually certain once the ground freezes, Biden said to Zelensky,” Marquardt wrote. "
    "Emily Horne answered that this was not true. Biden, she said, had spoken of a distinct possibility."
)
ARTICLE = {"title": "The call, in short", "url": "https://news.example/2022/01/28/in-short", "text": TEXT}
FIRST = {"text": "A Russian invasion is now virtually certain once the ground freezes", "source": 2, "via": [9, 15]}
SECOND = {"text": "this was not true", "source": 12, "quote_type": "indirect"}
THIRD = {"text": "had spoken of a distinct possibility", "source": 2, "via": [12], "said_on": "2022-01-27"}
EVIDENCE = {
    "statement": 6, "stance": "refutes", "url": "https://transcripts.example/horne", "title": "Horne’s post",
    "excerpt": "Anonymous sources are “leaking” falsehoods.",
}  # fmt: skip
OFFICE = {"name": "Embassy of Ukraine in Washington", "kind": "organization", "part_of": 8}
DENIED = {"tag": "denied", "reason": "Horne denies it by name, for the National Security Council."}
CHANGED = {"reason": "As the transcript has it."}
DENIAL = "Emily Horne said that the report was not true. “The president did not say that,” Horne told CNN."
PUBLISHED = {"reason": "The editor on duty has read it."}
WEBHOOK = {"url": "https://front.example/hooks", "actions": ["statement.tagged"]}


class Day:
    """Sends requests, and records each request and its response under the name of the operation."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.operations: dict[str, Any] = {}
        self.problems: dict[str, Any] = {}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if method in ("PUT", "PATCH", "DELETE") or re.search(
            r"/(tag|propose|take|publish|withdraw|resolve|re\w+|merge)/$", path
        ):
            headers.setdefault("If-Match", "*")
        content = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        return self.client.generic(method, f"/api/v1/{path}", headers=headers, **content)

    def record(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = self.ask(method, path, body, **headers)
        assert answer.status_code < 300, (method, path, answer.content)
        operation = operation_at(method, f"/api/v1/{path}".partition("?")[0])
        assert operation
        example = self.operations.setdefault(operation["operationId"], {})
        if body is not None:
            example["request"] = body
        status = str(answer.status_code)
        if described := operation["responses"][status].get("content"):
            kind = answer["Content-Type"].partition(";")[0]
            content = content_of(answer, kind)
            body = json.loads(content) if kind.endswith(("/json", "+json")) else content.decode()
            # Linked data is the same for each media type.
            kinds = [kind] if isinstance(body, str) or "text/plain" in described else described
            example.setdefault("answers", {}).setdefault(status, {}).update(dict.fromkeys(kinds, body))
            return body
        return None

    def refused(self, status: int, method: str, path: str, body: Any = None, **headers: str) -> None:
        answer = self.ask(method, path, body, **headers)
        assert answer.status_code == status, answer.content
        self.keep(answer.json())

    def keep(self, problem: dict[str, Any]) -> None:
        kind = problem["type"].rpartition(":")[2]
        self.problems.setdefault(PROBLEMS[problem["status"]], {})[kind] = problem


def content_of(answer: Any, kind: str) -> bytes:
    if kind == "text/event-stream":  # without an end: how it begins, and the first event
        blocks = b"".join(islice(answer.streaming_content, 2)).split(b"\n\n")
        return b"\n\n".join([*blocks[:2], b""])
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def spend(day: Day) -> None:
    record = day.record
    record("GET", "sources/?q=Horne")
    record("POST", "sources/", OFFICE)  # 18
    record("GET", "sources/12/")
    record("PUT", "sources/18/", {**OFFICE, "aliases": ["Ukrainian embassy"]})
    record("PATCH", "sources/18/", {"description": "Speaks for Kyiv in the United States.", **CHANGED})
    record("GET", "sources/18/history/?page_size=1")
    day.ask("POST", "sources/", {"name": "J. Biden", "kind": "person"})  # 19
    record("POST", "sources/19/merge/", {"into": 2, "reason": "Both are the president."})
    record("DELETE", "sources/18/?reason=Nothing%20refers%20to%20it.")

    record("GET", "articles/?page_size=1")
    with report_on_another_server() as address, override_settings(FETCH_ARTICLES=True):
        record("POST", "articles/fetch/", {"url": address})
    record("POST", "articles/", ARTICLE)  # 2
    record("GET", "articles/2/")
    record("PUT", "articles/2/", {**ARTICLE, "byline": "Foreign desk", "publisher": 1})
    record("POST", "statements/", {"article": 2, **FIRST, "quote_type": "mixed"})  # 24
    record("POST", "statements/bulk/", [{"article": 2, **SECOND}, {"article": 2, **THIRD}])  # 25, 26
    longer = TEXT.replace("answered", "answered the same day")
    record("PATCH", "articles/2/", {"text": longer, "reason": "When she answered was missing."})
    record("GET", "articles/2/revisions/")
    record("GET", "articles/2/revisions/1/")
    record("GET", "articles/2/history/?page_size=1")
    record("POST", "articles/2/publish/", PUBLISHED)
    day.ask("POST", "statements/24/tag/", {"tag": "asserted", "reason": "CNN stands by it."})
    record("GET", "articles/2/checks/?page_size=1")
    record("GET", "checks/?page_size=1")
    record("GET", "articles/2/webannotations/?page_size=1")

    record("GET", "statements/?article=1&tag=denied&page_size=1")
    record("GET", "statements/6/")
    record("PUT", "statements/24/", {"article": 2, **FIRST, "quote_type": "direct"})
    record("PATCH", "statements/24/", {"paraphrase": "Biden told Zelensky that Russia would invade.", **CHANGED})
    record("POST", "statements/6/tag/", DENIED)
    several = [{"id": n, "version": day.ask("GET", f"statements/{n}/").json()["version"]} for n in (25, 26)]
    record("POST", "statements/bulk-tag/", {"statements": several, "tag": "asserted", "reason": "CNN stands by both."})
    record("GET", "statements/6/positions/")
    start = longer.index("this was not true")
    record("POST", "statements/25/reanchor/", {"start": start, "end": start + len("this was not true")})
    record("GET", "statements/6/history/?page_size=1")
    record("GET", "statements/6/webannotation/")
    record("GET", "statements/6/claimreview/")
    record("GET", "statements/matches/?statement=6&page_size=1")
    record("POST", "statements/matches/?page_size=1", {"text": "Invasion “virtually certain”, Biden tells Zelensky"})
    for rows in ("statements/export/?article=2", "articles/export/?ids=2", "sources/export/?ids=1"):
        record("GET", f"{rows}&format=jsonl")
        record("GET", f"{rows}&format=csv")
    for rows in ("evidence", "disputes"):
        record("GET", f"{rows}/export/?statement=6&format=jsonl")
        record("GET", f"{rows}/export/?statement=6&format=csv")

    record("GET", "evidence/?statement=6&page_size=1")
    record("POST", "evidence/", EVIDENCE)
    made = day.operations["evidence_create"]["answers"]["201"]["application/json"]["id"]
    record("GET", f"evidence/{made}/")
    record("PUT", f"evidence/{made}/", {**EVIDENCE, "archived_url": "https://archive.example/horne"})
    record("PATCH", f"evidence/{made}/", {"stance": "context", **CHANGED})
    record("GET", f"evidence/{made}/history/?page_size=1")
    record("DELETE", f"evidence/{made}/?reason=The%20same%20as%20another.")

    record("GET", "disputes/?statement=6")
    record("POST", "disputes/", {"statement": 24, "raised_by": 12, "counter_statement": 26, "kind": "correction"})  # 9
    record("GET", "disputes/6/")
    record("PATCH", "disputes/9/", {"scope": "part", "note": "Only how certain it was.", **CHANGED})
    record("POST", "disputes/9/resolve/", {"state": "upheld", "tag": "denied", "reason": "Horne was on the call."})
    record("POST", "disputes/9/reopen/", {"reason": "Marquardt stands by his post."})
    record("GET", "disputes/9/history/?page_size=1")

    proposal = record("POST", "statements/6/propose/", {"tag": "denied", "reason": "The embassy's minutes say so."})[
        "id"
    ]
    record("POST", "statements/6/take/", {"proposal": proposal})

    note = record("POST", "notes/", {"statement": 6, "text": "Ask the embassy for Horne's own notes."})["id"]
    record("GET", "notes/?article=1&resolved=false")
    record("GET", f"notes/{note}/")
    record("PUT", f"notes/{note}/", {"statement": 6, "text": "Ask the embassy for the minutes."})
    record("PATCH", f"notes/{note}/", {"text": "Ask the embassy for its minutes.", **CHANGED})
    record("POST", f"notes/{note}/resolve/", {"reason": "They sent them."})
    record("POST", f"notes/{note}/reopen/", {"reason": "A page is missing."})
    record("GET", f"notes/{note}/history/?page_size=1")
    record("DELETE", f"notes/{note}/?reason=All%20of%20it%20came.")

    record("GET", "journal/?resource=dispute&page_size=1")
    read_seal(day)
    record("GET", "feeds/claimreviews/?page_size=1")
    record("GET", "feeds/changes/?after=now")
    record("GET", "feeds/changes/stream/?after=0-0&resource=article")
    record("GET", "journal/stream/?after=0-0&resource=dispute")
    record("GET", "feeds/changes.atom?page_size=1")
    record("GET", "articles/2/changes.atom?page_size=1")

    annotations = record("GET", "articles/2/annotations/")
    annotations["statements"][1]["paraphrase"] = "Horne denies what Marquardt wrote."
    record("PUT", "articles/2/annotations/", annotations)

    record("DELETE", "disputes/9/?reason=Opened%20twice.")
    record("DELETE", "statements/26/?reason=Horne%27s%20own%20words%20are%20there.")
    record("POST", "articles/2/withdraw/", {"reason": "Merged into the longer report."})
    record("DELETE", "articles/2/?reason=Merged%20into%20the%20longer%20report.")
    take_suggestions(day)
    use_webhooks(day)


def take_suggestions(day: Day) -> None:
    article = day.ask("POST", "articles/", {"title": "The denial", "text": DENIAL}).json()["id"]
    address = f"articles/{article}/suggestions/"
    first, second = (card["key"] for card in day.ask("GET", address).json()["results"])
    day.record("GET", f"{address}?page_size=1")
    day.record("POST", f"{address}dismiss/", [{"key": second}])
    day.record("POST", f"{address}accept/", [{"key": first, "dispute": {"statement": 6}}])


def use_webhooks(day: Day) -> None:
    made = day.record("POST", "webhooks/", WEBHOOK)["id"]
    day.record("GET", "webhooks/?page_size=1")
    day.record("GET", f"webhooks/{made}/")
    day.record("PUT", f"webhooks/{made}/", {**WEBHOOK, "article": 1})
    day.record("PATCH", f"webhooks/{made}/", {"actions": ["statement.tagged", "dispute.opened"]})
    ping = day.record("POST", f"webhooks/{made}/ping/")["id"]
    attempt = {"at": "2022-01-28T10:00:00.000000Z", "status": 503, "answer": "Busy.", "error": "", "milliseconds": 41}
    Delivery.objects.update(attempts=[attempt])
    day.record("GET", f"webhooks/{made}/deliveries/?state=pending")
    day.record("POST", f"webhooks/{made}/deliveries/{ping}/redeliver/")
    day.record("POST", f"webhooks/{made}/rotate-secret/", If_Match="*")
    day.record("DELETE", f"webhooks/{made}/")


def read_seal(day: Day) -> None:
    call_command("follow", "seal", once=True)
    sealed = day.record("GET", "journal/checkpoints/?page_size=1")["results"][0]["size"]
    call_command("follow", "seal", once=True)
    day.record("GET", "journal/checkpoints/latest/")
    day.record("GET", "journal/checkpoints/latest/", Accept="text/plain")
    day.record("GET", f"journal/{Leaf.objects.latest('position').entry}/proof/")
    day.record("GET", f"journal/consistency/?first={sealed - 1}")
    day.record("GET", "journal/key/")


def be_refused(day: Day, reporter: Day, anonymous: Day) -> None:
    refused = day.refused
    refused(400, "POST", "statements/6/tag/", {"tag": "false", "reason": "It is not so."})
    answer = day.client.generic("POST", "/api/v1/sources/", "{", content_type="application/json")
    day.keep(answer.json())
    anonymous.refused(401, "GET", "journal/")
    anonymous.client.credentials(HTTP_AUTHORIZATION="Token unknown")
    anonymous.refused(401, "GET", "journal/")
    reporter.refused(403, "POST", "statements/6/tag/", DENIED)
    refused(404, "GET", "statements/999/")
    refused(406, "GET", "statements/6/", Accept="image/png")
    refused(409, "DELETE", "sources/2/")
    refused(410, "GET", "journal/?after=999-999")
    refused(411, "POST", "sources/", OFFICE, Transfer_Encoding="chunked")
    refused(412, "POST", "statements/6/tag/", DENIED, If_Match='"1-77eda4c6a04f7a71abba013c"')
    refused(413, "POST", "sources/", {"name": "x" * 2_700_000, "kind": "person"})
    answer = day.client.generic("POST", "/api/v1/sources/", "name=x", content_type="text/plain")
    day.keep(answer.json())
    refused(422, "POST", "statements/", {"article": 1, "text": "virtually certain once the ground thaws"})
    day.ask("POST", "sources/", OFFICE, Idempotency_Key="6f1f")
    refused(422, "POST", "sources/", {**OFFICE, "part_of": None}, Idempotency_Key="6f1f")
    refused(428, "POST", "statements/6/tag/", DENIED, If_Match="")
    day.keep(problem_of(FirstAttemptRunning("Ask again in a moment; you will get its answer."))[0])
    day.keep(problem_of(Throttled(wait=2))[0])
    day.keep(problem_of(OperationalError("the connection is lost"))[0])
    day.problems |= {name: day.problems.get(name, {}) | kinds for name, kinds in anonymous.problems.items()}
    day.problems |= {name: day.problems.get(name, {}) | kinds for name, kinds in reporter.problems.items()}


def normalized(recorded: Any, began: datetime) -> Any:
    """Replaces what differs between runs: times, tokens, transactions and keys."""
    text = json.dumps(recorded, ensure_ascii=False, indent=1)

    def fixed(match: re.Match[str]) -> str:
        time = datetime.fromisoformat(match[0])
        if time < began:
            return match[0]
        days = round((time - began) / timedelta(days=1))
        shown = (datetime(2026, 3, 2, 14, 5, tzinfo=UTC) + timedelta(days=days)).isoformat().removesuffix("+00:00")
        return shown + (".000000Z" if "." in match[0] else "Z")

    text = re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)", fixed, text)
    for number, key in enumerate(dict.fromkeys(re.findall(r"\b[sde]-([0-9a-f]{10})\b", text))):
        text = text.replace(key, f"5eed{number:06}")
    hashes = dict.fromkeys(re.findall(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=", text))
    for number, found in enumerate(hashes):
        text = text.replace(found, b64encode(sha256(str(number).encode()).digest()).decode())
    text = re.sub(r"(?<=— factcheck.example )[A-Za-z0-9+/]+=*", SIGNATURE, text)
    text = text.replace("http://testserver/", "https://factcheck.example/")
    text = text.replace(f"{datetime.now(UTC):%Y-%m-%d}", "2026-03-02")
    text = re.sub(r"tag:testserver,20\d\d", "tag:factcheck.example,2026", text)
    text = re.sub(r"(changes\.atom\?page_size=1&amp;cursor=)\w+", r"\1WzkwMCwxNDIsMCwiNzRkMzg5NTQ0ZDlhIl0", text)
    text = re.sub(r'(?<="cursor": ")\d+-|(?<=after=)\d+-|(?<=id: )\d+-(?=[1-9])', "900-", text)
    text = re.sub(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "6f1f7a3e-2b54-4c1e-9d0a-3f5b8c7e1a20", text)
    text = re.sub(r'(?<="token": ")\w+', "the-key-which-is-shown-only-here", text)
    return json.loads(re.sub(r'(?<="prefix": ")[0-9a-f]{8}(?=")', "the-key-", text))


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_the_examples_are_what_the_service_answers(settings):
    settings.JOURNAL_SIGNING_KEY = SIGNING_KEY
    began = datetime.now(UTC) - timedelta(seconds=1)
    alice, bob = user_with_role("alice", "editor"), user_with_role("bob", "reporter")
    call_command("import_annotations", str(SEED), user="alice", verbosity=0)
    day, anonymous = Day(client_of(alice)), Day(client_of(bob))
    reporter = Day(client_of(bob))
    anonymous.client.credentials()
    spend(day)
    be_refused(day, reporter, anonymous)
    made = day.record("POST", "tokens/", {"name": "our front page", "read_only": True, "days": 30})
    day.record("GET", "tokens/")
    day.record("GET", "me/")
    day.record("DELETE", f"tokens/{made['id']}/")
    day.record("DELETE", "tokens/")
    found = normalized({"operations": day.operations, "problems": day.problems}, began)
    if os.environ.get("WRITE_EXAMPLES"):
        FILE.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(FILE.read_text(encoding="utf-8")), "run: WRITE_EXAMPLES=1 with this test"


def operations() -> list[dict[str, Any]]:
    return [operation for path in document()["paths"].values() for operation in path.values()]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation["operationId"])
def test_every_request_and_answer_has_an_example_that_its_schema_allows(operation):
    parts = list(operation.get("requestBody", {}).get("content", {}).items())
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            parts += response.get("content", {}).items()
    for kind, part in parts:
        if kind.endswith("json"):
            validator(json.dumps(part["schema"])).validate(part["example"])
        else:
            assert part["example"]


def test_every_problem_has_an_example():
    responses = document()["components"]["responses"]
    for name in PROBLEMS.values():
        (part,) = responses[name]["content"].values()
        assert part["examples"], name
        for example in part["examples"].values():
            validator(json.dumps(part["schema"])).validate(example["value"])
