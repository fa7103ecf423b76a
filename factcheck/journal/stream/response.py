"""The request for a stream: judged as every other one, and answered by an `EventStream`."""

import re
from functools import partial
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from factcheck.api.callers import caller_of
from factcheck.api.filters import refuse_unknown
from factcheck.api.renderers import TextRenderer
from factcheck.api.roles import role_of
from factcheck.errors import InvalidInput
from factcheck.journal.epoch import first_open_transaction
from factcheck.journal.models import Place
from factcheck.journal.stream.listeners import PAGE, Channel, EventPage, Listener, before
from factcheck.journal.stream.waiting import WaitingThread

START, NOW = "0-0", "now"  # the cursor before the first entry, and the one behind the last
# Of an event, and of an entry in the lists: its transaction and its id.
EVENT_ID = "[0-9]{1,18}-[0-9]{1,18}"
LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID",
    {"type": "string", "pattern": f"^{EVENT_ID}$"},
    OpenApiParameter.HEADER,
    description="The id of the last event that arrived: the stream goes on behind it. A browser sends it by itself.",
)
ATTRIBUTES = {"resource": "resource", "article": "article", "actor": "actor_id"}  # of an entry, by filter


class EventStreamRenderer(TextRenderer):
    """Problems are still JSON."""

    media_type = "text/event-stream"
    format = "event-stream"


class EventStream(StreamingHttpResponse):
    """Under a WSGI server it sends by itself. An asynchronous one (factcheck.asgi) takes the listener."""

    def __init__(self, listener: Listener, request: Any) -> None:
        self.listener = listener
        is_asynchronous = isinstance(request._request, ASGIRequest)
        super().__init__(
            () if is_asynchronous else WaitingThread(listener, request.META.get("gunicorn.socket")),
            content_type=EventStreamRenderer.media_type,
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


def event_stream(view: Any, channel: Channel) -> EventStream:
    request = view.request
    refuse_unknown(request, {"format", *view.filterset_class.base_filters})
    view.filter_queryset(view.get_queryset())  # refuses filters that are not valid
    end = first_open_transaction()
    cursor = _given_cursor(request)
    last = view.place_of(cursor, end)
    given = {name: request.query_params[name] for name in ATTRIBUTES if name in request.query_params}
    listener = Listener(
        channel=channel,
        caller=caller_of(request),
        needed=view.get_permissions()[0].required_role(view),
        role=role_of(request.user),
        wanted=tuple(
            (ATTRIBUTES[name], value if name == "resource" else int(value)) for name, value in sorted(given.items())
        ),
        last=last,
        place=before(end) if cursor == NOW else last,
        now=before(end),
        read=partial(_missed, view, channel),
    )
    return EventStream(listener, request)


def _given_cursor(request: Request) -> str:
    """The header comes before `after`: a browser that connects again sends the address as it was."""
    header = request.headers.get("Last-Event-ID", "")
    if header and not re.fullmatch(EVENT_ID, header):
        raise InvalidInput(gettext("Last-Event-ID: This is not the id of an event. Leave it out to begin now."))
    return header or request.query_params.get("after", NOW) or START


def _missed(view: Any, channel: Channel, after: Place) -> EventPage:
    end = first_open_transaction()
    found = view.read_after(after, end, PAGE)
    return EventPage(channel.events(found.entries), found.last if found.more else max(after, before(end)), found.more)
