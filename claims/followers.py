"""All followers of the journal, by name. A new one is one line here."""

from django.conf import settings

from claims.purging import FOLLOWER as PURGE
from claims.purging import Purging
from claims.vectors.follower import Vectors
from claims.vectors.table import FOLLOWER as VECTORS
from claims.vectors.table import has_table
from factcheck.journal.followers import Follower
from factcheck.journal.seal.services import Seal
from factcheck.webhooks.follower import Webhooks

FOLLOWERS: dict[str, Follower] = {
    "seal": Seal(),
    VECTORS: Vectors(),
    "webhooks": Webhooks(),
    PURGE: Purging(),
}


def followers_in_use() -> list[str]:
    """All but those that this installation does without."""
    is_used = {VECTORS: has_table, PURGE: lambda: bool(settings.PURGE_URL)}
    return [name for name in FOLLOWERS if name not in is_used or is_used[name]()]
