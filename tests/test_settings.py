"""What the settings compute at the start, each time in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_security import SERVER

ROOT = Path(__file__).parent.parent
WANTED = [
    "DEBUG", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SECURE",
    "CSRF_COOKIE_SAMESITE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD", "CSRF_TRUSTED_ORIGINS", "ALLOWED_HOSTS", "PUBLIC_READ", "THROTTLE_RATES",
    "CORS_ALLOWED_ORIGINS",
]  # fmt: skip
SHOW = f"import json; from django.conf import settings as s; print(json.dumps({{n: getattr(s, n) for n in {WANTED}}}))"
CHECK = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]


def run(command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **SERVER, "DJANGO_SETTINGS_MODULE": "factcheck.settings", **more}
    return subprocess.run([sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, text=True)


def test_with_debug_off_everything_is_for_https():
    assert json.loads(run(["-c", SHOW]).stdout) == {
        "DEBUG": False, "SESSION_COOKIE_SECURE": True, "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax", "CSRF_COOKIE_SECURE": True, "CSRF_COOKIE_SAMESITE": "Lax",
        "SECURE_SSL_REDIRECT": True, "SECURE_HSTS_SECONDS": 31_536_000, "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_HSTS_PRELOAD": True, "CSRF_TRUSTED_ORIGINS": ["https://factcheck.example"],
        "ALLOWED_HOSTS": ["factcheck.example"], "PUBLIC_READ": False, "CORS_ALLOWED_ORIGINS": [],
        "THROTTLE_RATES": {"anon": "300/min", "user": "3000/min", "login": "10/min"},
    }  # fmt: skip


def test_djangos_own_check_for_a_server_finds_nothing():
    done = run(CHECK)
    assert (done.returncode, done.stdout.strip()) == (0, "System check identified no issues (0 silenced).")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "x" * 60}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "abcdefg" * 7}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "django-insecure-" + "abcdefgh" * 9}, "SECRET_KEY is too weak"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set"),
        ({"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL must be a postgres:// address"),
        ({"DEBUG": "maybe"}, "DEBUG must be 1 or 0"),
        ({"DATABASE_POOL_SIZE": "ten"}, "DATABASE_POOL_SIZE must be a whole number"),
        ({"THROTTLE_LOGIN": "ten a minute"}, "THROTTLE_LOGIN must be a number, a slash"),
    ],
)
def test_a_setting_that_is_missing_or_weak_keeps_a_server_from_starting(changed, said):
    done = run(CHECK, **changed)
    assert done.returncode != 0
    assert said in done.stderr
