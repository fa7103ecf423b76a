import re
import socket
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.validators import URLValidator
from django.utils.translation import gettext, gettext_lazy
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from factcheck.api.fields import ChoiceField, StrictSerializer, WebAddressField
from factcheck.api.references import MAX_ID
from factcheck.journal.serializers import UserSerializer
from factcheck.outgoing import NotAsked, Why, addresses_of, place_of
from factcheck.webhooks.actions import ACTIONS
from factcheck.webhooks.exchange import is_allowed
from factcheck.webhooks.models import Delivery, Webhook

WORDS = {
    Why.NO_ADDRESS: gettext_lazy("This is not an address. Copy the one that your receiver has."),
    Why.SCHEME: gettext_lazy("Give an address that begins with http:// or https://."),
    Why.CREDENTIALS: gettext_lazy(
        "Leave the user name and the password out of the address: the signature tells the receiver who sends."
    ),
    Why.PORT: gettext_lazy("Port %(port)d is none that can be asked. Leave it out, or give the receiver's."),
    Why.NOT_PUBLIC: gettext_lazy(
        "%(host)s is in a network that is not public, so nothing is sent there. Give the receiver a public address, or "
        "let an admin set WEBHOOK_ALLOW_PRIVATE=1."
    ),
}
PLACEHOLDER = "https://"


class OwnNetworkURLValidator(URLValidator):
    """Also takes a name without a dot, as other containers have."""

    pattern: str = URLValidator.regex.pattern  # type: ignore[union-attr]  # it is compiled
    regex = re.compile(pattern.replace("|localhost", f"|{URLValidator.hostname_re}"), re.IGNORECASE)


class ReceiverField(WebAddressField):
    """The address of a receiver, judged without a look-up: where a name leads is judged whenever something is sent."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        if settings.WEBHOOK_ALLOW_PRIVATE:
            of_public = next(each for each in self.validators if isinstance(each, URLValidator))
            self.validators.remove(of_public)
            self.validators.append(OwnNetworkURLValidator(message=of_public.message))

    def to_internal_value(self, data: Any) -> str:
        address = super().to_internal_value(data)
        try:
            _judge(address)
        except NotAsked as error:
            code = "forbidden" if error.why == Why.NOT_PUBLIC else "invalid"
            raise serializers.ValidationError(str(WORDS[error.why]) % error.values, code) from None
        return address


def _judge(address: str) -> None:
    place = place_of(address)
    name = place.host.rstrip(".").lower()
    if (name == "localhost" or name.endswith(".localhost")) and not settings.WEBHOOK_ALLOW_PRIVATE:
        raise NotAsked(Why.NOT_PUBLIC, host=place.host)
    try:
        addresses_of(place, is_allowed, socket.AI_NUMERICHOST)  # also of 2130706433, 0x7f.1 and the like
    except NotAsked as error:
        if error.why != Why.NO_SERVER:  # then it is a name
            raise


class ActionsField(serializers.ListField):
    """An HTML form sends an empty one with those that are ticked, so that it can send none."""

    def get_value(self, dictionary: Any) -> Any:
        if is_html_input(dictionary) and self.field_name in dictionary:
            return [action for action in dictionary.getlist(self.field_name) if action]
        return super().get_value(dictionary)


class WebhookSerializer(StrictSerializer, serializers.ModelSerializer[Webhook]):
    url = ReceiverField(
        max_length=2000,
        style={"input_type": "url", "placeholder": PLACEHOLDER},
        help_text=gettext_lazy("Where entries are sent, with http or https. Redirects are not followed."),
    )
    actions = ActionsField(
        child=ChoiceField([(action, action) for action in ACTIONS]),
        required=False,
        default=list,
        max_length=len(ACTIONS),
        style={"base_template": "checks.html", "choices": ACTIONS},
        help_text=gettext_lazy("Which acts are sent, such as statement.tagged. Without any, all are."),
    )
    article = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        required=False,
        allow_null=True,
        default=None,
        help_text=gettext_lazy("The id of the only article whose entries are sent. Without it, those of all."),
    )
    active = serializers.BooleanField(
        required=False,
        default=True,
        initial=True,
        help_text=gettext_lazy("Whether anything is sent. Switched on again, it goes on with what is written then."),
    )
    created_by = UserSerializer(read_only=True)
    disabled_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When the service gave it up. Null if it did not."
    )
    disabled_reason = serializers.CharField(
        read_only=True, allow_blank=True, help_text="Why it was given up; empty if it was not."
    )
    old_secret_until = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="Until when the secret of before the rotation signs too; null if there was none.",
    )

    class Meta:
        model = Webhook
        fields = [
            "id", "version", "created_at", "updated_at", "created_by", "url", "actions", "article", "active",
            "disabled_at", "disabled_reason", "old_secret_until",
        ]  # fmt: skip
        read_only_fields = ["id", "version", "created_at", "updated_at"]

    def validate_actions(self, actions: list[str]) -> list[str]:
        return sorted(set(actions))

    def validate_article(self, article: int | None) -> int | None:
        if article is None or article == getattr(self.instance, "article", None):  # it may be deleted by now
            return article
        if not apps.get_model("claims.Article")._default_manager.filter(pk=article).exists():
            raise serializers.ValidationError(
                gettext("There is no article with the id %(id)s.") % {"id": article}, "does_not_exist"
            )
        return article


class WebhookWithSecretSerializer(WebhookSerializer):
    secret = serializers.CharField(
        read_only=True, help_text="What the receiver verifies the signatures with. It is not shown again."
    )

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


class NoInputSerializer(StrictSerializer):
    """An act that says everything by its address."""


class DeliveryAttemptSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True, help_text="Of the receiver's answer. Null if there was none.")
    answer = serializers.CharField(allow_blank=True, help_text="How the body of the answer began.")
    error = serializers.CharField(allow_blank=True, help_text="Why there was no answer.")
    milliseconds = serializers.IntegerField()


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    message_id = serializers.CharField(read_only=True, help_text="The header `webhook-id`, the same at each attempt.")
    type = serializers.CharField(help_text="The action of the entry, or `ping`.")
    entry = serializers.IntegerField(
        source="entry_id", allow_null=True, read_only=True, help_text="The entry's id. Null for a ping."
    )
    state = ChoiceField(Delivery.State.choices, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    next_attempt_at = serializers.DateTimeField(
        source="due_at", read_only=True, allow_null=True, help_text="When it is sent next. Null once it has ended."
    )
    ended_at = serializers.DateTimeField(read_only=True, allow_null=True)
    attempts = serializers.ListField(
        child=DeliveryAttemptSerializer(), read_only=True, help_text="The oldest first; of more than 50 the last ones."
    )

    class Meta:
        model = Delivery
        fields = [
            "id", "message_id", "type", "entry", "resource", "resource_id", "state", "created_at", "next_attempt_at",
            "ended_at", "attempts",
        ]  # fmt: skip
        read_only_fields = fields
