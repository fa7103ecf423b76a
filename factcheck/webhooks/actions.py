"""What a webhook can be about. Of users nothing is sent: only admins may read those entries."""

VERBS = {
    "article": ["created", "updated", "published", "withdrawn", "deleted"],
    "statement": ["created", "updated", "tagged", "reanchored", "deleted"],
    "evidence": ["created", "updated", "deleted"],
    "dispute": ["opened", "updated", "resolved", "reopened", "deleted"],
    "note": ["created", "updated", "resolved", "reopened", "taken", "withdrawn", "set_aside", "deleted"],
    "source": ["created", "updated", "merged", "deleted"],
}
ACTIONS = [f"{resource}.{verb}" for resource, verbs in VERBS.items() for verb in verbs]
PING = "ping"
