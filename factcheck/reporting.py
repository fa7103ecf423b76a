"""Errors for Sentry and traces for OpenTelemetry, each where its setting names a receiver.

Their packages are extras (requirements-observability.txt). Neither changes how Django asks the database, so that the
prepared reads stay. What they send has what the log has, and nothing that somebody could log in with.
"""

import os
import time
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from factcheck.api.access import Access, AccessMiddleware
from factcheck.logs import request_id, route_of

TRACE_HEADERS = ("traceparent", "tracestate")


def start_reporting() -> None:
    if settings.SENTRY_DSN:
        _with_extras("SENTRY_DSN", _report_errors)
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        _with_extras("OTEL_EXPORTER_OTLP_ENDPOINT", _report_traces)


def _with_extras(name: str, start: Any) -> None:
    try:
        start()
    except ModuleNotFoundError as error:
        raise ImproperlyConfigured(
            f"{name} is set, and {error.name} is not installed: pip install -r requirements-observability.txt"
        ) from None


def _report_errors() -> None:
    """All that is logged as an error. Sentry's integration with Django is left out: it takes over each cursor."""
    sentry: Any = import_module("sentry_sdk")
    own = [
        import_module(f"sentry_sdk.integrations.{name}")
        for name in ("atexit", "dedupe", "excepthook", "logging")
    ]  # fmt: skip
    try:
        sentry.init(
            dsn=settings.SENTRY_DSN,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[
                own[0].AtexitIntegration(callback=lambda pending, timeout: None),
                own[1].DedupeIntegration(),
                own[2].ExcepthookIntegration(),
                own[3].LoggingIntegration(),
            ],
            before_send=_before_send,
            include_local_variables=False,  # a token and a password are some
            send_default_pii=False,
            max_request_body_size="never",
        )
    except sentry.utils.BadDsn:  # its text is not shown: the address has a key
        raise ImproperlyConfigured("SENTRY_DSN cannot be read. Take it from the settings of your project.") from None


def _before_send(event: Any, hint: Any) -> Any:
    """Of the record's other attributes one is the request as text, with its address."""
    event.pop("extra", None)
    request = getattr(hint.get("log_record"), "request", None)
    if request is not None:
        event["transaction"] = route_of(request)
    event["tags"] = {**event.get("tags", {}), "request_id": request_id.get()}
    return event


def _report_traces() -> None:
    """One span for each request, made when it has ended, with how often and how long it waited for the database.

    OpenTelemetry's own instrumentation writes whole addresses into its spans, and sees no prepared read.
    """
    os.environ.setdefault("OTEL_SERVICE_NAME", "factcheck")
    trace: Any = import_module("opentelemetry.trace")
    propagate: Any = import_module("opentelemetry.propagate")
    sdk: Any = import_module("opentelemetry.sdk.trace")
    export: Any = import_module("opentelemetry.sdk.trace.export")
    otlp: Any = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    tracer = provider.get_tracer("factcheck")

    def observe(access: Access) -> None:
        sent = {name.lower(): value for name, value in access.request.headers.items() if name.lower() in TRACE_HEADERS}
        ended = time.time_ns()
        span = tracer.start_span(
            f"{access.method} {access.route}".strip(),
            context=propagate.extract(sent),
            kind=trace.SpanKind.SERVER,
            start_time=ended - int(access.seconds * 1e9),
            attributes={
                "http.request.method": access.method,
                "http.route": access.route,
                "http.response.status_code": access.status,
                "factcheck.request_id": access.request.request_id,
                "factcheck.queries": access.queries,
                "factcheck.database_seconds": access.database_seconds,
            },
        )
        if access.status >= 500:
            span.set_status(trace.StatusCode.ERROR)
        span.end(ended)

    AccessMiddleware.observers.append(observe)
