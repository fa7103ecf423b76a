def link_header(**addresses: str | None) -> dict[str, str]:
    """The Link header (RFC 8288) for the addresses that there are, by their relation."""
    links = [f'<{address}>; rel="{relation}"' for relation, address in addresses.items() if address]
    return {"Link": ", ".join(links)} if links else {}
