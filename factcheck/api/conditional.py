"""Conditional requests (RFC 9110, section 13).

An entity tag is `"VERSION-DIGEST"`. The digest covers the whole JSON body, so it changes when a source that the row
shows is renamed. If-Match compares only the version, so such a rename does not block an editor's write. It may be the
version alone, `"VERSION"`: whoever has a row of a list has no ETag of it.
"""

import hashlib
import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.references import MAX_ID
from factcheck.api.roles import is_anonymous
from factcheck.api.row_json import RowJSON
from factcheck.errors import InvalidInput, PreconditionRequired, Versions
from factcheck.postgres.replica import standbys

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


# By status. A reader's own cache keeps a public answer for a minute. One in front of the service keeps it for five
# seconds, and shows it for at most four more while it asks anew: what is withdrawn is gone there after ten, also where
# part of a second counts as none. The second rule keeps a flood of addresses that have nothing from the service.
PUBLIC_RULES = {
    200: "public, max-age=60, s-maxage=5, stale-while-revalidate=4",
    **dict.fromkeys((301, 404, 410), "public, max-age=5"),
}
# A standby's answer may lack the last seconds already.
WHILE_ASKING = max(0, 4 - settings.REPLICA_MAX_LAG)
FROM_REPLICA = f"public, max-age=60, s-maxage=5, stale-while-revalidate={WHILE_ASKING}"


def add_cache_headers(request: Any, response: HttpResponseBase, article: int | None = None) -> None:
    """Any cache may keep what an anonymous caller reads. What a signed-in caller reads is for that caller only.

    A refusal may come before anybody has looked at the credentials, which would be the next one.
    """
    is_known = response.status_code == 200 or not has_credentials(request)
    if request.method == "GET" and is_known and is_anonymous(request):
        share(response, article)
    response.headers.setdefault("Cache-Control", "private, no-cache")


def has_credentials(request: HttpRequest) -> bool:
    """Valid or not: nobody has looked at them."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES or "HTTP_AUTHORIZATION" in request.META


def share(response: HttpResponseBase, article: int | None = None) -> HttpResponseBase:
    """For an answer that is the same for all who get it. `article`: the only one that it shows something of.

    `Surrogate-Key` is by what a cache in front is told to forget it: see claims/purging.py.
    """
    if rule := PUBLIC_RULES.get(response.status_code):
        response.headers["Cache-Control"] = FROM_REPLICA if standbys.in_use and response.status_code == 200 else rule
        response.headers["Surrogate-Key"] = surrogate_keys(article)
    return response


def surrogate_keys(article: int | None = None) -> str:
    return f"article-{article} all" if article and article <= MAX_ID else "lists all"


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
