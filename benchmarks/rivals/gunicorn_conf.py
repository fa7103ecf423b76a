"""As the service is served, but without the look at the service's own settings."""

from runpy import run_path

globals().update({name: value for name, value in run_path("gunicorn.conf.py").items() if name != "on_starting"})
