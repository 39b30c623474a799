"""The addresses of the hosted pages. One table; matched case-insensitively, because Cognito's own guide spells them both ways."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Blueprint, Response, jsonify, make_response, redirect, request
from werkzeug.exceptions import NotFound

from app.blueprints.hosted_ui.account import AccountPages
from app.blueprints.hosted_ui.account_rows import AccountRows
from app.blueprints.hosted_ui.assets import Assets
from app.blueprints.hosted_ui.challenges import ChallengePages
from app.blueprints.hosted_ui.consent import ConsentPages
from app.blueprints.hosted_ui.contacts import ContactPages
from app.blueprints.hosted_ui.entering import SESSION_COOKIE, Entering
from app.blueprints.hosted_ui.errors import Sentence
from app.blueprints.hosted_ui.frame import Frames
from app.blueprints.hosted_ui.passkeys import AddPasskeyPages, PasskeyCeremonies
from app.blueprints.hosted_ui.recovery import RecoveryPages
from app.blueprints.hosted_ui.setting_up import SetUpPages
from app.blueprints.hosted_ui.sign_in import SignInPages
from app.blueprints.hosted_ui.sign_up import SignUpPages
from app.blueprints.hosted_ui.visit import VIEW, RedirectUriRefused, Visit, read_visit
from app.core.account.service import Account
from app.core.attempts import steps
from app.core.clients.model import Client
from app.core.devices.service import Devices
from app.core.factors.errors import PasskeysNotConfigured
from app.core.factors.passkeys import Passkeys
from app.core.factors.preferences import Preferences
from app.core.factors.recovery_codes import RecoveryCodes
from app.core.factors.totp import Totp
from app.core.kernel.errors import ClientNotFound
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.recovery.service import Recovery
from app.core.sessions.consent import Consents
from app.core.sessions.logout import Logouts
from app.core.sessions.service import Sessions
from app.core.sign_in.service import SignIn
from app.core.sign_up.service import SignUp
from app.core.tokens.tracking import UserSessions
from app.core.users.service import Directory
from app.web.context import current_context
from app.web.cookies import Cookies
from app.web.csrf import Csrf, FormRefused
from app.web.error_page import ErrorPages
from app.web.headers import keep_opener
from app.web.hosts import hostname_of
from app.web.pages import Pages
from app.web.pool import WhichPool

Show = Callable[[Visit, Sentence | None], Response]
Submit = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedUi:
    """Everything the pages need; ``blueprint()`` makes the routes."""

    pages: Pages
    errors: ErrorPages
    which: WhichPool
    cookies: Cookies
    csrf: Csrf
    sign_in: SignIn
    sign_up: SignUp
    recovery: Recovery
    sessions: Sessions
    user_sessions: UserSessions
    consents: Consents
    logouts: Logouts
    account: Account
    users: Directory
    totp: Totp
    preferences: Preferences
    passkeys: Passkeys
    recovery_codes: RecoveryCodes
    devices: Devices

    def blueprint(self) -> Blueprint:
        frames = Frames(pages=self.pages, cookies=self.cookies, csrf=self.csrf)
        entering = Entering(
            frames=frames, sign_in=self.sign_in, sessions=self.sessions, logouts=self.logouts, devices=self.devices
        )
        passkeys = PasskeyCeremonies(frames=frames, sign_in=self.sign_in, passkeys=self.passkeys)
        sign_in = SignInPages(frames=frames, sign_in=self.sign_in, entering=entering, passkeys=passkeys)
        set_up = SetUpPages(frames=frames, sign_in=self.sign_in, entering=entering)
        challenges = ChallengePages(
            frames=frames, sign_in=self.sign_in, entering=entering, passkeys=passkeys, set_up=set_up
        )
        add_passkey = AddPasskeyPages(frames=frames, entering=entering, passkeys=self.passkeys, ceremonies=passkeys)
        account = AccountPages(
            frames=frames,
            entering=entering,
            ceremonies=passkeys,
            rows=AccountRows(
                passkeys_room=self.passkeys, recovery_room=self.recovery_codes, sessions_room=self.sessions
            ),
            contacts=ContactPages(frames=frames, account=self.account),
            account=self.account,
            users=self.users,
            totp=self.totp,
            preferences=self.preferences,
            passkeys=self.passkeys,
            recovery_codes=self.recovery_codes,
            sessions=self.sessions,
            user_sessions=self.user_sessions,
        )
        consent = ConsentPages(frames=frames, sessions=self.sessions, consents=self.consents)
        sign_up = SignUpPages(frames=frames, sign_up=self.sign_up, sign_in=self.sign_in, entering=entering)
        recovery = RecoveryPages(frames=frames, recovery=self.recovery)
        errors = self.errors
        assets = Assets(pages=self.pages, which=self.which)
        table: dict[str, tuple[Show, Submit]] = {
            "/login": (sign_in.show, sign_in.submit),
            "/changePassword": (sign_in.show_new_password, sign_in.submit_new_password),
            "/mfa": (challenges.show, challenges.submit),
            "/passkeys/add": (add_passkey.show, add_passkey.submit),
            "/account": (account.show, account.submit),
            "/consent": (consent.show, consent.submit),
            "/signup": (sign_up.show, sign_up.submit),
            "/confirm": (sign_up.show_confirm, sign_up.submit_confirm),
            "/resendcode": (sign_up.show_resend, sign_up.submit_resend),
            "/confirmUser": (sign_up.show_link, sign_up.submit_link),
            "/forgotPassword": (recovery.show, recovery.submit),
            "/confirmForgotPassword": (recovery.show_reset, recovery.submit_reset),
        }
        blueprint = Blueprint("hosted_ui", __name__)
        blueprint.after_request(keep_opener)
        for path, (show, submit) in table.items():
            view = partial(self._serve, frames, errors, show, submit)
            blueprint.add_url_rule(path, path.strip("/").replace("/", "_"), view, methods=["GET", "POST"])
        blueprint.add_url_rule("/error", "error", partial(self._error, errors))
        blueprint.add_url_rule("/.well-known/change-password", "well_known", self._change_password)
        blueprint.add_url_rule("/.well-known/passkey-endpoints", "passkey_endpoints", self._passkey_endpoints)
        blueprint.add_url_rule("/.well-known/webauthn", "related_origins", self._related_origins)
        blueprint.add_url_rule("/assets/_brand/<client_id>/<digest>/brand.css", "brand_stylesheet", assets.stylesheet)
        blueprint.add_url_rule("/assets/_brand/<client_id>/<digest>/logo", "brand_logo", assets.logo)
        blueprint.add_url_rule(
            "/assets/_classic/<pool_id>/<client_id>/<digest>/logo", "classic_logo", assets.classic_logo
        )
        blueprint.add_url_rule("/assets/<theme>/<digest>/<path:path>", "theme_file", assets.theme_file)
        return blueprint

    def _serve(self, frames: Frames, errors: ErrorPages, show: Show, submit: Submit, **_: Any) -> Response:
        try:
            visit = read_visit(self.which, request)
        except ClientNotFound:
            client = self._find_own_client() if request.path == "/account" and "client_id" not in request.args else None
            if client is not None:
                return make_response(redirect(f"/account?{urlencode({'client_id': client.client_id})}", code=303))
            return errors.draw(400, "error.unknown_client", current_context().request_id)
        except RedirectUriRefused:
            return errors.draw(400, "error.redirect_uri", current_context().request_id)
        if request.method != "POST":
            return show(visit, None)
        try:
            return submit(visit)
        except FormRefused:
            # Nothing was done. A form of another site is answered by a GET of our own, where the browser's cookies are present,
            # and leaves them alone; our own page was open too long, and is offered again with what was typed.
            if self.csrf.is_cross_site(request):
                return frames.go(visit, visit.url(request.path.strip("/")))
            return show(visit, Sentence(key="error.form_expired", status=403))

    def _change_password(self) -> Response:
        """Where password managers send people (W3C, *A Well-Known URL for Changing Passwords*): the account page of whoever is signed
        in, else the page that sets a new password by a code; of the pool whose host it is, or of the one pool this browser is
        signed in to. A true 404 where neither is.
        """
        client = self._find_own_client()
        if client is None:
            raise NotFound
        handle = self.cookies.find(request, SESSION_COOKIE, client.pool_id)
        if self.sessions.find_signed_in(client.pool_id, None if handle is None else Secret(handle)) is not None:
            return make_response(redirect(f"/account?{urlencode({'client_id': client.client_id, VIEW: 'password'})}"))
        query = {
            "client_id": client.client_id,
            "response_type": "code",
            "redirect_uri": client.settings.default_redirect_uri or client.settings.callback_urls[0],
        }
        return make_response(redirect(f"/forgotPassword?{urlencode(query, quote_via=quote)}"))

    def _passkey_endpoints(self) -> Response:
        """Where passkeys are made and managed (W3C, *A Well-Known URL for Relying Party Passkey Endpoints*)."""
        client = self._find_own_client()
        if client is None or steps.WEB_AUTHN not in self.which.pools.get(client.pool_id).settings.first_factors:
            raise NotFound
        query = urlencode({"client_id": client.client_id})
        site = self.csrf.site
        own = f"{'https' if site.is_https else 'http'}://{current_context().host}"
        origin = site.public_url if self.which.find_by_host() is None else own
        return jsonify(enroll=f"{origin}/passkeys/add?{query}", manage=f"{origin}/account?{query}")

    def _related_origins(self) -> Response:
        """Which origins may use the passkeys of this host, where it is a pool's own (WebAuthn Level 3 §5.11)."""
        pool = self.which.find_by_host()
        if pool is None or not pool.extensions.enabled or steps.WEB_AUTHN not in pool.settings.first_factors:
            raise NotFound
        try:
            site = self.passkeys.relying_party(pool)
        except PasskeysNotConfigured:
            raise NotFound from None
        if site.rp_id != hostname_of(current_context().host):
            raise NotFound
        return jsonify(origins=list(site.origins))

    def _find_own_client(self) -> Client | None:
        """The client by which a page is drawn that no client asked for."""
        pool = self.which.find_by_host() or self._pool_of_session()
        return None if pool is None or not pool.extensions.enabled else self._find_signing_in(pool)

    def _pool_of_session(self) -> Pool | None:
        """The pool in whose session the browser is, where it is one alone."""
        pools = self.cookies.pools_with(request, SESSION_COOKIE)
        return self.which.find(pools[0]) if len(pools) == 1 else None

    def _find_signing_in(self, pool: Pool) -> Client | None:
        """The pool's oldest client whose people sign in here."""
        able = [
            client
            for client in self.which.clients.list_of(pool.pool_id)
            if client.settings.oauth_enabled
            and client.settings.callback_urls
            and "COGNITO" in client.settings.identity_providers
        ]
        return min(able, key=lambda client: (client.created_at, client.client_id), default=None)

    def _error(self, errors: ErrorPages) -> Response:
        """Where older links lead: a fixed sentence for a known code, never words from the address."""
        keys = {"redirect_mismatch": "error.redirect_uri", "unknown_client": "error.unknown_client"}
        key = keys.get(request.args.get("error", ""), "error.invalid_request")
        return errors.draw(400, key, current_context().request_id)


class CaseFolding:
    """Spells the hosted pages' paths as their routes do, before routing: ``/confirmuser/`` is ``/confirmUser``."""

    def __init__(self, following: WSGIApplication, paths: Iterable[str]) -> None:
        self._next = following
        self._spelling = {path.lower(): path for path in paths}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        environ["PATH_INFO"] = self._spelling.get(path.removesuffix("/").lower(), path)
        return self._next(environ, start_response)


PAGE_PATHS = (
    "/login", "/logout", "/signup", "/confirm", "/confirmUser", "/resendcode", "/forgotPassword",
    "/confirmForgotPassword", "/changePassword", "/mfa", "/passkeys/add", "/account",
    "/consent", "/error",
)  # fmt: skip
"""What is matched whatever its case, with or without a slash at its end."""
