"""The addresses of the hosted pages. One table; matched case-insensitively, because Cognito's own guide spells them both ways."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Blueprint, Response, request

from app.blueprints.hosted_ui.assets import Assets
from app.blueprints.hosted_ui.consent import ConsentPages
from app.blueprints.hosted_ui.frame import Frames
from app.blueprints.hosted_ui.progress import Progress
from app.blueprints.hosted_ui.recovery import RecoveryPages
from app.blueprints.hosted_ui.sign_in import SignInPages
from app.blueprints.hosted_ui.sign_up import SignUpPages
from app.blueprints.hosted_ui.visit import RedirectUriRefused, Visit, read_visit
from app.core.kernel.errors import ClientNotFound
from app.core.recovery.service import Recovery
from app.core.sessions.consent import Consents
from app.core.sessions.logout import Logouts
from app.core.sessions.service import Sessions
from app.core.sign_in.service import SignIn
from app.core.sign_up.service import SignUp
from app.web.context import current_context
from app.web.cookies import Cookies
from app.web.csrf import Csrf, FormRefused
from app.web.error_page import ErrorPages
from app.web.pages import Pages
from app.web.pool import WhichPool

View = Callable[[Visit], Response]


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
    consents: Consents
    logouts: Logouts

    def blueprint(self) -> Blueprint:
        frames = Frames(pages=self.pages, cookies=self.cookies, csrf=self.csrf)
        sign_in = SignInPages(frames=frames, sign_in=self.sign_in, sessions=self.sessions, logouts=self.logouts)
        consent = ConsentPages(frames=frames, sessions=self.sessions, consents=self.consents)
        sign_up = SignUpPages(frames=frames, sign_up=self.sign_up, sign_in=self.sign_in, sign_in_pages=sign_in)
        recovery = RecoveryPages(frames=frames, recovery=self.recovery)
        errors = self.errors
        assets = Assets(pages=self.pages, which=self.which)
        table: dict[str, tuple[View, View]] = {
            "/login": (sign_in.show, sign_in.submit),
            "/changePassword": (sign_in.show_new_password, sign_in.submit_new_password),
            "/consent": (consent.show, consent.submit),
            "/signup": (sign_up.show, sign_up.submit),
            "/confirm": (sign_up.show_confirm, sign_up.submit_confirm),
            "/resendcode": (sign_up.show_resend, sign_up.submit_resend),
            "/confirmUser": (sign_up.show_link, sign_up.submit_link),
            "/forgotPassword": (recovery.show, recovery.submit),
            "/confirmForgotPassword": (recovery.show_reset, recovery.submit_reset),
        }
        blueprint = Blueprint("hosted_ui", __name__)
        for path, (show, submit) in table.items():
            view = partial(self._serve, frames, errors, show, submit)
            blueprint.add_url_rule(path, path.strip("/"), view, methods=["GET", "POST"])
        blueprint.add_url_rule("/error", "error", partial(self._error, errors))
        blueprint.add_url_rule("/assets/_brand/<client_id>/<digest>/brand.css", "brand_stylesheet", assets.stylesheet)
        blueprint.add_url_rule("/assets/_brand/<client_id>/<digest>/logo", "brand_logo", assets.logo)
        blueprint.add_url_rule("/assets/<theme>/<digest>/<path:path>", "theme_file", assets.theme_file)
        return blueprint

    def _serve(self, frames: Frames, errors: ErrorPages, show: View, submit: View, **_: Any) -> Response:
        try:
            visit = read_visit(self.which, request)
        except ClientNotFound:
            return errors.draw(400, "error.unknown_client", current_context().request_id)
        except RedirectUriRefused:
            return errors.draw(400, "error.redirect_uri", current_context().request_id)
        if request.method != "POST":
            return show(visit)
        try:
            return submit(visit)
        except FormRefused:
            # The page was open too long or came from elsewhere: nothing was done, and it is offered again.
            progress = frames.progress(visit)
            kept = Progress(**{**_fields(progress), "notice": "error.form_expired"})
            return frames.go(visit, visit.url(request.path.strip("/")), kept)

    def _error(self, errors: ErrorPages) -> Response:
        """Where older links lead: a fixed sentence for a known code, never words from the address."""
        keys = {"redirect_mismatch": "error.redirect_uri", "unknown_client": "error.unknown_client"}
        key = keys.get(request.args.get("error", ""), "error.invalid_request")
        return errors.draw(400, key, current_context().request_id)


def _fields(progress: Progress) -> dict[str, Any]:
    return {name: getattr(progress, name) for name in Progress.__slots__}


class CaseFolding:
    """Spells the hosted pages' paths as their routes do, before routing: ``/confirmuser`` is ``/confirmUser``."""

    def __init__(self, following: WSGIApplication, paths: Iterable[str]) -> None:
        self._next = following
        self._spelling = {path.lower(): path for path in paths}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        environ["PATH_INFO"] = self._spelling.get(path.lower(), path)
        return self._next(environ, start_response)


PAGE_PATHS = (
    "/login", "/logout", "/signup", "/confirm", "/confirmUser", "/resendcode", "/forgotPassword",
    "/confirmForgotPassword", "/changePassword", "/consent", "/error",
)  # fmt: skip
"""What is matched whatever its case."""
