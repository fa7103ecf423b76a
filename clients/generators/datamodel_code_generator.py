"""The pydantic models that datamodel-code-generator makes, with httpx, against the running service."""

import os
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
from factcheck_models import (
    AnnotationDocument,
    ClaimReviewFeed,
    Dispute,
    PaginatedArticleRowList,
    PaginatedStatementList,
    Problem,
    ProblemType,
    Statement,
    Tag,
    TagRequest,
    WebAnnotation,
)
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)
headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
client = httpx.Client(base_url=f"{os.environ['SERVER']}/api/v1/", headers=headers)


def read(model: type[Model], path: str, **parameters: str | int) -> Model:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return model.model_validate_json(answer.content)


def tag(statement: int, if_match: str, body: TagRequest) -> httpx.Response:
    sent = {"If-Match": if_match, "Content-Type": "application/json"}
    return client.post(f"statements/{statement}/tag/", content=body.model_dump_json(), headers=sent)


def refused(answer: httpx.Response, kind: ProblemType, status: int) -> Problem:
    problem = Problem.model_validate_json(answer.content)
    assert (problem.type, problem.status, answer.status_code) == (kind, status, status)
    return problem


def drive() -> None:
    first = read(PaginatedStatementList, "statements/", page_size=5)
    assert first.next is not None
    cursor = parse_qs(urlsplit(first.next).query)["cursor"][0]
    second = read(PaginatedStatementList, "statements/", page_size=5, cursor=cursor)
    assert len({row.id for row in [*first.results, *second.results]}) == 10

    path = f"statements/{second.results[-1].id}/"
    etag = client.get(path).headers["ETag"]
    row = read(Statement, path)
    denied = tag(row.id, etag, TagRequest(tag=Tag.denied, reason="Denied, says pydantic."))
    version = Statement.model_validate_json(denied.content).version
    asserted = tag(row.id, f'"{version}"', TagRequest(tag=Tag.asserted, reason="Repeated, says pydantic."))
    assert Statement.model_validate_json(asserted.content).tag is Tag.asserted
    late = tag(row.id, etag, TagRequest(tag=Tag.denied, reason="Somebody was quicker."))
    refused(late, ProblemType.urn_factcheck_problem_stale_version, 412)
    unreasoned = tag(row.id, f'"{version + 1}"', TagRequest.model_construct(tag=Tag.denied, reason=""))
    errors = refused(unreasoned, ProblemType.urn_factcheck_problem_invalid_input, 400).errors
    assert [error.pointer for error in errors or ()] == ["#/reason"]

    document = read(AnnotationDocument, f"articles/{row.article}/annotations/")
    assert row.text in [statement.text for statement in document.statements]
    annotation = read(WebAnnotation, f"{path}webannotation/")
    assert annotation.canonical.endswith(path)


def judge(model: type[BaseModel], path: str, field: str, spoiled: object) -> None:
    """Fails unless the model takes what the service answers, and refuses it with one field spoiled."""
    row = client.get(path).json()
    model.model_validate(row)
    (row["results"][0] if "results" in row else row)[field] = spoiled
    try:
        model.model_validate(row)
    except ValidationError:
        return
    raise AssertionError(f"{path} is taken, although it is spoiled")


def what_must_not_compile() -> None:
    """Never called. mypy must find each line wrong; otherwise it reports that the comment is unused."""
    TagRequest(tag="denied")  # type: ignore[arg-type, call-arg]
    TagRequest(tag=Tag.false, reason="No.")  # type: ignore[attr-defined]
    refused(tag(1, "*", TagRequest(tag=Tag.denied, reason="No.")), "stale-version", 412)  # type: ignore[arg-type]


if __name__ == "__main__":
    drive()
    judge(PaginatedArticleRowList, "articles/", "status", "printed")
    judge(Statement, "statements/1/", "tag", "true")
    judge(Dispute, "disputes/1/", "raised_by", 1)
    judge(WebAnnotation, "statements/1/webannotation/", "body", [])
    judge(ClaimReviewFeed, "feeds/claimreviews/", "@type", "Dataset")
    judge(Problem, "statements/?page_size=0", "type", "about:blank")
    print("datamodel_code_generator is driven")
