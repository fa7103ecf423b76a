"""The one settings file. Values come from environment variables.

Every variable that is read here is described in docs/settings.md; a test compares the two.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from factcheck.api.openapi.settings import SPECTACULAR_SETTINGS  # noqa: F401  drf-spectacular's
from factcheck.environment import (
    env_choice,
    env_database,
    env_databases,
    env_flag,
    env_int,
    env_issuer,
    env_list,
    env_mail,
    env_origin,
    env_origins,
    env_rate,
    env_roles,
    env_secret,
    env_secrets,
)
from factcheck.logs import logging_settings
from factcheck.postgres import embedded

BASE_DIR = Path(__file__).resolve().parent.parent


DEBUG = env_flag("DEBUG")
PUBLIC_HTTPS = not DEBUG


def is_weak(key: str) -> bool:
    return len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure")


SECRET_KEY = env_secret("SECRET_KEY")
# Former keys: what they signed stands until it expires.
SECRET_KEY_FALLBACKS = env_secrets("SECRET_KEY_FALLBACKS")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Give it 50 or more random characters, or set DEBUG=1 on your own machine."
        )
    SECRET_KEY = "insecure-and-only-for-debug-" + "0" * 32
elif not DEBUG and is_weak(SECRET_KEY):
    raise ImproperlyConfigured("SECRET_KEY is too weak: it needs 50 or more random characters.")
if not DEBUG and any(map(is_weak, SECRET_KEY_FALLBACKS)):
    raise ImproperlyConfigured("SECRET_KEY_FALLBACKS has a key that is too weak: each needs 50 or more characters.")

ALLOWED_HOSTS = env_list("ALLOWED_HOSTS")
if DEBUG:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, "localhost", "127.0.0.1", "[::1]"]
elif not ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS is not set. Name the hosts this service answers for, separated by commas."
    )

INSTALLED_APPS = [
    "factcheck.desk",
    "claims",
    "sources",
    "factcheck.webhooks",
    "factcheck.journal",
    "factcheck.api",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
    "django_htmx",
    "factcheck.desk.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "factcheck.api.access.AccessMiddleware",
    "factcheck.api.middleware.RequestIdMiddleware",
    "factcheck.api.middleware.HeadMiddleware",
    # These only add headers. They come before the others so that refusals by the others have the headers too.
    "factcheck.api.middleware.ContentPolicyMiddleware",
    "factcheck.api.middleware.CompressionMiddleware",  # before what makes ETags: it weakens them
    "factcheck.api.languages.LanguageMiddleware",  # before the problem pages, which have a language too
    "django_htmx.middleware.HtmxMiddleware",  # before the problem pages, which are parts of a page too
    "factcheck.desk.problem_pages.ProblemPageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "factcheck.api.middleware.CrossOriginMiddleware",
    "factcheck.api.middleware.BodyLimitMiddleware",
    "factcheck.api.middleware.SlashMiddleware",
    "factcheck.api.deadlines.DeadlineMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "factcheck.api.sessions.SessionMiddleware",
    "factcheck.api.sessions.AuthenticationMiddleware",
    "factcheck.api.sessions.MessageMiddleware",
    "factcheck.desk.act_messages.ActMessageMiddleware",
    "factcheck.api.replica.ReplicaMiddleware",  # last: it may have the view asked again
]

AUTHENTICATION_BACKENDS = ["factcheck.journal.standing.StandingUserBackend"]
ROOT_URLCONF = "factcheck.urls"
WSGI_APPLICATION = "factcheck.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Database. With DEBUG and no DATABASE_URL, the embedded PostgreSQL is started at the first connection.
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data").absolute()
if env_secret("DATABASE_URL"):
    DATABASES: dict[str, dict[str, Any]] = {"default": env_database("DATABASE_URL")}
elif DEBUG:
    DATABASES = {"default": embedded.connection_settings(DATA_DIR)}
else:
    raise ImproperlyConfigured(
        "DATABASE_URL is not set. Name a PostgreSQL server; only with DEBUG=1 is the embedded one started."
    )
DATABASES["default"].setdefault("OPTIONS", {})
DATABASE_POOL_SIZE = env_int("DATABASE_POOL_SIZE", 8)
if DATABASE_POOL_SIZE:
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # psycopg's pool keeps the connections, instead of Django
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Reconnecting, the pool waits longer and longer. After these few seconds the next request makes it begin again.
    waits = {"timeout": 10, "reconnect_timeout": 2}
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, **waits}
# Seconds, enforced by PostgreSQL; 0 is no limit. manage.py lifts the limits: a migration takes the time it needs. Each
# new connection is told them (factcheck/postgres/backend): PgBouncer refuses them among the options to connect.
DATABASE_TIMEOUTS = {
    "statement_timeout": env_int("DATABASE_STATEMENT_TIMEOUT", 10),
    "lock_timeout": env_int("DATABASE_LOCK_TIMEOUT", 5),
    "idle_in_transaction_session_timeout": env_int("DATABASE_IDLE_TIMEOUT", 30),
}
# Seconds, and enforced here: see factcheck/postgres/deadline.py; 0 is no limit.
REQUEST_DEADLINE = env_int("REQUEST_DEADLINE", 30)
# A pooler that changes the connection with each transaction, and loses prepared statements, is noticed.
DATABASE_PREPARED_STATEMENTS = env_flag("DATABASE_PREPARED_STATEMENTS", default=True)
if DATABASE_PREPARED_STATEMENTS:
    DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 2
# Standbys that answer anonymous readers, exports, feeds and matching (factcheck/postgres/replica.py).
REPLICA_MAX_LAG = env_int("REPLICA_MAX_LAG", 2)
for number, replica in enumerate(env_databases("DATABASE_REPLICA_URL"), 1):
    options = replica.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 2)
    if DATABASE_POOL_SIZE:  # who waits for a standby is answered by the primary soon, and tries to reach it again soon
        options["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 0.5, "reconnect_timeout": 5}
    if DATABASE_PREPARED_STATEMENTS:
        options["prepare_threshold"] = 2
    like_default = {name: DATABASES["default"].get(name, 0) for name in ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS")}
    DATABASES[f"replica{number}"] = {**replica, **like_default, "TEST": {"MIRROR": "default"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Signs the journal's checkpoints. Only the process that runs `manage.py follow seal` needs it.
JOURNAL_SIGNING_KEY = env_secret("JOURNAL_SIGNING_KEY")

# Which model makes the vectors by which matching finds what says the same in other words (claims/vectors/model.py).
MATCHING_MODEL = env_choice("MATCHING_MODEL", "minilm", "e5", "none")

# Time and language. Only pages have a language: see factcheck/api/languages.py.
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "factcheck/locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = PUBLIC_HTTPS

# Whether callers who are not logged in may read what is published.
PUBLIC_READ = env_flag("PUBLIC_READ")
# The origin in the addresses of the public pages (factcheck/public_addresses.py); empty for the request's own.
PUBLIC_URL = env_origin("PUBLIC_URL")

# Where `manage.py follow` tells a cache what to forget (claims/purging.py).
PURGE_URL = os.environ.get("PURGE_URL", "").strip()

# Whether editors may have the pages of other servers fetched, as the beginnings of articles.
FETCH_ARTICLES = env_flag("FETCH_ARTICLES")

# Whether webhooks may be sent to private and loopback addresses too.
WEBHOOK_ALLOW_PRIVATE = env_flag("WEBHOOK_ALLOW_PRIVATE")

# Static files
STATIC_URL = "static/"
STATIC_ROOT = None if DEBUG else BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = DEBUG
if not DEBUG:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

# Sessions, HTTPS and browser rules
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
SESSION_ENGINE = "factcheck.api.session_store"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # a cookie would grow with each
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_SSL_REDIRECT = PUBLIC_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(health|live|ready)z/$"]  # for health checks, which come from inside
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 365 * 24 * 3600) if PUBLIC_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PUBLIC_HTTPS and env_flag("HSTS_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = PUBLIC_HTTPS and env_flag("HSTS_PRELOAD", default=True)
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if not DEBUG and host != "*"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
CORS_ALLOWED_ORIGINS = env_origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "if-match",
    "if-none-match",
    "idempotency-key",
    "last-event-id",
    "prefer",
    "traceparent",
    "tracestate",
    "write-position",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = [
    "accept-patch", "allow", "content-location", "deprecation", "etag", "link", "location", "passage-note",
    "preference-applied", "ratelimit", "ratelimit-policy", "retry-after", "sunset", "traceparent", "write-position",
    "www-authenticate", "x-request-id",
]  # fmt: skip
# No credentials: a page of another origin sends a token, not the editor's session cookie.
CORS_ALLOW_CREDENTIALS = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# Mail, by which a forgotten password is reset. Without it an admin makes a link that works once.
mail = env_mail("EMAIL_URL")
EMAIL_HOST, EMAIL_PORT = mail["host"], mail["port"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = mail["user"], mail["password"]
EMAIL_USE_TLS, EMAIL_USE_SSL = mail["scheme"] == "smtp+tls", mail["scheme"] == "smtps"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", "").strip()
HAS_MAIL = bool(EMAIL_HOST)
if HAS_MAIL and "@" not in DEFAULT_FROM_EMAIL:
    raise ImproperlyConfigured("EMAIL_FROM is not set. With EMAIL_URL, name the address that mail comes from.")
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

# Log-in by an identity provider, over OpenID Connect: docs/identity.md.
OIDC_ISSUER = env_issuer("OIDC_ISSUER", is_https=PUBLIC_HTTPS)
OIDC_CLIENT_ID = os.environ.get("OIDC_CLIENT_ID", "").strip()
OIDC_CLIENT_SECRET = env_secret("OIDC_CLIENT_SECRET")
OIDC_SCOPES = os.environ.get("OIDC_SCOPES", "").strip() or "openid profile"
OIDC_ROLE_CLAIM = os.environ.get("OIDC_ROLE_CLAIM", "").strip() or "roles"
OIDC_ROLES = env_roles("OIDC_ROLES")
OIDC_NAME = os.environ.get("OIDC_NAME", "").strip() or urlsplit(OIDC_ISSUER).netloc
given = {"OIDC_ISSUER": OIDC_ISSUER, "OIDC_CLIENT_ID": OIDC_CLIENT_ID, "OIDC_CLIENT_SECRET": OIDC_CLIENT_SECRET}
if any(given.values()) and not all(given.values()):
    absent = ", ".join(name for name, value in given.items() if not value)
    raise ImproperlyConfigured(f"{absent} is not set. A provider needs {', '.join(given)}, or none of them.")
if "openid" not in OIDC_SCOPES.split():
    raise ImproperlyConfigured("OIDC_SCOPES must hold openid, with spaces between the scopes.")
# Whether users have passwords here. Without them, one user alone has: for the day when the provider is gone.
LOCAL_PASSWORDS = env_flag("LOCAL_PASSWORDS", default=True)
BREAK_GLASS_ADMIN = "" if LOCAL_PASSWORDS else os.environ.get("BREAK_GLASS_ADMIN", "").strip()
if not (LOCAL_PASSWORDS or OIDC_ISSUER):
    raise ImproperlyConfigured("LOCAL_PASSWORDS=0 needs OIDC_ISSUER: nobody could log in.")
# The role from which on a password is not enough to log in: an app or a passkey besides. Empty: for who has added one.
REQUIRE_MFA = env_choice("REQUIRE_MFA", "", "viewer", "reporter", "editor", "admin")

# A larger request body is answered 413 before it is read. 500,000 code points of text fit.
MAX_BODY_BYTES = DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

# The first two rates are counted in each worker process, since counting in the database would cost every request
# several writes. Log-ins are counted in the database, for all workers together.
THROTTLE_RATES = {
    "anon": env_rate("THROTTLE_ANONYMOUS", "300/min"),
    "user": env_rate("THROTTLE_USER", "3000/min"),
    "login": env_rate("THROTTLE_LOGIN", "10/min"),
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "factcheck.journal.standing.StandingTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["claims.roles.NewsroomPermission"],
    "DEFAULT_RENDERER_CLASSES": [
        "factcheck.api.renderers.JSONRenderer",
        "factcheck.desk.renderer.DeskRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "factcheck.api.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "factcheck.api.renderers.FormatOrAcceptNegotiation",
    "DEFAULT_FILTER_BACKENDS": ["factcheck.api.filters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "factcheck.api.pagination.KeysetPagination",
    "DEFAULT_THROTTLE_CLASSES": [
        "factcheck.api.throttles.AddressThrottle",
        "factcheck.api.throttles.UserThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": THROTTLE_RATES,
    # How many proxies X-Forwarded-For is believed from: anybody can send the header.
    "NUM_PROXIES": env_int("TRUSTED_PROXIES", 0),
    "DEFAULT_METADATA_CLASS": None,  # factcheck.api.base answers OPTIONS
    "DEFAULT_SCHEMA_CLASS": "factcheck.api.openapi.schema.Schema",
    "EXCEPTION_HANDLER": "factcheck.api.problems.exception_handler",
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",  # as in factcheck.api.row_json
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# Seconds after SIGTERM in which the service is not ready, but still serves.
DRAIN_SECONDS = env_int("DRAIN_SECONDS", 0 if DEBUG else 5)

# Where errors and traces are sent, besides the log. OpenTelemetry reads its other variables itself.
SENTRY_DSN = env_secret("SENTRY_DSN")
OTEL_EXPORTER_OTLP_ENDPOINT = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()

# Each line of the log as text, or as JSON, with one line for each request too.
LOG_FORMAT = env_choice("LOG_FORMAT", "line", "json")
LOGGING = logging_settings(LOG_FORMAT)
