from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils.html import is_html_input
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from claims.form_input import from_form
from claims.models import Statement
from claims.models.article import MAX_TEXT
from claims.partial_dates import NOT_SAID, PARTIAL_DATE, said_on_fields
from factcheck.api.fields import LinesField, WebAddressField
from factcheck.api.references import Reference
from factcheck.journal.serializers import UserSerializer

MAX_MILLISECONDS = 2**31 - 1


class FastNoSurrogates(ProhibitSurrogateCharactersValidator):
    """DRF's own validator looks at each code point, also of texts without surrogates. Encoding finds them faster."""

    def __call__(self, value: str) -> None:
        try:
            value.encode()
        except UnicodeEncodeError:
            super().__call__(value)


class VerbatimField(serializers.CharField):
    """Text that is neither trimmed nor normalised, because offsets count its code points."""

    def __init__(self, **kwargs: Any):
        super().__init__(trim_whitespace=False, style={"base_template": "textarea.html", "rows": 12}, **kwargs)
        slow = ProhibitSurrogateCharactersValidator()
        self.validators = [FastNoSurrogates() if each == slow else each for each in self.validators]


@extend_schema_field({"type": "string", "pattern": f"^{PARTIAL_DATE.pattern}$", "examples": ["2021-03-05", "2021-03"]})
class SaidOnField(serializers.Field):
    """Two fields of the statement: the first day, and the precision."""

    default_error_messages = {
        "invalid": gettext_lazy("Give a day, a month or a year, such as 2021-03-05, 2021-03 or 2021.")
    }

    def __init__(self, **kwargs: Any):
        kwargs.setdefault(
            "help_text", gettext_lazy("A day, a month or a year. A month or a year is ordered by its first day.")
        )
        style = {"placeholder": gettext_lazy("2021-03-05 or 2021")}
        kwargs = {"default": None, **kwargs}
        super().__init__(source="*", required=False, allow_null=True, style=style, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> dict[str, Any]:
        return super().run_validation(data) or NOT_SAID

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if data is None:
            return NOT_SAID
        try:
            return said_on_fields(data)
        except (TypeError, ValueError):
            self.fail("invalid")

    def to_representation(self, statement: Statement) -> str | None:
        return statement.date_said


class SecondsField(serializers.FloatField):
    """As PostgreSQL writes it: a whole number without a fraction."""

    def to_representation(self, value: float) -> float:  # type: ignore[override]
        return int(value) if value.is_integer() else value


class LanguageField(serializers.RegexField):
    """A BCP 47 tag that begins with an ISO 639 code of two or three letters: “english” is none."""

    default_error_messages = {"invalid": gettext_lazy("Give the code of a language, such as en or pt-BR.")}

    def __init__(self, **kwargs: Any):
        pattern = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"
        super().__init__(pattern, **{"required": False, "default": "en", "max_length": 35, **kwargs})


class UserReference(Reference):
    """An active user. Written as an id. There are few users, so an HTML form lists them all."""

    def __init__(self, **kwargs: Any):
        style = {"base_template": "user.html", **kwargs.pop("style", {})}
        super().__init__(User.objects.filter(is_active=True), nested=UserSerializer, style=style, **kwargs)


class ArticleTextField(VerbatimField):
    def get_value(self, dictionary: Any) -> Any:
        value = super().get_value(dictionary)
        if is_html_input(dictionary) and isinstance(value, str):
            return from_form(value, getattr(self.root.instance, "text", ""))
        return value


class AddressesField(LinesField):
    """Stored as null if there are none."""

    def __init__(self, **kwargs: Any):
        kwargs = {"required": False, "default": None, "max_length": 20, **kwargs}
        super().__init__(child=WebAddressField(max_length=2000), **kwargs)

    def get_attribute(self, instance: Any) -> list[str]:
        return super().get_attribute(instance) or []

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(data) or None


class CueTimesField(serializers.ListField):
    """As ArticleRevision.cue_times."""

    def __init__(self, **kwargs: Any):
        number = serializers.IntegerField(min_value=0, max_value=MAX_MILLISECONDS)
        child = serializers.ListField(child=number, min_length=4, max_length=4)
        super().__init__(
            child=child, allow_null=True, max_length=MAX_TEXT,
            help_text="When the text is spoken in the recording: for each cue [start, end, from, to], in code points "
            "and in milliseconds. Null if it did not come from captions.", **kwargs,
        )  # fmt: skip
