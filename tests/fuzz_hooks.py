"""What schemathesis asks of us in its own process. See tests/fuzz.py."""

import itertools
import os
import re
from typing import Any

import django
import schemathesis

django.setup()

from knox.crypto import hash_token  # noqa: E402

from factcheck.api.models import Token  # noqa: E402

OWN_TOKENS = list(Token.objects.filter(digest=hash_token(os.environ["FUZZ_TOKEN"])))
KEY = "Idempotency-Key"
NUMBERS = itertools.count()


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Answers have no field that the schema does not name. Not said in the schema: clients should bear new ones."""
    for name, shape in raw_schema["components"]["schemas"].items():
        if "properties" in shape and not name.endswith("Request") and name != "Problem":
            shape["additionalProperties"] = False


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    kwargs["allow_redirects"] = False  # a redirection is an answer of its own
    make_key_fresh(case.headers)


def make_key_fresh(headers: Any) -> None:
    """Most keys that it makes are alike, and would only ever meet the answer kept for the first. One in four stays."""
    key, number = str((headers or {}).get(KEY, "")), next(NUMBERS)
    if number % 4 and re.fullmatch(r"[!#-~][!-~]{0,254}", key):
        headers[KEY] = f"{key[:240]}-{number}"


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Puts the caller's token back when a case has revoked it, or all that follows would be answered 401."""
    if case.method == "DELETE" and "/tokens/" in case.path:
        Token.objects.bulk_create(OWN_TOKENS, ignore_conflicts=True)
