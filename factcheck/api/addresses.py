"""Absolute addresses of this service, for links in answers."""

from django.http import HttpRequest
from django.urls import reverse
from rest_framework.request import Request


def absolute_address(request: HttpRequest | Request, route: str, *args: int) -> str:
    """Without the request's own parameters. DRF's `reverse` would add its `format`, and links are made by adding."""
    return request.build_absolute_uri(reverse(route, args=args))
