from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware
from django.utils.http import escape_leading_slashes


class MovedWithItsMethod(HttpResponsePermanentRedirect):
    status_code = 308


class SlashMiddleware(CommonMiddleware):
    """Sends an address without its last slash on to the one with it.

    By 308, which repeats the method and the body. Django's 301 would make a GET of a POST, which answers 200 and has
    written nothing; with DEBUG it raises an exception.
    """

    response_redirect_class = MovedWithItsMethod

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        return escape_leading_slashes(request.get_full_path(force_append_slash=True))
