"""The ClaimReviews of a running service are what schema-dts, the TypeScript types of schema.org, says they may be."""

import json
from typing import Any
from urllib.request import Request, urlopen

from test_clients import GENERATED, TSC, run, service  # noqa: F401

STRICT = ["--strict", "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "esnext"]
TALK = {
    "title": "A talk",
    "captions": "WEBVTT\n\n00:01.000 --> 00:02.500\nIt rains.\n",
    "media_url": "https://m.example/talk.mp4",
}


def call(service: dict[str, str], path: str, body: Any = None, **headers: str) -> Any:  # noqa: F811
    sent = {"Authorization": f"Bearer {service['TOKEN']}", "Content-Type": "application/json", **headers}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{service['SERVER']}/api/v1/{path}", data, sent), timeout=30) as answer:
        return json.load(answer)


def test_every_claim_review_is_what_the_types_of_schema_org_allow(service: dict[str, str]) -> None:  # noqa: F811
    talk = call(service, "articles/", TALK)
    spoken = {"article": talk["id"], "text": "It rains.", "quote_type": "narration"}
    call(service, "statements/", spoken)
    call(service, f"articles/{talk['id']}/publish/", {"reason": "Checked."}, **{"If-Match": "*"})
    feed = call(service, "feeds/claimreviews/?page_size=200")["dataFeedElement"]
    reviews = [call(service, element["item"]["@id"].partition("/api/v1/")[2]) for element in feed]
    assert reviews[0]["itemReviewed"]["firstAppearance"]["@type"] == "Clip"
    assert len(reviews) == 24
    claims = [review["itemReviewed"] for review in reviews]
    things = [claim for claim in claims if claim.get("author", {}).get("@type") == "Thing"]
    assert things
    for claim in things:  # the one exception that docs/formats.md names: no author of these types
        claim["author"] = claim["author"]["name"]
    program = GENERATED / "claim_reviews.ts"
    lines = [f"export const review{n}: WithContext<ClaimReview> = {json.dumps(row)};" for n, row in enumerate(reviews)]
    program.write_text("\n".join(['import type { ClaimReview, WithContext } from "schema-dts";', *lines]))
    done = run(TSC, *STRICT, "--moduleResolution", "bundler", program)
    assert (done.returncode, done.stdout) == (0, "")
