import django

from factcheck.api.handler import Handler
from factcheck.startup import check_static_files, load_settings

load_settings()
django.setup(set_prefix=False)
application = Handler()
check_static_files()
