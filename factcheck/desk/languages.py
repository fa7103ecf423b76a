"""The language of a user's pages. Django reads it from a cookie, so that no page needs a query for it."""

from django.conf import settings
from django.http import HttpResponse

from factcheck.desk.models import ChosenLanguage


def chosen_language(user_id: int | None) -> str:
    """Empty where the browser's language counts."""
    return ChosenLanguage.objects.filter(pk=user_id).values_list("code", flat=True).first() or ""


def choose_language(user_id: int, code: str) -> None:
    """In an empty `code` the browser's language counts again."""
    if code:
        ChosenLanguage.objects.update_or_create(user_id=user_id, defaults={"code": code})
    else:
        ChosenLanguage.objects.filter(pk=user_id).delete()


def set_language_cookie(response: HttpResponse, code: str) -> None:
    """Removes it for an empty `code`, also if another user has left it."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE if code else 0,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
