"""The same API subset written otherwise: what the service is measured against.

Run by the interpreter of .venv-bench. Where a framework leaves a choice, it falls in the rival's favour: connections
are pooled, reads need no look-up of roles, If-Match and Idempotency-Key are not looked at.
"""
