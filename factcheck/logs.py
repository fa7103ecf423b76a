"""What the log has: which request a line belongs to, and lines of JSON for LOG_FORMAT=json.

Never what somebody could log in with: of an address neither the query nor what follows `/reset/`, of a request neither
headers nor body. docs/operations.md has the fields.
"""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def shown_path(request: Any) -> str | None:
    """The path of an address that the service has, unless who knows it may set a password. Others may hold anything."""
    match = request.resolver_match
    return request.path if match and "token" not in match.kwargs else None


def route_of(request: Any) -> str:
    """The pattern of the address, of which there are few; empty where the service has none such."""
    return request.resolver_match.route if request.resolver_match else ""


class AboutRequest(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get() or "-"
        request: Any = getattr(record, "request", None)
        if isinstance(record.args, tuple) and hasattr(request, "resolver_match"):  # of Django, which adds the path
            shown = shown_path(request) or f"/{route_of(request)}"
            record.args = tuple(shown if value == request.path else value for value in record.args)
        return True


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0]:
            line |= {"error": record.exc_info[0].__qualname__, "traceback": self.formatException(record.exc_info)}
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # half a surrogate pair is no text
            return json.dumps(line, default=str)


def logging_settings(log_format: str) -> dict[str, Any]:
    line = {"format": "{asctime} {levelname} {name} {request_id} {message}", "style": "{"}
    loggers: dict[str, Any] = {
        # A 4xx is the caller's error, and the answer says everything; only our own errors are logged.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    }
    if log_format == "json":  # uvicorn has made its own by now, and the second has whole addresses
        loggers["uvicorn"] = {"handlers": ["console"], "propagate": False}
        loggers["uvicorn.access"] = {"propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request": {"()": AboutRequest}},
        "formatters": {"line": line, "json": {"()": JSONFormatter}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": log_format, "filters": ["request"]},
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": loggers,
    }
