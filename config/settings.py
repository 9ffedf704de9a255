"""Settings, all from the environment, with defaults that are safe. docs/reference/settings.md lists them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from config import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- what kind of installation this is
PRODUCTION = env.bool("EDGEWISE_PRODUCTION", default=True)
DEBUG = env.bool("EDGEWISE_DEBUG", default=False)
DEVELOPMENT_SECRET_KEY = "development-only-never-use-this-in-production"  # noqa: S105
SECRET_KEY = env.str("EDGEWISE_SECRET_KEY", default=DEVELOPMENT_SECRET_KEY)
ALLOWED_HOSTS = env.list("EDGEWISE_ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("EDGEWISE_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("EDGEWISE_SITE_URL", default="http://127.0.0.1:8000")
BEHIND_PROXY = env.bool("EDGEWISE_BEHIND_PROXY", default=False)
DATA_DIR = embedded.default_data_dir()

if PRODUCTION:
    if DEBUG:
        raise ImproperlyConfigured("EDGEWISE_DEBUG must be off in production.")
    if SECRET_KEY == DEVELOPMENT_SECRET_KEY or len(SECRET_KEY) < 32:
        raise ImproperlyConfigured("Set EDGEWISE_SECRET_KEY to at least 32 random characters of your own.")
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("Set EDGEWISE_ALLOWED_HOSTS to the names under which people reach this site.")
    if not SITE_URL.startswith("https://") and not env.bool("EDGEWISE_ALLOW_PLAIN_HTTP", default=False):
        raise ImproperlyConfigured(
            "Set EDGEWISE_SITE_URL to the https:// address of this site; over plain http, sessions can be stolen. "
            "Only where that cannot be, such as on a closed network, set EDGEWISE_ALLOW_PLAIN_HTTP=true."
        )

# --- the code
INSTALLED_APPS = [
    "config",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "axes",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "graphene_django",
    "governance.audit",
    "governance.accounts",
    "governance.systems",
    "governance.deliberation",
    "governance.specs",
    "lineage",
    "governance.evidence",
    "governance.gates",
    "governance.approvals",
    "governance.monitoring",
    "governance.exports",
    "api",
    "frontend",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "frontend.wrong_method.WrongMethod",
    "frontend.first_password.FirstPassword",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "loaders": [("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"])],
            "builtins": ["frontend.templatetags.ui"],
        },
    }
]

# --- the database: PostgreSQL, everywhere; without DATABASE_URL our own embedded one
DATABASE_URLS = embedded.database_urls(DATA_DIR) if not env.str("DATABASE_URL", default="") else None
DATABASES = {
    "default": env.db_url_config(DATABASE_URLS.application if DATABASE_URLS else env.str("DATABASE_URL")),
}
_owner_url = DATABASE_URLS.owner if DATABASE_URLS else env.str("DATABASE_OWNER_URL", default="")
if _owner_url:
    DATABASES["owner"] = env.db_url_config(_owner_url)
    DATABASES["owner"]["TEST"] = {"MIRROR": "default"}
DATABASE_APPLICATION_ROLE = DATABASES["default"]["USER"]
DATABASES["default"]["CONN_MAX_AGE"] = env.int("EDGEWISE_CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# --- people
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
FAILURES_FROM_AN_ADDRESS = 50
AXES_HANDLER = "config.lockout.Handler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], ["ip_address"]]
AXES_CLIENT_IP_CALLABLE = "config.lockout.client_address"
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "config.lockout.sign_in_name"
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_SENSITIVE_PARAMETERS: list[str] = []
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# --- the wire
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_https = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = _https and PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if _https and PRODUCTION else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

# --- REST
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.ScopedTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Edgewise",
    "DESCRIPTION": "The system of record for releasing AI models.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
GRAPHENE = {"SCHEMA": "api.graphql.schema.schema", "ATOMIC_MUTATIONS": False}

# --- background work: a queue inside PostgreSQL unless another broker is named
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
TASK_LIMIT = timedelta(seconds=env.int("EDGEWISE_TASK_SECONDS", default=300))
TASK_VISIBILITY = timedelta(seconds=env.int("EDGEWISE_TASK_VISIBILITY_SECONDS", default=330))
if TASK_VISIBILITY <= TASK_LIMIT:
    raise ImproperlyConfigured(
        "EDGEWISE_TASK_VISIBILITY_SECONDS must be above EDGEWISE_TASK_SECONDS, or tasks run twice."
    )

# --- how Edgewise behaves
READING_BYTES = env.int("EDGEWISE_READING_MEGABYTES", default=2000) * 1_000_000
MLFLOW_TIMEOUT_SECONDS = env.float("EDGEWISE_MLFLOW_TIMEOUT_SECONDS", default=10.0)
MODEL_KEY_DIR = Path(env.str("EDGEWISE_MODEL_KEY_DIR", default=str(DATA_DIR / "model-keys")))
# By their whole names, since a server's key is part of them: lineage/credentials.py.
MLFLOW_CREDENTIALS = {name: value for name, value in env.ENVIRON.items() if name.startswith("EDGEWISE_MLFLOW_")}
DIGEST_MAX_AGE = timedelta(minutes=env.int("EDGEWISE_DIGEST_MAX_AGE_MINUTES", default=60))
LOOK_MAX_AGE = timedelta(seconds=env.int("EDGEWISE_LOOK_MAX_AGE_SECONDS", default=60))
SYNCHRONISE_EVERY = timedelta(seconds=env.int("EDGEWISE_SYNCHRONISE_SECONDS", default=30))
TASK_SCHEDULE = {
    "monitoring.synchronise": SYNCHRONISE_EVERY,
    "approvals.expire": timedelta(minutes=1),
    "approvals.sweep": timedelta(minutes=1),
    "evidence.sweep": timedelta(minutes=1),
}
SEQUENCER_INTERVAL = timedelta(milliseconds=env.int("EDGEWISE_SEQUENCER_MILLISECONDS", default=200))
LOG_ORIGIN = env.str("EDGEWISE_LOG_ORIGIN", default="edgewise.local/log")
KEY_DIR = Path(env.str("EDGEWISE_KEY_DIR", default=str(DATA_DIR / "keys")))

# --- words, time, files
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "frontend" / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "evidence": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "evidence", "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("EDGEWISE_LOG_LEVEL", default="INFO")},
    "loggers": {"httpx": {"level": "WARNING"}},
}
