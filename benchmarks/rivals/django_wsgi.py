"""Both rivals on Django; RIVAL_URLS names the module with the addresses."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.rivals.django_settings"
application = get_wsgi_application()
