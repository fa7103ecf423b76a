"""All followers of the journal, by name. A new one is one line here."""

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
}


def followers_in_use() -> list[str]:
    """All but those that this installation does without."""
    return [name for name in FOLLOWERS if name != VECTORS or has_table()]
