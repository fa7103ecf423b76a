"""An editor's whole day through the generated Python client, against the running service."""

import os
from datetime import datetime
from typing import NoReturn, TypeVar
from urllib.parse import parse_qs, urlsplit

from factcheck_client import AuthenticatedClient
from factcheck_client.api.articles import (
    articles_annotations,
    articles_create,
    articles_import_annotations,
    articles_read,
)
from factcheck_client.api.disputes import disputes_create, disputes_resolve
from factcheck_client.api.sources import sources_create
from factcheck_client.api.statements import (
    statements_bulk,
    statements_create,
    statements_list,
    statements_read,
    statements_tag,
)
from factcheck_client.models import (
    AnnotationDocument,
    AnnotationDocumentRequest,
    Article,
    ArticleRequest,
    Dispute,
    DisputeKind,
    DisputeRequest,
    PaginatedStatementList,
    Problem,
    QuoteType,
    Resolution,
    ResolveRequest,
    Source,
    SourceKind,
    SourceRequest,
    Statement,
    StatementDocumentRequest,
    StatementOrdering,
    StatementRequest,
    Tag,
    TagRequest,
)
from factcheck_client.types import UNSET, Response, Unset

Row = TypeVar("Row")

client = AuthenticatedClient(base_url=os.environ["SERVER"], token=os.environ["TOKEN"], prefix="Token")


def fail(what: object) -> NoReturn:
    raise AssertionError(what)


def done(answer: Row | Problem | None, kind: type[Row]) -> Row:
    return answer if isinstance(answer, kind) else fail(answer)


def refused(answer: object, kind: str, status: int) -> Problem:
    """The answer as a problem; fails unless it has this type and status."""
    if not isinstance(answer, Problem):
        fail(answer)
    assert (answer.type_, answer.status) == (f"urn:factcheck:problem:{kind}", status)
    return answer


def etag_of(answer: Response[Row]) -> str:
    return str(answer.headers["ETag"])


def source(name: str) -> int:
    body = SourceRequest(name=name, kind=SourceKind.PERSON)
    return done(sources_create.sync(client=client, body=body), Source).id


def take_in_an_article() -> Article:
    text = "The minister said no. Later, the minister said no. " + "It is so, again. " * 1000
    article = done(articles_create.sync(client=client, body=ArticleRequest(title="By Python", text=text)), Article)
    exported = articles_annotations.sync_detailed(article.id, client=client)
    document = AnnotationDocumentRequest.from_dict(done(exported.parsed, AnnotationDocument).to_dict())
    document.statements = [StatementDocumentRequest(key="s-1", text="Later", quote_type=QuoteType.NARRATION)]
    imported = articles_import_annotations.sync(article.id, client=client, body=document, if_match=etag_of(exported))
    assert len(done(imported, AnnotationDocument).statements) == 1
    return article


def mark(article: int, minister: int) -> Statement:
    twice = statements_create.sync(client=client, body=StatementRequest(article, text="said no.", source=minister))
    first = (refused(twice, "unprocessable", 422).candidates or fail("no candidates"))[0]
    body = StatementRequest(article, text=first.text, prefix=first.prefix, suffix=first.suffix, source=minister)
    key = f"py-{article}"
    made = done(statements_create.sync(client=client, body=body, idempotency_key=key), Statement)
    again = done(statements_create.sync(client=client, body=body, idempotency_key=key), Statement)
    assert (made.id, made.tag) == (again.id, Tag.UNVERIFIED)  # a retry
    return made


def tag(statement: int) -> None:
    def give(tag: Tag, reason: str, if_match: str) -> Response[Problem | Statement]:
        body = TagRequest(tag=tag, reason=reason)
        return statements_tag.sync_detailed(statement, client=client, body=body, if_match=if_match)

    read = etag_of(statements_read.sync_detailed(statement, client=client))
    assert done(give(Tag.ASSERTED, "She says so herself.", read).parsed, Statement).tag is Tag.ASSERTED
    stale = give(Tag.DENIED, "Somebody else was quicker.", read)
    refused(stale.parsed, "stale-version", 412)
    unreasoned = refused(give(Tag.DENIED, "", etag_of(stale)).parsed, "invalid-input", 400)
    assert [error.pointer for error in unreasoned.errors or ()] == ["#/reason"]
    done(give(Tag.DENIED, "The critic denies it.", etag_of(stale)).parsed, Statement)


def dispute(statement: int, critic: int) -> datetime:
    """Opens a dispute and resolves it with a new tag. Returns when it was opened."""
    body = DisputeRequest(statement=statement, raised_by=critic, kind=DisputeKind.DENIAL)
    opened = disputes_create.sync_detailed(client=client, body=body)
    settled = ResolveRequest(state=Resolution.REJECTED, reason="The tape has it.", tag=Tag.ASSERTED)
    row = done(opened.parsed, Dispute)
    resolved = done(disputes_resolve.sync(row.id, client=client, body=settled, if_match=etag_of(opened)), Dispute)
    assert resolved.resolved_at is not None
    return resolved.opened_at


def bulk_and_pages(article: int, minister: int) -> None:
    text = done(articles_read.sync(article, client=client), Article).text
    begin, length = text.index("It is so"), len("It is so, again.")
    starts = [begin + row * (length + 1) for row in range(1000)]
    rows = [StatementRequest(article, start=start, end=start + length, source=minister) for start in starts]
    for half in (rows[:500], rows[500:]):
        made = statements_bulk.sync(client=client, body=half)
        assert isinstance(made, list)
        assert len(made) == 500
    seen: set[int] = set()
    pages = 0
    cursor: str | Unset = UNSET
    while True:
        answer = statements_list.sync(
            client=client,
            article=article,
            page_size=200,
            ordering=StatementOrdering.START_DESCENDING,
            cursor=cursor,
        )
        page = done(answer, PaginatedStatementList)
        seen.update(row.id for row in page.results)
        pages += 1
        if page.next_ is None:
            break
        cursor = parse_qs(urlsplit(page.next_).query)["cursor"][0]
    assert (len(seen), pages) == (1002, 6)


def the_day() -> None:
    article, minister, critic = take_in_an_article(), source("A minister (py)"), source("A critic (py)")
    marked = mark(article.id, minister)
    tag(marked.id)
    as_of = dispute(marked.id, critic)
    bulk_and_pages(article.id, minister)
    then = statements_read.sync(marked.id, client=client, as_of=as_of)
    now = statements_read.sync(marked.id, client=client)
    assert (done(then, Statement).tag, done(now, Statement).tag) == (Tag.DENIED, Tag.ASSERTED)
    refused(statements_read.sync(987_654_321, client=client), "not-found", 404)


def what_must_not_compile() -> None:
    """Never called. mypy must find each line wrong; otherwise it reports that the comment is unused."""
    TagRequest(tag="false", reason="No.")  # type: ignore[arg-type]
    TagRequest(tag=Tag.DENIED)  # type: ignore[call-arg]
    statements_tag.sync(1, client=client, body=TagRequest(tag=Tag.DENIED, reason="No."))  # type: ignore[call-arg]
    statements_list.sync(client=client, tag="true")  # type: ignore[arg-type]


if __name__ == "__main__":
    the_day()
    print("the day is done")
