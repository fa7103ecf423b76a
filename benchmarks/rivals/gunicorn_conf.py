"""As the service is served, but without what looks into the service's own settings."""

from runpy import run_path

OURS = {"on_starting", "post_worker_init"}
globals().update({name: value for name, value in run_path("gunicorn.conf.py").items() if name not in OURS})
