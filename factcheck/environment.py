"""Reads and judges environment variables. Each refusal is one line that names the variable and never shows a secret."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from factcheck.uris import uri
from factcheck.web_addresses import NotAWebAddress, web_address

# Where a network loses what is sent, the kernel would wait for a quarter of an hour. libpq's names; a socket has none.
NETWORK = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def env_flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower() or ("1" if default else "0")
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def env_int(name: str, default: int) -> int:
    value = os.environ.get(name, "").strip() or str(default)
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def env_choice(name: str, *choices: str) -> str:
    """The first one is the default."""
    value = os.environ.get(name, "").strip() or choices[0]
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(filter(None, choices))}, not {value!r}.")
    return value


def env_rate(name: str, default: str) -> str:
    value = os.environ.get(name, "").strip() or default
    if not re.fullmatch(r"[0-9]{1,9}/(sec|min|hour|day)", value):
        raise ImproperlyConfigured(f"{name} must be a number, a slash, and sec, min, hour or day, not {value!r}.")
    return value


def env_secret(name: str) -> str:
    """The variable, or the text of the file that the variable with `_FILE` behind its name names."""
    value, path = os.environ.get(name, "").strip(), os.environ.get(f"{name}_FILE", "").strip()
    if value and path:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set. Keep one of them.")
    try:
        return Path(path).read_text().strip() if path else value
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"{name}_FILE names {path!r}, which cannot be read.") from None


def env_secrets(name: str) -> list[str]:
    """Separated by white space: a secret may have a comma."""
    return env_secret(name).split()


def env_list(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def env_origins(name: str) -> list[str]:
    found = env_list(name)
    for origin in found:
        if not re.fullmatch(r"https?://[^/\s]+", origin):
            raise ImproperlyConfigured(f"{name} must hold origins such as https://desk.example, not {origin!r}.")
    return found


def env_origin(name: str) -> str:
    """In ASCII and without a slash; empty without one."""
    value = os.environ.get(name, "").strip()
    try:
        origin = uri(web_address(value, takes_bare_names=True)).removesuffix("/") if value else ""
    except NotAWebAddress:
        origin = "/"
    if origin.count("/") not in (0, 2) or set(origin) & set("?#"):
        raise ImproperlyConfigured(f"{name} must be an origin such as https://factcheck.example, not {value!r}.")
    return origin


def env_roles(name: str) -> dict[str, str]:
    """What the identity provider calls the roles: `THEIRS=OURS,…`. Where it is not set, they are called as here."""
    roles = ("viewer", "reporter", "editor", "admin")
    found = {theirs.strip(): ours.strip() for theirs, _, ours in (part.rpartition("=") for part in env_list(name))}
    if not set(found.values()) <= set(roles) or not all(found):
        raise ImproperlyConfigured(f"{name} must hold pairs such as desk=editor. The roles are {', '.join(roles)}.")
    return found or {role: role for role in roles}


def env_issuer(name: str, *, is_https: bool) -> str:
    value = os.environ.get(name, "").strip()
    if value and not re.fullmatch(r"https://[^\s?#]+" if is_https else r"https?://[^\s?#]+", value):
        raise ImproperlyConfigured(f"{name} must be the https:// address of the provider, not {value!r}.")
    return value


def env_databases(name: str) -> list[dict[str, Any]]:
    """Separated by white space: one address may have several hosts, with commas between."""
    return [_database(name, address) for address in env_secrets(name)]


def env_database(name: str) -> dict[str, Any]:
    return _database(name, env_secret(name))


def _database(name: str, address: str) -> dict[str, Any]:
    shape = "postgres://USER:PASSWORD@HOST:PORT/NAME"
    try:
        found = parse_database(address)
    except ValueError:  # its text is not shown: the address holds the password
        raise ImproperlyConfigured(
            f"{name} cannot be read. Write it as {shape}, with special characters of the password percent-encoded."
        ) from None
    if found["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(f"{name} must be a postgres:// address: the journal lives in PostgreSQL.")
    if not (found["NAME"] or "service" in found.get("OPTIONS", {})):
        raise ImproperlyConfigured(f"{name} names no database. Write it as {shape}.")
    return {**found, "ENGINE": "factcheck.postgres.backend", "OPTIONS": NETWORK | found.get("OPTIONS", {})}


def parse_database(address: str) -> dict[str, Any]:
    """libpq takes several hosts, one of which is the primary; dj_database_url takes one. Raises ValueError."""
    found = urlsplit(address)
    user, at, hosts = found.netloc.rpartition("@")
    if "," not in hosts:
        return dict(dj_database_url.parse(address))
    each = [urlsplit(f"//{host}") for host in hosts.split(",")]
    parsed: Any = dj_database_url.parse(found._replace(netloc=f"{user}{at}").geturl())
    return parsed | {
        "HOST": ",".join(unquote(one.hostname or "") for one in each),
        "PORT": ",".join(str(one.port or 5432) for one in each),
    }


def env_mail(name: str) -> dict[str, Any]:
    """The parts of the address of a mail server; all empty without one."""
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    value = env_secret(name)
    found = urlsplit(value)
    try:
        port = found.port
    except ValueError:
        port = 0
    if value and (found.scheme not in ports or not found.hostname or port == 0):  # not shown: it holds the password
        raise ImproperlyConfigured(
            f"{name} cannot be read. Write it as smtp+tls://USER:PASSWORD@HOST:PORT, smtps://… or smtp://…, with "
            "special characters of the password percent-encoded."
        )
    return {
        "host": found.hostname or "",
        "port": port or ports.get(found.scheme, 25),
        "user": unquote(found.username or ""),
        "password": unquote(found.password or ""),
        "scheme": found.scheme,
    }
