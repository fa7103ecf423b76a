"""How near two texts are by their words. Pure text: no Django, no database."""
