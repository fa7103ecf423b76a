"""As the service is served, but without what looks into the service's own settings and addresses."""

import gc
from runpy import run_path

OURS = {"when_ready", "post_worker_init"}
globals().update({name: value for name, value in run_path("gunicorn.conf.py").items() if name not in OURS})


def when_ready(server):
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
