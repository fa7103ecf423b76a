"""Conditional requests (RFC 9110, section 13).

An entity tag is `"VERSION-DIGEST"`: the digest covers the whole JSON body, so that a renamed source changes it;
If-Match is judged by the version alone, so that a renamed source does not stop an editor's write.
"""

import hashlib
import re
from typing import Any

from django.http import HttpResponseBase
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.options import OptionsMixin
from factcheck.api.problems import wants_page
from factcheck.api.roles import is_public_read
from factcheck.api.row_json import RowJSON
from factcheck.api.throttles import ThrottledMixin
from factcheck.errors import InvalidInput, PreconditionRequired

ENTITY_TAG = re.compile(r'(?:W/)?"(?P<version>[0-9]{1,18})-[0-9a-f]*"')
# What the caller is ready to overwrite; None stands for whatever is there.
Versions = frozenset[int] | None
ANY_TAG = re.compile(r'(?:W/)?"[^"]*"')


def version_of(data: Any) -> int | None:
    if isinstance(data, RowJSON):
        return data.version
    return data.get("version") if isinstance(data, dict) else None


def entity_tag(content: bytes, version: int | None) -> str:
    digest = hashlib.blake2b(content, digest_size=12).hexdigest()
    return f'"{version}-{digest}"' if version is not None else f'"{digest}"'


def none_match(request: Request, tag: str) -> bool:
    """Whether If-None-Match allows an answer with a body. The comparison is weak: gzip weakens our tags."""
    header = request.META.get("HTTP_IF_NONE_MATCH", "")
    if not header or header.strip() == "*":
        return not header
    return tag not in (found.removeprefix("W/") for found in ANY_TAG.findall(header))


def expected_versions(request: Request) -> Versions:
    """The versions the caller is ready to overwrite; None stands for `If-Match: *`.

    An HTML form cannot send headers and carries a `version` field instead. Raises PreconditionRequired when
    neither is there, InvalidInput when the header is not a list of entity tags.
    """
    header = request.META.get("HTTP_IF_MATCH", "").strip()
    if header == "*":
        return None
    if header:
        return _versions_in(header)
    given = form_version(request)
    if given is not None:
        return frozenset({given})
    raise PreconditionRequired(
        "Send If-Match with the ETag that GET answered, so that nobody's change is overwritten unseen."
    )


def _versions_in(header: str) -> frozenset[int]:
    tags = [part.strip() for part in header.split(",")]
    if not all(ANY_TAG.fullmatch(tag) for tag in tags):
        raise InvalidInput('If-Match must be the ETag of the last answer, such as "3-9f2c", or *.')
    matches = (ENTITY_TAG.fullmatch(tag) for tag in tags)
    return frozenset(int(match["version"]) for match in matches if match)


def form_version(request: Request) -> int | None:
    """The `version` that an HTML form carries in place of If-Match."""
    given = request.data.get("version", "") if is_form(request) and isinstance(request.data, dict) else ""
    return int(given) if re.fullmatch(r"[0-9]{1,18}", given) else None


def is_form(request: Request) -> bool:
    return request.content_type.split(";")[0] in ("application/x-www-form-urlencoded", "multipart/form-data")


class ConditionalMixin(OptionsMixin, ThrottledMixin):
    """Gives every JSON answer its ETag, and answers 304 where If-None-Match says that it is known."""

    other_parameters: frozenset[str] = frozenset()  # that the view reads besides its filters

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        response["Vary"] = "Accept, Accept-Encoding, Authorization, Cookie"  # of a 304, too, which nothing compresses
        response.setdefault("Cache-Control", cache_rule(request, response))
        has_data = isinstance(response, Response) and response.data is not None
        if has_data and not wants_page(request) and 200 <= response.status_code < 300:
            response.add_post_render_callback(lambda rendered: _conditional(request, rendered))
        return response


def cache_rule(request: Any, response: HttpResponseBase) -> str:
    """A public read may be a minute old, in any cache; what a signed-in caller reads is for that one alone."""
    is_public = request.method in ("GET", "HEAD") and response.status_code == 200 and is_public_read(request)
    return "public, max-age=60" if is_public else "private, no-cache"


OF_UNMODIFIED = ("Vary", "Cache-Control", "ETag")


def _conditional(request: Request, response: Response) -> None:
    tag = response.get("ETag") or entity_tag(response.content, version_of(response.data))
    response["ETag"] = tag
    if request.method not in ("GET", "HEAD") or none_match(request, tag):
        return
    response.status_code, response.content = status.HTTP_304_NOT_MODIFIED, b""
    for name in [name for name in response.headers if name not in OF_UNMODIFIED]:
        del response.headers[name]
    # A cache that keeps a compressed answer knows it by its weak tag, and renews it by no other.
    response["ETag"] = f"W/{tag}" if f"W/{tag}" in request.META["HTTP_IF_NONE_MATCH"] else tag
