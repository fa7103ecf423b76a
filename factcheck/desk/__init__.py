"""The pages in which editors work: all HTML of the service."""
