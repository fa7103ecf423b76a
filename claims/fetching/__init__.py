"""A page of another server as the beginnings of an article: fetched within limits, and read for its text.

No Django, no database. Whatever goes wrong is an InvalidInput that names the field `url` and says what to do.
"""
