"""Conditional requests (RFC 9110, section 13).

An entity tag is `"VERSION-DIGEST"`. The digest covers the whole JSON body, so it changes when a source that the row
shows is renamed. If-Match compares only the version, so such a rename does not block an editor's write. It may be the
version alone, `"VERSION"`: whoever has a row of a list has no ETag of it.
"""

import hashlib
import re
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.roles import is_anonymous
from factcheck.api.row_json import RowJSON
from factcheck.errors import InvalidInput, PreconditionRequired, Versions

ENTITY_TAG = re.compile(r'(?:W/)?"(?P<version>[0-9]{1,18})(?:-[0-9a-f]*)?"')
ANY_TAG = re.compile(r'(?:W/)?"[^"]*"')


def version_of(data: Any) -> int | None:
    if isinstance(data, RowJSON):
        return data.version
    return data.get("version") if isinstance(data, dict) else None


def entity_tag(content: bytes, version: int | None) -> str:
    digest = hashlib.blake2b(content, digest_size=12).hexdigest()
    return f'"{version}-{digest}"' if version is not None else f'"{digest}"'


def if_none_match_passes(request: Request | HttpRequest, tag: str) -> bool:
    """Whether If-None-Match lets the response have a body. The comparison is weak, since gzip makes our tags weak."""
    header = request.META.get("HTTP_IF_NONE_MATCH", "")
    known = [sent.removeprefix("W/") for sent in ANY_TAG.findall(header)]
    return header.strip() != "*" and tag not in known


def expected_versions(request: Request) -> Versions:
    """The versions that the caller is ready to overwrite; None stands for `If-Match: *`.

    An HTML form cannot send headers, so it has a `version` field instead. Raises PreconditionRequired when both are
    missing, InvalidInput when the header is not a list of entity tags.
    """
    header = request.META.get("HTTP_IF_MATCH", "").strip()
    if header == "*":
        return None
    if header:
        return _parse_versions(header)
    version = form_version(request)
    if version is not None:
        return frozenset({version})
    raise PreconditionRequired(
        gettext(
            "Send If-Match with the ETag of your last GET, so that you do not overwrite a change that you have not "
            "seen."
        )
    )


def _parse_versions(header: str) -> frozenset[int]:
    tags = [part.strip() for part in header.split(",")]
    if not all(ANY_TAG.fullmatch(tag) for tag in tags):
        raise InvalidInput(
            gettext('If-Match must be the ETag of the last answer, such as "3-9f2c", the version, "3", or *.')
        )
    matches = (ENTITY_TAG.fullmatch(tag) for tag in tags)
    return frozenset(int(match["version"]) for match in matches if match)


def form_version(request: Request | HttpRequest) -> int | None:
    """The `version` that an HTML form sends instead of If-Match."""
    text = request.POST.get("version", "") if is_form(request) else ""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def is_form(request: Request | HttpRequest) -> bool:
    return str(request.content_type).split(";")[0] in ("application/x-www-form-urlencoded", "multipart/form-data")


def cache_rule(request: Any, response: HttpResponseBase) -> str:
    """Any cache may keep a public read for a minute. What a signed-in caller reads is for that caller only."""
    is_public = request.method == "GET" and response.status_code == 200 and is_anonymous(request)
    return "public, max-age=60" if is_public else "private, no-cache"


HEADERS_OF_304 = ("Vary", "Cache-Control", "ETag", "Content-Location", "Link")


def add_entity_tag(request: Request | HttpRequest, response: Response) -> None:
    """Adds the ETag to a rendered response, and turns it into a 304 if If-None-Match names that tag."""
    tag = response.get("ETag") or entity_tag(response.content, version_of(response.data))
    response["ETag"] = tag
    if request.method != "GET" or if_none_match_passes(request, tag):
        return
    response.status_code, response.content = status.HTTP_304_NOT_MODIFIED, b""
    for name in [name for name in response.headers if name not in HEADERS_OF_304]:
        del response.headers[name]
    # A cache identifies a compressed response by its weak tag, and only a 304 with that tag renews it.
    response["ETag"] = f"W/{tag}" if f"W/{tag}" in request.META["HTTP_IF_NONE_MATCH"] else tag
