"""Webhooks and the log of what was sent to them. A secret is shown once, when it is made."""

from typing import Any

from factcheck.desk.form_pages import FormPage
from factcheck.desk.page import ListPage, Page
from factcheck.webhooks.models import Webhook

MAX_DELIVERIES = 20  # on the webhook's page; the log has all


class WebhookPage(Page):
    def context(self) -> dict[str, Any]:
        webhook = Webhook.objects.for_reading().get(pk=self.data["id"])
        return {
            "webhook": webhook,
            "deliveries": webhook.deliveries.order_by("-id")[:MAX_DELIVERIES],
            "max_deliveries": MAX_DELIVERIES,
        }


class SecretPage(WebhookPage):
    """The only page that shows a webhook's secret."""

    def context(self) -> dict[str, Any]:
        return {**super().context(), "secret": self.data["secret"]}


class WebhookFormPage(FormPage):
    @property
    def row(self) -> Any:
        return self.view.get_queryset().get(pk=self.view.kwargs["pk"])


class DeliveryList(ListPage):
    def context(self) -> dict[str, Any]:
        return {"webhook": Webhook.objects.get(pk=self.view.kwargs["webhook"])}
