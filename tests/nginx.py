"""deploy/nginx.conf as it is delivered, but for addresses, files and TLS."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.service import ROOT, free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def configuration(home: Path, port: int, web: Sequence[int], stream: int) -> str:
    """`web` are the ports of the instances, which stand in `upstream` one after the other."""
    folders = " ".join(f"{kind}_temp_path {home}/{kind};" for kind in TEMPORARY)
    conf = (ROOT / "deploy/nginx.conf").read_text()
    for pattern, replacement in (
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443 ssl http2;", f"listen 127.0.0.1:{port};"),
        (r"ssl_certificate.*;", ""),
        (r"server 127\.0\.0\.1:8000(.*;)", " ".join(rf"server 127.0.0.1:{each}\1" for each in web)),
        (r"127\.0\.0\.1:8001", f"127.0.0.1:{stream}"),
        (r"/var/cache/nginx/factcheck", f"{home}/cache"),
        (r"X-Forwarded-Proto \$scheme", "X-Forwarded-Proto https"),
        (r"worker_rlimit_nofile \d+;", ""),
        (r"worker_connections \d+;", "worker_connections 256;"),
        (r"http \{", f"http {{ access_log off; {folders}"),
    ):
        conf, changed = re.subn(pattern, replacement, conf)
        assert changed, pattern
    return f"daemon off; pid {home}/nginx.pid; error_log {home}/error.log;\n{conf}"


@contextmanager
def nginx(home: Path, port: int, web: Sequence[int], stream: int) -> Iterator[None]:
    home.mkdir()
    home.chmod(0o777)  # nginx started by root works as nobody
    conf = home / "nginx.conf"
    conf.write_text(configuration(home, port, web, stream))
    process = subprocess.Popen([str(NGINX), "-p", str(home), "-c", str(conf), "-e", str(home / "error.log")])
    try:
        yield
    finally:
        process.terminate()
        process.wait()
