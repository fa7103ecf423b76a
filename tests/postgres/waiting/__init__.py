"""An app with nothing but migrations of a table that is in use: for test_migration_locks.py."""
