"""Settings. Everything an installation may change comes from the environment; the rest is decided here."""

from __future__ import annotations

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from lotline.project.database import database_settings
from lotline.project.environment import log_level, names_of, origins
from lotline.project.home import data_folder, secret_key
from lotline.project.messages import compiled_messages
from lotline.project.proxy import client_behind_proxy, client_of_connection, only_tls

PACKAGE = Path(__file__).resolve().parent.parent
HOME = data_folder()
SECRET_KEY = secret_key(HOME)
DEBUG = os.environ.get("LOTLINE_DEBUG", "") == "1"
ALLOWED_HOSTS = names_of("LOTLINE_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = origins()
# A proxy that sets X-Forwarded-Proto and X-Forwarded-For itself. Without one, anybody could forge them, so they are not read.
TRUSTED_PROXY = os.environ.get("LOTLINE_TRUSTED_PROXY", "") == "1"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY else None

DATABASES = {"default": database_settings(os.environ.get("LOTLINE_DATABASE_URL", ""), HOME)}
# Primary keys are UUIDs (version 7) made in Python; this is only what third-party apps fall back to.
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "lotline.records.places",
    "lotline.records.people",
    "lotline.records.catalog",
    "lotline.records.journal",
    "lotline.records.genealogy",
    "lotline.doors.web",
    "lotline.doors.api",
    "lotline.doors.exchange",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lotline.doors.api.entry.ApiEntry",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "lotline.project.urls"
WSGI_APPLICATION = "lotline.project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
# A shared terminal has one address for many people, so a lock is on the pair of name and address.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = client_behind_proxy if TRUSTED_PROXY else client_of_connection
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_TEMPLATE = "web/locked.html"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
# Somebody who chose a language keeps it while they stay signed in.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [compiled_messages(PACKAGE / "locale", HOME)]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
# Straight from the package, read once at the start of a worker: nothing to collect, so no start can serve yesterday's files.
WHITENOISE_USE_FINDERS = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
    },
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Only where every page is reached with TLS: over plain HTTP a browser would not send them back, and nobody could sign in.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = only_tls(CSRF_TRUSTED_ORIGINS)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": log_level()},
}
