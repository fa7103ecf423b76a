"""Looks in the whole record for what the guards refuse: `manage.py verify_journal` runs these checks."""
