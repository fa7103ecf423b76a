"""manage.py over the database that the tests use: python -m tests.manage_test_database NAME COMMAND …"""

import os
import sys

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from django.conf import settings

    from factcheck.startup import run_command

    settings.DATABASES["default"]["NAME"] = sys.argv.pop(1)
    run_command(sys.argv)
