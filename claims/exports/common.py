from datetime import datetime


def timestamp(moment: datetime) -> str:
    """A UTC time as RFC 3339, with the Z that readers of xsd:dateTime and Atom expect."""
    return moment.isoformat().replace("+00:00", "Z")
