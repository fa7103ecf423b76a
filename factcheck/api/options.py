"""OPTIONS: which methods an address takes."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request


class OptionsMixin:
    """Answers OPTIONS before the caller is judged and without the database: the methods are the same for everybody.

    DRF puts them into the `Allow` header of every answer. The CORS middleware answers preflight requests.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method != "OPTIONS":
            super().initial(request, *args, **kwargs)  # type: ignore[misc]

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = HttpResponse(status=204)
        del response["Content-Type"]
        return response
