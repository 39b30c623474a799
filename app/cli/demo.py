"""The demo that a newcomer meets: a pool, an application and somebody to sign in as, and what ``demo.json`` tells about them."""

import json
import os
import secrets
import string
from pathlib import Path
from typing import Any

from app.cli.clients import code_flow
from app.cli.pools import email_sign_up
from app.config import Settings
from app.core.clients.model import Client
from app.core.kernel.errors import Conflict
from app.core.kernel.ids import ClientId, PoolId
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.services import Services

_USERNAME = "demo@example.com"
_DOMAIN = "demo"
_BRANDING = {"display_name": "Poolhouse Demo", "accent": "#0b57d0"}


def seed_demo(settings: Settings, services: Services, *, app_url: str) -> dict[str, Any]:
    """Makes what is missing, keeps what is there, and writes ``DATA_DIR/demo.json``. Returns its content."""
    path = settings.data_dir / "demo.json"
    before = _read(path)
    pool = services.pools.find(PoolId(before.get("pool_id", ""))) or _make_pool(settings, services)
    client = services.clients.find(ClientId(before.get("client_id", "")))
    wanted = _client_settings(app_url)
    if client is None or client.pool_id != pool.pool_id:
        client = services.clients.create(pool, "Demo app", wanted)
    elif client.settings.callback_urls != tuple(wanted["CallbackURLs"]):
        client = services.clients.update(pool, client.client_id, wanted)  # Started on another port than last time.
    password = _ensure_user(services, pool, before.get("password"))
    told = _told(settings, services, pool, client, app_url=app_url, password=password)
    if told != before:
        _write(path, told)
    return told


def _make_pool(settings: Settings, services: Services) -> Pool:
    pool = services.pools.create(
        account_id=settings.account_id,
        region=settings.region,
        name="Demo pool",
        settings=email_sign_up(),
        extensions={"refuse_common_passwords": True, "branding": _BRANDING},
    )
    try:
        services.pools.add_domain(pool.pool_id, _DOMAIN)
    except Conflict:
        # Another pool of this installation answers there already; the demo works without a host of its own.
        return pool
    return pool


def _client_settings(app_url: str) -> dict[str, Any]:
    """A public client with PKCE, as a single-page or mobile application would be."""
    return code_flow(
        (f"{app_url}/callback",),
        (f"{app_url}/",),
        ("openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"),
    )


def _ensure_user(services: Services, pool: Pool, known: str | None) -> str | None:
    """The demo user's password; None while this build has no users."""
    if services.users is None:
        return None
    if known is not None and services.users.find(pool, _USERNAME) is not None:
        return known
    password = _new_password()
    if services.users.find(pool, _USERNAME) is None:
        attributes = {"email": _USERNAME, "email_verified": "true", "name": "Demo Person"}
        services.users.create(pool, _USERNAME, attributes, permanent_password=Secret(password))
    else:
        services.users.set_password(pool, _USERNAME, Secret(password), permanent=True)
    return password


def _new_password() -> str:
    """16 random characters around one of each class, so that it fits the pool's policy."""
    letters = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(12))
    return f"{letters}-a7Q"


def _told(
    settings: Settings, services: Services, pool: Pool, client: Client, *, app_url: str, password: str | None
) -> dict[str, Any]:
    issuer = f"{settings.public_url}/{pool.pool_id}"
    port = settings.public_url.removeprefix("http://").partition(":")[2]
    hosts = [services.pools.hostname_of(pool, domain) for domain in services.pools.list_domains(pool.pool_id)]
    return {
        "url": settings.public_url,
        "app_url": app_url,
        "outbox_url": f"{settings.public_url}/dev/outbox",
        "pool_id": pool.pool_id,
        "client_id": client.client_id,
        "issuer": issuer,
        "discovery_url": f"{issuer}/.well-known/openid-configuration",
        "pool_urls": [f"http://{host}{':' + port if port else ''}" for host in hosts],
        "redirect_uri": client.settings.callback_urls[0],
        "logout_uri": client.settings.logout_urls[0],
        "scopes": list(client.settings.oauth_scopes),
        "username": _USERNAME,
        "password": password,
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, told: dict[str, Any]) -> None:
    """Whole or not at all, and for its owner only: it holds a password."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(told, file, indent=2)
        file.write("\n")
    fresh.replace(path)
