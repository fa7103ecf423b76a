"""The hooks that schemathesis calls in its own process. See tests/fuzz.py."""

import itertools
import os
import re
from typing import Any

import django
import schemathesis

django.setup()

from claims.models import Article  # noqa: E402
from factcheck.api.models import Token, hash_key  # noqa: E402

ARTICLE = Article.objects.values_list("pk", flat=True).first() or 1
OWN_TOKENS = list(Token.objects.filter(digest=hash_key(os.environ["FUZZ_TOKEN"])))
KEY = "Idempotency-Key"
NUMBERS = itertools.count()


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Answers have no field that the schema does not name. The schema does not say so: clients must accept new ones."""
    for name, shape in raw_schema["components"]["schemas"].items():
        if "properties" in shape and not name.endswith("Request") and name != "Problem":
            shape["additionalProperties"] = False
    for path in [path for path in raw_schema["paths"] if path.endswith("/stream/")]:
        del raw_schema["paths"][path]  # its answer has no end


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    kwargs["allow_redirects"] = False  # a redirect is itself an answer to check
    number = next(NUMBERS)
    make_key_fresh(case.headers, number)
    if number % 2 and case.meta and case.meta.generation.mode.is_positive:
        for row in case.body if isinstance(case.body, list) else [case.body]:
            if isinstance(row, dict):
                make_fitting(case.operation.label, row)


def make_key_fresh(headers: Any, number: int) -> None:
    """Most generated keys are equal, and would only get the answer stored for the first. Keep one in four."""
    key = str((headers or {}).get(KEY, ""))
    if number % 4 and re.fullmatch(r"[!#-~][!-~]{0,254}", key):
        headers[KEY] = f"{key[:240]}-{number}"


def make_fitting(operation: str, row: dict[str, Any]) -> None:
    """What no schema can say: that the passage is in the text, and that the rows it refers to exist."""
    if operation.startswith(("POST /api/v1/statements/", "PUT /api/v1/statements/")) and "article" in row:
        for name in ("text", "prefix", "suffix"):
            row.pop(name, None)
        row |= {"article": ARTICLE, "start": 0, "end": 4, "quote_type": "narration", "source": None, "via": []}
    elif operation == "POST /api/v1/disputes/":
        row |= {"counter_statement": None}


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Restore the caller's token when a case has revoked it: all later requests would be answered 401."""
    if case.method == "DELETE" and "/tokens/" in case.path:
        Token.objects.bulk_create(OWN_TOKENS, ignore_conflicts=True)
