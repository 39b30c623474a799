"""Settings: each with its type, default and one sentence of help. All mistakes are reported at start, together.

``SETTINGS`` is the one list; the reference in ``docs/reference/settings.md`` is generated from it.
"""

import base64
import binascii
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import getaddresses
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "POOLHOUSE_"
_LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}


class SettingsError(Exception):
    """Every mistake found, one sentence a line."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as documented: its environment name without the prefix, default in words, and help."""

    name: str
    default: str
    help: str
    read: Callable[[str], Any]


def _text(value: str) -> str:
    return value


def _flag(value: str) -> bool:
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError("must be 1 or 0")


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.isdecimal() or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return read


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError("must be an origin such as https://login.example.com, without a path")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("must be an origin without query, fragment or user name")
    default = {"http": 80, "https": 443}[parts.scheme]
    # The issuer is compared as a string everywhere: a default port is not written (RFC 3986 §6.2.3).
    port = "" if parts.port in {None, default} else f":{parts.port}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}".lower()


def _url(*schemes: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if urlsplit(value).scheme not in schemes:
            raise ValueError(f"must be a URL of {' or '.join(schemes)}")
        return value

    return read


def _names(value: str) -> tuple[str, ...]:
    return tuple(item.strip().lower() for item in value.split(",") if item.strip())


def _addresses(value: str) -> tuple[tuple[str, str], ...]:
    pairs = [item.strip().partition("=") for item in value.split(",") if item.strip()]
    if any(not name or urlsplit(url).scheme not in {"http", "https"} for name, _, url in pairs):
        raise ValueError("must look like graph.facebook.com=https://proxy.example.com")
    return tuple((name.lower(), url.rstrip("/")) for name, _, url in pairs)


def _networks(value: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    found = tuple(ipaddress.ip_network(item.strip(), strict=False) for item in value.split(",") if item.strip())
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("must name proxies, not the whole internet: anybody could then choose their own address")
    return found


def _mail_server(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"smtp", "smtps", "smtp+starttls"} or not parts.hostname:
        raise ValueError("must look like smtp+starttls://user:password@mail.example.com:587")
    _ = parts.port
    return value


def _sender(value: str) -> str:
    found = getaddresses([value])
    if len(found) != 1 or not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", found[0][1]) or re.search(r"[\r\n]", value):
        raise ValueError("must be one address, such as Poolhouse <no-reply@example.com>")
    return value


def _master_keys(value: str) -> tuple[bytes, ...]:
    keys = []
    for item in value.split(","):
        try:
            key = base64.b64decode(item.strip(), validate=True)
        except binascii.Error:
            raise ValueError("must be base64") from None
        if len(key) != 32:
            raise ValueError("must be 32 bytes in base64, or several separated by commas")
        keys.append(key)
    return tuple(keys)


def _token(value: str) -> str:
    if len(value) < 16:
        raise ValueError("must have at least 16 characters")
    return value


def _account(value: str) -> str:
    if not re.fullmatch(r"\d{12}", value):
        raise ValueError("must be 12 digits")
    return value


def _region(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", value):
        raise ValueError("must look like us-east-1")
    return value


SETTINGS = (
    Setting(name="PUBLIC_URL", default="http://localhost:<port>", read=_origin,
            help="The origin in every issuer, link and redirect; never taken from the Host header."),
    Setting(name="ALLOWED_HOSTS", default="none", read=_names,
            help="Further Host values that are answered, separated by commas; /healthz and /readyz answer on any."),
    Setting(name="DATA_DIR", default="instance/ below the working directory", read=_text,
            help="Where the SQLite file and, in embedded mode, the master key live."),
    Setting(name="DATABASE_URL", default="SQLite in DATA_DIR", read=_url("postgresql+psycopg", "sqlite"),
            help="The database; postgresql+psycopg://… at scale."),
    Setting(name="REDIS_URL", default="none: short-lived state lives in SQL", read=_url("redis", "rediss", "unix"),
            help="Redis for attempts, browser sessions and counters."),
    Setting(name="MASTER_KEY", default="with SQLite: generated DATA_DIR/master.key", read=_master_keys,
            help="32 bytes in base64 that seal every secret at rest; in a comma-separated list the first seals and all open. "
                 "Required with PostgreSQL."),
    Setting(name="MASTER_KEY_FILE", default="none", read=_text,
            help="A file that holds MASTER_KEY instead."),
    Setting(name="ROOT_ACCESS_KEY_ID", default="none", read=_text,
            help="Access key id of the administrator for signed AWS operations."),
    Setting(name="ROOT_SECRET_ACCESS_KEY", default="none", read=_text,
            help="Secret of ROOT_ACCESS_KEY_ID."),
    Setting(name="ACCOUNT_ID", default="123456789012", read=_account,
            help="The account where a request's credentials do not say."),
    Setting(name="REGION", default="us-east-1", read=_region,
            help="The region where a request's credentials do not say."),
    Setting(name="SMTP_URL", default="none: delivery fails, with a warning at start; in development the outbox",
            read=_mail_server,
            help="Mail server: smtp://, smtp+starttls:// or smtps://user:password@host:port."),
    Setting(name="MAIL_FROM", default="no-reply@<host of PUBLIC_URL>", read=_sender,
            help="Sender address of mails."),
    Setting(name="SMS_URL", default="none: delivery fails, with a warning at start; in development the outbox",
            read=_mail_server,
            help="HTTP endpoint that receives text messages as JSON {to, text}."),
    Setting(name="TRUSTED_PROXIES", default="none", read=_networks,
            help="Addresses and CIDRs whose X-Forwarded-For and X-Forwarded-Host are believed."),
    Setting(name="OUTBOUND_ALLOW", default="public addresses; in development loopback too", read=_names,
            help="Hosts and CIDRs that outbound calls may reach beside public addresses."),
    Setting(name="UPSTREAM_URLS", default="the providers' own addresses", read=_addresses,
            help="Where public identity providers are asked instead, such as graph.facebook.com=https://proxy.example.com, separated by "
                 "commas."),
    Setting(name="CREDENTIALS", default="embedded",
            read=lambda v: _choice(v, ("embedded", "aws-web-identity", "aws-assume-role")),
            help="Where identity pools' credentials come from: this server, or an STS elsewhere that trusts its issuer "
                 "(aws-web-identity) or a key of its own (aws-assume-role)."),
    Setting(name="STS_ENDPOINT", default="AWS's own of REGION", read=_url("https", "http"),
            help="Where the STS elsewhere answers, if it is not AWS's own."),
    Setting(name="STS_ACCESS_KEY_ID", default="none: what the machine's environment has", read=_text,
            help="Access key id that assumes roles there (aws-assume-role)."),
    Setting(name="STS_SECRET_ACCESS_KEY", default="none", read=_text,
            help="Secret of STS_ACCESS_KEY_ID."),
    Setting(name="STS_EXTERNAL_ID", default="none", read=_text,
            help="The external id that roles there ask for (aws-assume-role)."),
    Setting(name="STS_DIALECT", default="aws", read=lambda v: _choice(v, ("aws", "ceph")),
            help="ceph where the STS is Ceph's object gateway, which reads less of a policy than AWS; what it cannot carry is refused at save."),
    Setting(name="METRICS_TOKEN", default="none: /metrics only in development", read=_text,
            help="Bearer token for /metrics."),
    Setting(name="METRICS_DIR", default="made by `poolhouse run`", read=_text,
            help="Under another WSGI server: a folder where the workers of one node share their counters; empty it before a start."),
    Setting(name="PASSWORD_HASHING", default="owasp", read=lambda v: _choice(v, ("owasp", "strong", "test")),
            help="Argon2id profile: owasp (19 MiB, 2 passes), strong (64 MiB, 3 passes) or test (development mode only)."),
    Setting(name="AUDIT_DAYS", default="90", read=_whole(1, 36_500),
            help="After how many days rows of the audit leave, as others are written."),
    Setting(name="OUTBOX_LIMIT", default="1000", read=_whole(10, 100_000),
            help="How many messages the development outbox keeps."),
    Setting(name="THEMES_DIR", default="none", read=_text,
            help="A directory of further themes for the hosted pages."),
    Setting(name="UPSTREAM_S3", default="none", read=_origin,
            help="The S3 store behind `poolhouse gateway`, as an origin."),
    Setting(name="UPSTREAM_DYNAMODB", default="none", read=_origin,
            help="The DynamoDB behind `poolhouse gateway`, as an origin."),
    Setting(name="UPSTREAM_ACCESS_KEY_ID", default="none", read=_text,
            help="The service key with which the gateway signs for the stores behind it."),
    Setting(name="UPSTREAM_SECRET_ACCESS_KEY", default="none", read=_text,
            help="Secret of UPSTREAM_ACCESS_KEY_ID."),
    Setting(name="GATEWAY_HOSTS", default="localhost, 127.0.0.1, ::1", read=_names,
            help="Names of the gateway: there requests are path style, and <bucket>.<name> is a bucket's own."),
    Setting(name="GATEWAY_TOKEN", default="none: nobody may ask", read=_token,
            help="What a proxy shows (X-Gateway-Token) to ask the gateway for decisions instead of sending bodies through it."),
    Setting(name="DEV", default="0", read=_flag,
            help="Development mode: outbox, movable clock, loopback only. Refuses to start on a public origin."),
)  # fmt: skip


def _choice(value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"must be one of {', '.join(allowed)}")
    return value


_FOR_TESTS = {PREFIX + "REQUIRE"}
"""Read by the test suite, whose environment the servers under test inherit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process. Built once, by ``from_env``, and passed to ``create_app``."""

    public_url: str
    allowed_hosts: tuple[str, ...] = ()
    data_dir: Path
    database_url: str = field(repr=False)
    redis_url: str | None = field(default=None, repr=False)
    master_keys: tuple[bytes, ...] | None = field(default=None, repr=False)
    root_access_key_id: str | None = None
    root_secret_access_key: str | None = field(default=None, repr=False)
    account_id: str = "123456789012"
    region: str = "us-east-1"
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str
    sms_url: str | None = field(default=None, repr=False)
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    outbound_allow: tuple[str, ...] = ()
    upstream_urls: tuple[tuple[str, str], ...] = ()
    credentials: str = "embedded"
    sts_endpoint: str | None = None
    sts_access_key_id: str | None = None
    sts_secret_access_key: str | None = field(default=None, repr=False)
    sts_external_id: str | None = field(default=None, repr=False)
    sts_dialect: str = "aws"
    metrics_token: str | None = field(default=None, repr=False)
    metrics_dir: Path | None = None
    password_hashing: str = "owasp"
    audit_days: int = 90
    outbox_limit: int = 1000
    themes_dir: Path | None = None
    upstream_s3: str | None = None
    upstream_dynamodb: str | None = None
    upstream_access_key_id: str | None = None
    upstream_secret_access_key: str | None = field(default=None, repr=False)
    gateway_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    gateway_token: str | None = field(default=None, repr=False)
    dev: bool = False

    @property
    def is_embedded(self) -> bool:
        """SQLite: the server migrates itself and keeps its own master key file."""
        return self.database_url.startswith("sqlite")

    @property
    def has_database(self) -> bool:
        """Whether the embedded database was begun already."""
        return Path(self.database_url.removeprefix("sqlite:///")).exists()

    @property
    def public_host(self) -> str:
        """Host and port of the public origin."""
        return urlsplit(self.public_url).netloc

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Reads ``POOLHOUSE_*``. Raises ``SettingsError`` with every mistake at once."""
        environ = os.environ if environ is None else environ
        known = {PREFIX + setting.name for setting in SETTINGS} | _FOR_TESTS
        mistakes = [
            f"{name} is not a setting of Poolhouse"
            for name in sorted(environ)
            if name.startswith(PREFIX) and name not in known
        ]
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            raw = environ.get(PREFIX + setting.name, "").strip()
            if not raw:
                continue
            try:
                values[setting.name.lower()] = setting.read(raw)
            except ValueError as error:
                mistakes.append(f"{PREFIX}{setting.name} {error}")
        return _complete(values, mistakes)


def _complete(values: dict[str, Any], mistakes: list[str]) -> Settings:
    """Defaults that depend on other settings, and the rules between settings."""
    data_dir = Path(values.pop("data_dir", "instance")).absolute()
    public_url = values.setdefault("public_url", "http://localhost:8000")
    database_url = values.setdefault("database_url", f"sqlite:///{data_dir / 'poolhouse.sqlite3'}")
    host = urlsplit(public_url).hostname or "localhost"
    values.setdefault("mail_from", f"no-reply@{host}")
    key_file = values.pop("master_key_file", None)
    if key_file is not None:
        _read_key_file(key_file, values, mistakes)
    master_keys = values.pop("master_key", None)
    if not database_url.startswith("sqlite") and master_keys is None:
        mistakes.append(f"{PREFIX}MASTER_KEY or {PREFIX}MASTER_KEY_FILE is required with PostgreSQL")
    if ("root_access_key_id" in values) != ("root_secret_access_key" in values):
        mistakes.append(f"{PREFIX}ROOT_ACCESS_KEY_ID and {PREFIX}ROOT_SECRET_ACCESS_KEY belong together")
    if ("sts_access_key_id" in values) != ("sts_secret_access_key" in values):
        mistakes.append(f"{PREFIX}STS_ACCESS_KEY_ID and {PREFIX}STS_SECRET_ACCESS_KEY belong together")
    if ("upstream_access_key_id" in values) != ("upstream_secret_access_key" in values):
        mistakes.append(f"{PREFIX}UPSTREAM_ACCESS_KEY_ID and {PREFIX}UPSTREAM_SECRET_ACCESS_KEY belong together")
    _check_development(values, host, mistakes)
    if "metrics_dir" in values:
        values["metrics_dir"] = Path(values["metrics_dir"]).absolute()
    if "themes_dir" in values:
        values["themes_dir"] = Path(values["themes_dir"]).absolute()
        if not values["themes_dir"].is_dir():
            mistakes.append(f"{PREFIX}THEMES_DIR is not a directory")
    if mistakes:
        raise SettingsError(mistakes)
    return Settings(data_dir=data_dir, master_keys=master_keys, **values)


def _check_development(values: dict[str, Any], host: str, mistakes: list[str]) -> None:
    """Development mode is for loopback only, and what it allows is for it only."""
    if values.get("dev"):
        if host not in _LOOPBACK_NAMES and not host.endswith(".localhost"):
            mistakes.append(f"{PREFIX}DEV refuses to start unless {PREFIX}PUBLIC_URL is a loopback name")
        if values.get("trusted_proxies"):
            mistakes.append(f"{PREFIX}DEV refuses to start with {PREFIX}TRUSTED_PROXIES")
    elif values.get("password_hashing") == "test":
        mistakes.append(f"{PREFIX}PASSWORD_HASHING=test is for development mode only")


def _read_key_file(key_file: str, values: dict[str, Any], mistakes: list[str]) -> None:
    if "master_key" in values:
        mistakes.append(f"{PREFIX}MASTER_KEY and {PREFIX}MASTER_KEY_FILE exclude each other")
        return
    try:
        values["master_key"] = _master_keys(Path(key_file).read_text().strip())
    except OSError as error:
        mistakes.append(f"{PREFIX}MASTER_KEY_FILE cannot be read: {error.strerror}")
    except ValueError as error:
        mistakes.append(f"{PREFIX}MASTER_KEY_FILE {error}")
