"""The pages of articles, statements, disputes, sources and the journal: what editors work in."""
