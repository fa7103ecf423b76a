"""What the settings compute at the start, each time in a new process."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.test_security import SERVER

ROOT = Path(__file__).parents[2]
WANTED = [
    "DEBUG", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SECURE",
    "CSRF_COOKIE_SAMESITE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD", "CSRF_TRUSTED_ORIGINS", "ALLOWED_HOSTS", "PUBLIC_READ", "THROTTLE_RATES",
    "CORS_ALLOWED_ORIGINS",
]  # fmt: skip
SHOW = f"import json; from django.conf import settings as s; print(json.dumps({{n: getattr(s, n) for n in {WANTED}}}))"
GUNICORN = ["-m", "gunicorn", "--config", "gunicorn.conf.py", "--log-level", "error", "factcheck.wsgi"]
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


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "x" * 60}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "abcdefg" * 7}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "django-insecure-" + "abcdefgh" * 9}, "SECRET_KEY is too weak"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set. Name a PostgreSQL server"),
        ({"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL must be a postgres:// address"),
        ({"DEBUG": "maybe"}, "DEBUG must be 1 or 0"),
        ({"DATABASE_URL": "garbage"}, "DATABASE_URL cannot be read"),
        ({"DATABASE_URL": "postgres://me:a-password@[::1/x"}, "DATABASE_URL cannot be read"),
        ({"DATABASE_URL": "postgres://me:a-password@one:5432,two:port/x"}, "DATABASE_URL cannot be read"),
        ({"REQUEST_DEADLINE": "1.5"}, "REQUEST_DEADLINE must be a whole number"),
        ({"DATABASE_URL": "postgres://me:a-password@database/"}, "DATABASE_URL names no database"),
        ({"CORS_ALLOWED_ORIGINS": "desk.example"}, "CORS_ALLOWED_ORIGINS must hold origins such as"),
        ({"PUBLIC_URL": "factcheck.example"}, "PUBLIC_URL must be an origin such as https://factcheck.example"),
        ({"PUBLIC_URL": "https://factcheck.example/desk"}, "PUBLIC_URL must be an origin such as"),
        ({"PUBLIC_URL": "https://factcheck.example?x"}, "PUBLIC_URL must be an origin such as"),
        ({"PUBLIC_URL": "https://me@factcheck.example"}, "PUBLIC_URL must be an origin such as"),
        ({"PUBLIC_URL": "ftp://factcheck.example"}, "PUBLIC_URL must be an origin such as"),
        ({"DATABASE_POOL_SIZE": "ten"}, "DATABASE_POOL_SIZE must be a whole number"),
        ({"THROTTLE_LOGIN": "ten a minute"}, "THROTTLE_LOGIN must be a number, a slash"),
        ({"SECRET_KEY_FALLBACKS": "a-former-but-short-one"}, "SECRET_KEY_FALLBACKS has a key that is too weak"),
        ({"DATABASE_URL_FILE": "/nowhere/at-all"}, "DATABASE_URL and DATABASE_URL_FILE are both set"),
        ({"SENTRY_DSN": "https://sentry.example/a-password"}, "SENTRY_DSN cannot be read"),
        ({"EMAIL_URL_FILE": "/nowhere/at-all"}, "EMAIL_URL_FILE names '/nowhere/at-all', which cannot be read"),
        ({"OIDC_ISSUER": "http://id.example"}, "OIDC_ISSUER must be the https:// address of the provider"),
        ({"OIDC_ISSUER": "https://id.example"}, "OIDC_CLIENT_ID, OIDC_CLIENT_SECRET is not set"),
        ({"OIDC_CLIENT_SECRET": "a-password"}, "OIDC_ISSUER, OIDC_CLIENT_ID is not set"),
        ({"OIDC_ROLES": "chiefs=boss"}, "OIDC_ROLES must hold pairs such as desk=editor"),
        ({"OIDC_SCOPES": "profile"}, "OIDC_SCOPES must hold openid"),
        ({"REQUIRE_MFA": "boss"}, "REQUIRE_MFA must be one of viewer, reporter, editor, admin, not"),
        ({"LOCAL_PASSWORDS": "0"}, "LOCAL_PASSWORDS=0 needs OIDC_ISSUER"),
    ],
)
def test_a_setting_that_is_missing_or_weak_keeps_a_server_from_starting(changed, said):
    for command in (CHECK, GUNICORN) if "DATABASE_URL" in changed else (CHECK,):
        done = run(command, **changed)
        assert done.returncode == 1
        assert re.fullmatch(f"Factcheck does not start: {re.escape(said)}.*\n", done.stderr)
        assert "a-password" not in done.stderr


def test_a_flag_that_is_set_but_empty_has_its_default():
    show = "from django.conf import settings; print(settings.DATABASE_PREPARED_STATEMENTS, settings.PUBLIC_READ)"
    assert run(["-c", show], DATABASE_PREPARED_STATEMENTS="", PUBLIC_READ="").stdout == "True False\n"


def test_how_strictly_browsers_are_told_to_use_https_can_be_chosen():
    chosen = {"HSTS_SECONDS": "300", "HSTS_SUBDOMAINS": "0", "HSTS_PRELOAD": "0"}
    found = json.loads(run(["-c", SHOW], **chosen).stdout)
    assert found["SECURE_HSTS_SECONDS"] == 300
    assert (found["SECURE_HSTS_INCLUDE_SUBDOMAINS"], found["SECURE_HSTS_PRELOAD"]) == (False, False)


def test_a_port_for_metrics_that_is_none_keeps_gunicorn_from_starting():
    done = run(GUNICORN, METRICS_PORT="127.0.0.1:")
    assert done.returncode == 1
    assert done.stderr == ("Factcheck does not start: METRICS_PORT must be a port or HOST:PORT, not '127.0.0.1:'.\n")


def test_each_secret_can_stand_in_a_file(tmp_path):
    show = """
import json; from django.conf import settings as s
print(json.dumps([s.SECRET_KEY, s.SECRET_KEY_FALLBACKS, s.DATABASES["default"]["HOST"], s.EMAIL_HOST_PASSWORD]))"""
    written = {
        "SECRET_KEY": f"{SERVER['SECRET_KEY']}new\n",
        "SECRET_KEY_FALLBACKS": f"{SERVER['SECRET_KEY']}\n{SERVER['SECRET_KEY']}older\n",
        "DATABASE_URL": "postgres://me:word@a.database.example/x\n",
        "EMAIL_URL": "smtp://me:word@mail.example\n",
    }
    given = dict.fromkeys(written, "") | {"EMAIL_FROM": "desk@factcheck.example"}
    for name, text in written.items():
        (tmp_path / name).write_text(text)
        given[f"{name}_FILE"] = str(tmp_path / name)
    key = SERVER["SECRET_KEY"]
    assert json.loads(run(["-c", show], **given).stdout) == [
        f"{key}new", [key, f"{key}older"], "a.database.example", "word",
    ]  # fmt: skip


def test_a_port_that_is_none_keeps_gunicorn_from_starting():
    done = run(GUNICORN, PORT="http")
    assert done.returncode == 1
    assert done.stderr == "Factcheck does not start: PORT must be a number up to 65535, not 'http'.\n"


def test_a_command_says_in_one_line_that_the_database_cannot_be_reached(tmp_path):
    impatient = "from factcheck.settings import *\nDATABASES['default']['OPTIONS']['pool']['timeout'] = 1\n"
    (tmp_path / "impatient.py").write_text(impatient)
    changed = {"DJANGO_SETTINGS_MODULE": "impatient", "PYTHONPATH": str(tmp_path)}
    done = run(["manage.py", "migrate"], DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing", **changed)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "port 1 failed: Connection refused" in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last == "The database cannot be reached: see the message above, and check DATABASE_URL."


def test_nothing_is_sealed_without_a_key_and_a_malformed_one_is_told_by_the_check_and_by_the_command(tmp_path):
    done = run(["manage.py", "follow", "seal"])
    assert (done.returncode, done.stderr) == (
        1,
        "CommandError: JOURNAL_SIGNING_KEY is not set. Make a key with `manage.py journal_key NAME`, "
        "and keep it secret.\n",
    )
    (tmp_path / "key").write_text("PRIVATE+KEY+a+00000000+AAAA\n")
    given = {"JOURNAL_SIGNING_KEY_FILE": str(tmp_path / "key")}
    said = "JOURNAL_SIGNING_KEY: This is not an Ed25519 key in the form PRIVATE+KEY+NAME+ID+BASE64."
    for command in (["manage.py", "follow"], CHECK):
        done = run(command, **given)
        assert done.returncode == 1
        assert said in done.stderr
        assert "AAAA" not in done.stderr
    done = run(CHECK, JOURNAL_SIGNING_KEY_FILE=str(tmp_path / "none"))
    assert re.fullmatch("Factcheck does not start: JOURNAL_SIGNING_KEY_FILE names .*cannot be read.\n", done.stderr)


def test_an_address_of_the_database_may_have_several_hosts():
    show = "import json; from django.conf import settings; print(json.dumps(settings.DATABASES['default']))"
    url = "postgres://me:a%2Cb@one:5433,two/x?target_session_attrs=read-write&connect_timeout=9"
    found = json.loads(run(["-c", show], DATABASE_URL=url, DATABASE_POOL_SIZE="0").stdout)
    assert {name: found[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")} == {
        "HOST": "one,two", "PORT": "5433,5432", "USER": "me", "PASSWORD": "a,b", "NAME": "x",
    }  # fmt: skip
    del found["OPTIONS"]["prepare_threshold"]
    assert found["OPTIONS"] == {
        "target_session_attrs": "read-write", "connect_timeout": 9, "tcp_user_timeout": 20_000, "keepalives_idle": 10,
        "keepalives_interval": 5, "keepalives_count": 3,
    }  # fmt: skip
