import django

from factcheck.startup import load_settings

load_settings()
django.setup(set_prefix=False)

from factcheck.journal.stream.server import StreamHandler  # noqa: E402  its models need the settings

application = StreamHandler()
