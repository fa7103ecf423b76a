import pytest

from factcheck.webhooks.services import create_webhook
from tests.webhooks.receivers import receivers


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receivers(1) as (one,):
        yield one


@pytest.fixture
def other(settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receivers(1) as (one,):
        yield one


@pytest.fixture
def subscribe(alice):
    """A webhook to a receiver, or to an address."""

    def make(to, **fields):
        url = getattr(to, "url", to)
        return create_webhook(actor=alice, url=url, **{"actions": [], "article": None, "active": True, **fields})

    return make
