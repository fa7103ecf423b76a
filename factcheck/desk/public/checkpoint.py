from typing import Any

from django.utils.translation import gettext as _

from factcheck.desk.pages.seal import mail_of, readable
from factcheck.desk.public.page import Head, PublicPage
from factcheck.journal.seal.models import Checkpoint
from factcheck.journal.seal.views import CheckpointSerializer


class CheckpointPage(PublicPage):
    """The latest checkpoint. Anonymous callers of the API read it too: size and hash tell nothing of the entries."""

    template_name = "desk/public/checkpoint.html"
    path = "/checkpoint/"

    def page_head(self) -> Head:
        return Head(
            title=_("Seal of the journal"),
            description=_(
                "A checkpoint stands for every entry that the journal had at one moment, word for word. Who keeps a "
                "copy elsewhere can prove later whether any of them was changed, removed or put in, also by those who "
                "run this service."
            ),
        )

    def content(self) -> dict[str, Any]:
        row = Checkpoint.objects.order_by("-size").first()
        if row is None:
            return {}
        latest = readable(CheckpointSerializer(row).data)
        return {"latest": latest, "service": self.origin, "mail": mail_of(latest, self.origin)}
