"""All followers of the journal, by name. A new one is one line here."""

from factcheck.journal.followers import Follower
from factcheck.journal.seal.services import Seal

FOLLOWERS: dict[str, Follower] = {
    "seal": Seal(),
}
