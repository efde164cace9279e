"""Django's settings, all from `palpate.web.config`. There is no debug mode and no other settings file."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from palpate.web.config import read_config

CONFIG = read_config()
HERE = Path(__file__).parent

DEBUG = False
SECRET_KEY = CONFIG.session_keys[0]
SECRET_KEY_FALLBACKS = list(CONFIG.session_keys[1:])
AUDIT_KEY = CONFIG.audit_key
ALLOWED_HOSTS = list(CONFIG.hosts)
SITE = CONFIG.site
ROOT_URLCONF = "palpate.web.urls"
WSGI_APPLICATION = "palpate.web.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "palpate.clinic",
    "palpate.web",
]

MIDDLEWARE = [
    # These four come first, so that what the others refuse has a number and all headers too.
    "palpate.web.middleware.request_identity",
    "palpate.web.middleware.security_headers",
    "palpate.web.middleware.content_policy",
    "palpate.web.middleware.StoreFaults",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "palpate.web.middleware.limit_body",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "palpate.web.context.of_the_clinic",
            ],
            "builtins": ["palpate.web.templatetags.palpate", "django.templatetags.tz"],
        },
    }
]

# --- The store (S-50). WAL and full synchronisation: what was acknowledged is on the disk. ---
_SQLITE = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA mmap_size=0;"
_SQLITE += "PRAGMA recursive_triggers=ON;PRAGMA secure_delete=ON;"
_SQLITE += "PRAGMA journal_size_limit=27103364;PRAGMA cache_size=-20000;"


def _database(url: str) -> dict[str, object]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(CONFIG.data / "palpate.sqlite3"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 10, "init_command": _SQLITE},
            "CONN_MAX_AGE": None,
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "")
        or dict(p.split("=", 1) for p in parts.query.split("&") if p).get("host", ""),
        "PORT": str(parts.port or ""),
        # PostgreSQL takes a read in no order to cost four of one in order, as on a disk that turns; so it would rather
        # read everybody than look up the eighty people of a day.
        "OPTIONS": {"options": "-c synchronous_commit=on -c lock_timeout=10s -c random_page_cost=1.1"},
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database(CONFIG.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "palpate_cache"}}

# --- Time and language. Stored times are UTC; each page shows the practice's own. ---
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = True
LOCALE_PATHS: list[Path] = []

# --- Static files: compressed and fingerprinted, served by the program itself. ---
STATIC_URL = "/static/"
STATIC_ROOT = CONFIG.data / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_MAX_AGE = 31536000

# --- Signing in: palpate.web.signing and django-allauth. ---
AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = ["palpate.web.signed_in.Backend"]
SESSION_ENGINE = "palpate.web.signed_in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
from palpate.web.settings_signing import *  # noqa: E402, F403

# --- Cookies (S-05). On loopback without TLS the names are plain, since __Host- needs Secure. ---
_HTTPS = CONFIG.https
_PREFIX = "__Host-" if _HTTPS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}palpate_session"
CSRF_COOKIE_NAME = f"{_PREFIX}palpate_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_TRUSTED_ORIGINS = [SITE] if SITE else []
CSRF_FAILURE_VIEW = "palpate.web.errors.csrf_failed"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- What every answer says (S-32, S-33). ---
SECURE_SSL_REDIRECT = _HTTPS
SECURE_REDIRECT_EXEMPT = ["^api/"]  # a program that calls without TLS is refused, not led on with its key in the open
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS and CONFIG.proxies else None
SECURE_HSTS_SECONDS = 31536000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 << 20  # how much a path may send is held by `middleware.limit_body`
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 << 20

# --- Logs: listed keys only (S-39). ---
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"listed": {"()": "palpate.web.logs.ListedKeys"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "listed"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("PALPATE_LOG", "WARNING")},
    "loggers": {"django": {"handlers": [], "propagate": True, "level": "WARNING"}},
}
LOGGING_CONFIG = "logging.config.dictConfig"
DEFAULT_EXCEPTION_REPORTER_FILTER = "palpate.web.logs.NothingPersonal"
SILENCED_SYSTEM_CHECKS: list[str] = []
