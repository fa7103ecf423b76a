"""Entries of the journal, sent to other programs as they are written, by Standard Webhooks."""
