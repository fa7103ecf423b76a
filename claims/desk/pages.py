"""Brings in every module whose pages are to be registered."""

from claims.desk import articles, disputes, journal, lists, sources, statements

__all__ = ["articles", "disputes", "journal", "lists", "sources", "statements"]
