from django.core.wsgi import get_wsgi_application

from factcheck.startup import check_static_files, load_settings

load_settings()
application = get_wsgi_application()
check_static_files()
