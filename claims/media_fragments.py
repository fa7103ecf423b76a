"""A part of a recording: Media Fragments URI, https://www.w3.org/TR/media-frags/, in seconds."""


def fragment(start: float, end: float) -> str:
    """An interval has a length; without one, it is the recording from `start` on."""
    return f"t={start:.10g},{end:.10g}" if start < end else f"t={start:.10g}"


def address_of_part(media_url: str, start: float, end: float) -> str:
    """The address with this fragment, in place of its own."""
    return f"{media_url.partition('#')[0]}#{fragment(start, end)}"
