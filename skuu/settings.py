"""All settings, read from the environment here and nowhere else; what is missing or malformed says so by name.

A checkout that `make setup` prepared keeps its own random secrets in .skuu/local.env; real environment variables win over it.
"""

import os
from pathlib import Path

import environ
import structlog
from cryptography.fernet import Fernet
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from skuu.backoffice_look import BACK_OFFICE

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if os.environ.get("SKUU_LOCAL_ENV", "on") == "on":
    env.read_env(Path(os.environ.get("SKUU_HOME", BASE_DIR / ".skuu")) / "local.env")


def required(name: str, hint: str) -> str:
    """Read a value that has no safe default."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {hint} (`make setup` prepares a local checkout).")
    return str(value)


def flag(name: str, *, default: bool) -> bool:
    """Read a switch: on or off."""
    value = env.str(name, default="on" if default else "off").strip().lower()
    if value not in {"on", "true", "yes", "1", "off", "false", "no", "0", ""}:
        raise ImproperlyConfigured(f"{name} is “{value}”; it must be on or off.")
    return value in {"on", "true", "yes", "1"}


def whole(name: str, *, default: int, least: int = 0, most: int | None = None) -> int:
    """Read a whole number that is not negative, nor outside what it may be."""
    value = env.str(name, default=str(default)).strip()
    if not value.isascii() or not value.isdigit():
        raise ImproperlyConfigured(f"{name} is “{value}”; it must be a whole number like {default}.")
    if int(value) < least or (most is not None and int(value) > most):
        raise ImproperlyConfigured(f"{name} is {int(value)}; it must be a number between {least} and {most}.")
    return int(value)


# --- who we are -------------------------------------------------------------------------------------------------------
PROFILE = env.str("SKUU_PROFILE", default="production")
if PROFILE not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"SKUU_PROFILE is “{PROFILE}”; it must be production, demo or test.")
PRODUCTION = PROFILE == "production"
DEBUG = flag("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY", "a random text of 50 characters or more")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # older ones, for links that were printed
SKUU_KEYRING = env.list("SKUU_KEYRING", default=[])
if not SKUU_KEYRING:
    raise ImproperlyConfigured("SKUU_KEYRING is not set: Fernet keys, newest first, separated by commas.")
for _key in SKUU_KEYRING:
    try:
        Fernet(_key)
    except ValueError:
        raise ImproperlyConfigured(
            "SKUU_KEYRING holds something that is no Fernet key (32 bytes, url-safe base64)."
        ) from None
BASE_URL = env.str("SKUU_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
STAFF_SECOND_FACTOR = flag("SKUU_STAFF_SECOND_FACTOR", default=True)
if PRODUCTION and not STAFF_SECOND_FACTOR:
    raise ImproperlyConfigured("SKUU_STAFF_SECOND_FACTOR may be off in the demo only.")

# --- Shopify ----------------------------------------------------------------------------------------------------------
SHOPIFY_CLIENT_ID = env.str("SHOPIFY_CLIENT_ID", default="")
SHOPIFY_CLIENT_SECRET = env.str("SHOPIFY_CLIENT_SECRET", default="")
SHOPIFY_OLD_CLIENT_SECRET = env.str("SHOPIFY_OLD_CLIENT_SECRET", default="")
SHOPIFY_STANDIN_URL = env.str("SHOPIFY_STANDIN_URL", default="").rstrip("/")
if PRODUCTION and SHOPIFY_STANDIN_URL:
    raise ImproperlyConfigured("SHOPIFY_STANDIN_URL is for the demo and for tests; production talks to Shopify itself.")

# --- how the network behaves ------------------------------------------------------------------------------------------
ROUTING_WAIT_SECONDS = whole("ROUTING_WAIT_SECONDS", default=120)
CLAIM_UNPAID_HOURS = whole("CLAIM_UNPAID_HOURS", default=24)
RETURN_DAYS = whole("RETURN_DAYS", default=30)  # after delivery a shipper takes goods back for so long
# how long personal data is kept, in days: see docs/how-to/keep-personal-data.md
PRIVACY_ADDRESS_DAYS = whole("PRIVACY_ADDRESS_DAYS", default=90, least=30, most=365)  # after delivery
PRIVACY_ANSWER_DAYS = whole("PRIVACY_ANSWER_DAYS", default=30, least=7, most=90)  # files that answer data requests
PRIVACY_ALIAS_DAYS = whole("PRIVACY_ALIAS_DAYS", default=30, least=7, most=90)  # mail is relayed, after delivery
PRIVACY_ALIAS_LONGEST_DAYS = whole("PRIVACY_ALIAS_LONGEST_DAYS", default=120, least=30, most=365)  # undelivered
REVIEW_TWICE_PERCENT = whole("REVIEW_TWICE_PERCENT", default=5)  # decided cards that a second person looks at
NETWORK_NAME = env.str("SKUU_NETWORK_NAME", default="SKUU")
NETWORK_COUNTRY = env.str("SKUU_NETWORK_COUNTRY", default="BE")
# the legal entity that runs the network: it invoices its fees, and fetches or pays money where members agreed to it
NETWORK_LEGAL_NAME = env.str("SKUU_NETWORK_LEGAL_NAME", default="SKUU Network BV")
NETWORK_ADDRESS = env.str("SKUU_NETWORK_ADDRESS", default="Teststraat 1")
NETWORK_POSTCODE = env.str("SKUU_NETWORK_POSTCODE", default="9000")
NETWORK_CITY = env.str("SKUU_NETWORK_CITY", default="Gent")
NETWORK_VAT_ID = env.str("SKUU_NETWORK_VAT_ID", default="")
VAT_ID_CHECKER = env.str("SKUU_VAT_ID_CHECKER", default="network.vat_ids.ask_nobody")  # or network.vies.ask_vies
VIES_URL = env.str("SKUU_VIES_URL", default="https://ec.europa.eu/taxation_customs/vies/rest-api/check-vat-number")
NETWORK_IBAN = env.str("SKUU_NETWORK_IBAN", default="")
NETWORK_BIC = env.str("SKUU_NETWORK_BIC", default="")
NETWORK_CREDITOR_ID = env.str("SKUU_NETWORK_CREDITOR_ID", default="")  # SEPA creditor identifier, for direct debits
SETTLEMENT_MODE = env.str("SETTLEMENT_MODE", default="bilateral")  # or "psp"
if SETTLEMENT_MODE not in {"bilateral", "psp"}:
    raise ImproperlyConfigured("SETTLEMENT_MODE is “bilateral” or “psp”.")
SETTLEMENT_RELEASE_DAYS = whole("SETTLEMENT_RELEASE_DAYS", default=17)  # 14 days to withdraw, 3 for the parcel back
SETTLEMENT_HANDS = whole("SETTLEMENT_HANDS", default=2)  # processes, a connection each, that share a closing
SETTLEMENT_MINIMUM_MINOR = whole("SETTLEMENT_MINIMUM_MINOR", default=500)  # less is carried to the next cycle
SETTLEMENT_OVERDUE_DAYS = whole("SETTLEMENT_OVERDUE_DAYS", default=30)  # then the debtor's shops are paused
SETTLEMENT_DEBIT_NOTICE_DAYS = whole(
    "SETTLEMENT_DEBIT_NOTICE_DAYS", default=5
)  # direct debits are announced so long before
SETTLEMENT_DISPUTE_BOUND_MINOR = whole("SETTLEMENT_DISPUTE_BOUND_MINOR", default=250_00)  # above, two people decide
BANK_DETAILS_WAIT_HOURS = whole("BANK_DETAILS_WAIT_HOURS", default=48)  # new bank details are used only then
METRICS_TOKEN = env.str("SKUU_METRICS_TOKEN", default="")
RELAY_DOMAIN = env.str("SKUU_RELAY_DOMAIN", default="relay.localhost")  # its mail is handed to manage.py relay_mail
NETWORK_FROZEN = flag("SKUU_NETWORK_FROZEN", default=False)

# --- Django -----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "skuu.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_q",
    "django_prometheus",
    "lucide",
    "django_include_bootstrap",
    "skuu.kit",
    "skuu.apps.SkuuConfig",
    "network",
    "catalog",
    "orders",
    "settlement",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "network.webhooks.StraightToTheDoor",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "skuu.backoffice.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "skuu.urls"
WSGI_APPLICATION = "skuu.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]
AUTH_USER_MODEL = "network.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
if PROFILE == "test":  # hundreds of throw-away users; the others pay for a slow hash
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- one engine everywhere: PostgreSQL --------------------------------------------------------------------------------
if env.str("DATABASE_URL", default=""):
    try:
        DATABASES = {"default": env.db("DATABASE_URL")}
    except (ValueError, KeyError, ImproperlyConfigured):
        DATABASES = {"default": {}}
    if DATABASES["default"].get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            "DATABASE_URL must name a PostgreSQL database (postgresql://user:password@host/name)."
        )
else:
    from skuu.postgresql import server

    DATABASES = {
        "default": {
            "ENGINE": "skuu.postgresql",
            "NAME": server.DB,
            "USER": server.ROLE,
            "HOST": str(server.socket_dir()),
        }
    }
_guards = "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
_given = DATABASES["default"].get("OPTIONS", {})  # sslmode and the like, from DATABASE_URL
_options = {"options": _guards, "connect_timeout": 5, **_given}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": _options}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "skuu_cache"}}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "Europe/Brussels"
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "templates" / "locale"]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "skuu" / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
_manifest = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _manifest if PRODUCTION else "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# --- security ---------------------------------------------------------------------------------------------------------
HTTPS = flag("SKUU_HTTPS", default=PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_AGE = 60 * 60 * 12
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
if flag("SKUU_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "https:", *([SHOPIFY_STANDIN_URL] if SHOPIFY_STANDIN_URL else [])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, "https://*.myshopify.com", *([SHOPIFY_STANDIN_URL] if SHOPIFY_STANDIN_URL else [])],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "skuu.accounts.Adapter"
MFA_ADAPTER = "skuu.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1
AXES_LOCKOUT_TEMPLATE = "account/lockout.html"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "skuu.accounts.attempted_name"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
EMAIL_URL = env.str("EMAIL_URL", default="consolemail://" if not PRODUCTION else "smtp://localhost:25")
vars().update(env.email_url_config(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="SKUU <network@localhost>")

# --- doors ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "skuu.kit.schema.ApiSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": ["network.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "skuu.kit.api.Cursor",
    "PAGE_SIZE": 50,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["skuu.kit.api.KeyThrottle"],
    "DEFAULT_THROTTLE_RATES": {"key": "600/min"},
    "EXCEPTION_HANDLER": "skuu.kit.api.problem",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "SKUU network API",
    "DESCRIPTION": "Products and stock in; shelf, orders, internal orders and statements out. One key per shop.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}
UNFOLD = BACK_OFFICE

# --- jobs: a doorbell, never the record -------------------------------------------------------------------------------
Q_CLUSTER = {
    "name": "skuu",
    "orm": "default",
    "workers": whole("SKUU_WORKERS", default=6),  # most wait for stores; a slow one may keep three waiting at once
    "queue_limit": 6,
    "bulk": 1,
    "timeout": 60,
    "retry": 240,  # more than (queue_limit / workers + 2) × (timeout + 3) = 189
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "catch_up": False,
    "recycle": 500,
    "poll": 0.2,
    "label": "Jobs",
}
HUNG_AFTER = whole("SKUU_HUNG_AFTER", default=90)  # seconds without a sign of life after which a cluster is begun anew
PROMETHEUS_EXPORT_MIGRATIONS = False

_log_steps = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info,
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": _log_steps,
        }
    },
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["out"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django-q": {"level": "WARNING"}, "pyactiveresource": {"level": "WARNING"}},
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
