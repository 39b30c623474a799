"""Puts the house together: settings -> adapters -> rooms -> blueprints. With ``installation.py``, the only place that sees every floor."""

import logging
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Flask, Response, request

from app.adapters.sql import migrate
from app.adapters.sql.deliveries import SqlDeliveries
from app.adapters.system.clock import MovableClock
from app.adapters.system.logs import configure_logging
from app.aws.condition_keys import request_keys
from app.aws.dispatch import Dispatch, refuse_by_status
from app.aws.gate import Gate
from app.aws.query import QueryApis
from app.blueprints.development import development_blueprint
from app.blueprints.hosted_ui.entering import SESSION_COOKIE
from app.blueprints.hosted_ui.routes import PAGE_PATHS, CaseFolding, HostedUi
from app.blueprints.iam.blueprint import iam_apis
from app.blueprints.identity_pools.blueprint import identity_pools_api
from app.blueprints.identity_pools.issuer import issuer_blueprint
from app.blueprints.oauth2.errors import PageRefusal
from app.blueprints.oauth2.routes import create_blueprint
from app.blueprints.oauth2.surroundings import Surroundings
from app.blueprints.operations import Check, Metrics, operations_blueprint
from app.blueprints.user_pools.blueprint import user_pools_api
from app.config import Settings
from app.core.audit.signatures import RefusedSignatures
from app.core.clients.model import Client
from app.core.kernel.clock import Clock
from app.core.kernel.ids import ClientId, PoolId
from app.core.kernel.secret import Secret
from app.core.keys.ports import KeyFactory
from app.core.tokens.parked import ParkedHints
from app.installation import Installation, open_installation
from app.web.client_pages import ClientPages
from app.web.context import Contexts, current_context, find_request_id
from app.web.cookies import Cookies
from app.web.csrf import Csrf
from app.web.defences import Defences
from app.web.developer import is_developer
from app.web.error_page import ErrorPages
from app.web.errors import ErrorAnswers
from app.web.form_post import FormPostPages
from app.web.hosts import Hosts
from app.web.look import serve_customizations
from app.web.measure import Measure
from app.web.pool import WhichPool
from app.web.ready import ReadyAnswers
from app.web.site import Site, is_loopback_name

_log = logging.getLogger(__name__)


def create_app(settings: Settings, *, clock: Clock | None = None, key_factory: KeyFactory | None = None) -> Flask:
    """The WSGI application. Raises ``StartRefused``. Tests alone give a clock and prepared keys."""
    # Authlib logs whole tokens at DEBUG, so no setting of ours or a host's may take it below INFO.
    logging.getLogger("authlib").setLevel(logging.INFO)
    flask_app = Flask("poolhouse", static_folder=None)
    installation = open_installation(settings, flask_app=flask_app, clock=clock, key_factory=key_factory)
    flask_app.extensions["poolhouse"] = installation
    site = Site(
        public_url=settings.public_url,
        allowed_hosts=settings.allowed_hosts,
        trusted_proxies=settings.trusted_proxies,
        dev=settings.dev,
    )
    contexts = Contexts(site)
    services, pools = installation.services, installation.services.pools
    serve_customizations(flask_app, services.customizations)
    which = WhichPool(pools=pools, clients=services.clients)
    error_pages = ErrorPages(pages=installation.pages, which=which, is_https=site.is_https)
    Defences(
        site=site,
        contexts=contexts,
        hosts=Hosts(site=site, is_pool_host=lambda name: pools.find_by_host(name) is not None),
        errors=ErrorAnswers(render_error=error_pages.draw_status, render_aws=refuse_by_status),
    ).install(flask_app)
    measure = Measure(tally=installation.counters)
    measure.install(flask_app)
    flask_app.register_blueprint(_metrics(installation).blueprint())
    flask_app.register_blueprint(
        operations_blueprint(_checks(installation), lambda: [*installation.messaging.warnings, *contexts.warnings])
    )
    if settings.dev and installation.messaging.outbox is not None and isinstance(installation.clock, MovableClock):
        flask_app.register_blueprint(
            development_blueprint(installation.messaging.outbox, installation.clock, settings.public_url)
        )
    cookies = Cookies(hasher=services.hasher, clock=services.clock, is_https=site.is_https)
    csrf = Csrf(cookies=cookies, hasher=services.hasher, site=site)
    flask_app.register_blueprint(create_blueprint(_surroundings(installation, which, cookies, csrf, error_pages)))
    flask_app.register_blueprint(issuer_blueprint(services.open_id_tokens, services.issuer_keys))
    flask_app.register_blueprint(_aws(installation).blueprint())
    hosted_ui = HostedUi(
        pages=installation.pages,
        errors=error_pages,
        which=which,
        cookies=cookies,
        csrf=csrf,
        sign_in=services.sign_in,
        sign_up=services.sign_up,
        recovery=services.recovery,
        sessions=services.sessions,
        user_sessions=services.user_sessions,
        consents=services.consents,
        logouts=services.logouts,
        account=services.account,
        users=services.users,
        totp=services.totp,
        preferences=services.preferences,
        passkeys=services.passkeys,
        recovery_codes=services.recovery_codes,
        devices=services.devices,
    )
    flask_app.register_blueprint(hosted_ui.blueprint())
    flask_app.wsgi_app = CaseFolding(flask_app.wsgi_app, PAGE_PATHS)  # type: ignore[method-assign]  # Flask's own way to wrap
    # The outermost: what it answers needs neither routing nor hooks.
    flask_app.wsgi_app = ReadyAnswers(  # type: ignore[method-assign]  # as above
        flask_app.wsgi_app,
        ends=("/.well-known/openid-configuration", "/.well-known/jwks.json", "/.well-known/jwks"),
        remembered=installation.remembered.fresh,
        contexts=contexts,
        clock=installation.clock,
        measured=measure.count_ready,
    )
    return flask_app


def _aws(installation: Installation) -> Dispatch:
    """The AWS APIs on ``POST /``."""
    settings, services = installation.settings, installation.services

    def condition_keys(region: str) -> Mapping[str, tuple[str, ...]]:
        caller = current_context().caller
        return request_keys(
            address=caller.address,
            is_secure=settings.public_url.startswith("https:"),
            now=services.clock.now(),
            region=region,
            user_agent=caller.user_agent,
            referer=request.headers.get("Referer"),
        )

    refused = RefusedSignatures(audit=services.audit, was_issued=services.access_keys.was_issued)

    def record_refused(code: str, access_key_id: str, service: str) -> None:
        caller = current_context().caller
        refused.record(code, access_key_id, service=service, address=caller.address, request_id=caller.request_id)

    gate = Gate(
        find_key=services.access_keys.find,
        was_issued=services.access_keys.was_issued,
        real_time=lambda: int(time.time()),  # noqa: TID251 - signatures carry the machine's time, not the injected clock's
        is_local=lambda: settings.dev and is_developer(request, settings.public_url),
        open_temporary=services.temporary_keys.open,
        authority=services.authority,
        context_of=condition_keys,
        account_id=settings.account_id,
        region=settings.region,
        record_refused=record_refused,
    )
    return Dispatch(
        apis={
            "AWSCognitoIdentityProviderService": user_pools_api(services),
            "AWSCognitoIdentityService": identity_pools_api(services, condition_keys),
        },
        gate=gate,
        caller=lambda: current_context().caller,
        forms=QueryApis(apis=iam_apis(services, condition_keys), gate=gate, caller=lambda: current_context().caller),
    )


def _surroundings(
    installation: Installation, which: WhichPool, cookies: Cookies, csrf: Csrf, error_pages: ErrorPages
) -> Surroundings:
    """What the OAuth endpoints need of the web side, as functions of the request at hand."""
    services = installation.services

    def session_handle(pool_id: PoolId) -> Secret | None:
        value = cookies.find(request, SESSION_COOKIE, pool_id)
        return None if value is None else Secret(value)

    def find_client(client_id: ClientId) -> Client | None:
        found = which.find_client(client_id)
        return None if found is None else found[1]

    def render_error(refused: PageRefusal) -> Response:
        key = _REFUSALS.get(refused.error)
        request_id = current_context().request_id
        if key is None:
            return error_pages.draw(refused.status, "error.refused", request_id, reason=refused.sentence)
        return error_pages.draw(refused.status, key, request_id)

    return Surroundings(
        tokens=services.tokens,
        introspection=services.introspection,
        sessions=services.sessions,
        keys=services.keys,
        find_pool=which.find,
        find_client=find_client,
        living_scopes=services.resource_servers.choose_living,
        hasher=services.hasher,
        clock=services.clock,
        public_url=installation.settings.public_url,
        pool_of_host=which.find_by_host,
        caller=lambda: current_context().caller,
        session_handle=session_handle,
        forget_session=lambda response, pool_id: cookies.remove(response, SESSION_COOKIE, pool_id),
        render_error=render_error,
        render_form_post=FormPostPages(pages=installation.pages).draw,
        hints=services.hints,
        parked=ParkedHints(ephemeral=services.ephemeral, hasher=services.hasher, clock=services.clock),
        consents=services.consents,
        logouts=services.logouts,
        session_pools=lambda: tuple(map(PoolId, cookies.pools_with(request, SESSION_COOKIE))),
        csrf=csrf,
        client_pages=ClientPages(pages=installation.pages, csrf=csrf),
    )


_REFUSALS = {
    "redirect_mismatch": "error.redirect_uri",
    "logout_mismatch": "error.invalid_logout_uri",
    "invalid_client": "error.unknown_client",
}
"""The catalogue's sentence for a refusal of the OAuth endpoints; the others say their own."""


def serve_process(flask_app: Flask, *, warn: bool = True) -> None:
    """What a serving process does beyond answering: log lines, warnings, and emptying the queue of messages."""
    installation: Installation = flask_app.extensions["poolhouse"]
    configure_logging(find_request_id)
    if warn:
        for warning in installation.messaging.warnings:
            _log.warning("start.warning", extra={"text": warning})
    installation.counters.move("workers", amount=1)
    installation.drainer.start()
    installation.logout_drainer.start()


def _checks(installation: Installation) -> dict[str, Check]:
    """What ``/readyz`` looks at."""

    def database() -> str | None:
        revision = migrate.find_revision(installation.database)
        return None if revision == migrate.HEAD else f"schema {revision}, needs {migrate.HEAD}"

    def ephemeral() -> str | None:
        installation.ephemeral.find("ready", "probe")
        return None

    return {"database": database, **({"redis": ephemeral} if installation.settings.redis_url else {})}


def _metrics(installation: Installation) -> Metrics:
    queue = SqlDeliveries(installation.database, installation.sealer)
    return Metrics(
        read=installation.counters.read,
        gauges={"deliveries_waiting": ("Messages and notices not sent yet.", queue.count_waiting)},
        checks=_checks(installation),
        token=installation.settings.metrics_token,
        at_home=installation.settings.dev
        or is_loopback_name(urlsplit(installation.settings.public_url).hostname or ""),
    )
