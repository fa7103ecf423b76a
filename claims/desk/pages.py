"""Brings in every module whose pages are to be registered."""

from claims.desk import articles, disputes, formats, journal, lists, sources, statements

__all__ = ["articles", "disputes", "formats", "journal", "lists", "sources", "statements"]
