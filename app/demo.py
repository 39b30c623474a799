"""The demo application: signs people in with Poolhouse as any application would, and shows the tokens it gets.

It imports nothing of the server's. What it does with OpenID Connect is Authlib's Flask client in `create_demo`; what it
shows of a token it has verified itself in `inspect_token`. Settings come from the environment: `DEMO_ISSUER`,
`DEMO_CLIENT_ID`, `DEMO_PORT` (8001), `DEMO_SECRET_KEY` (a new one at each start). Run it with `python -m app.demo`.
"""

import base64
import hashlib
import hmac
import json
import logging
import os
import secrets
import signal
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, abort, redirect, render_template, request, session, url_for
from jinja2 import DictLoader
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as Redirect

SCOPE = "openid email profile"
_SECONDS = 10
_log = logging.getLogger("demo")

Rules = Mapping[str, tuple[str, Mapping[str, Any]]]
"""By claim: its words on the page, and what joserfc is to ask of it."""


class Shelf:
    """What must not travel in a cookie, kept in memory: tokens by session, and Authlib's state by its own keys.

    The oldest makes room, so a demo left running does not grow. The methods are those Authlib wants of a cache.
    """

    def __init__(self, room: int = 1000) -> None:
        self._room = room
        self._lock = Lock()
        self._things: OrderedDict[str, Any] = OrderedDict()

    def get(self, key: str) -> Any:
        with self._lock:
            return self._things.get(key)

    def set(self, key: str, thing: Any, _expires_in: int | None = None) -> None:
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            while len(self._things) > self._room:
                self._things.popitem(last=False)

    def delete(self, key: str) -> None:
        with self._lock:
            self._things.pop(key, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A token taken apart. `checks` are (what, whether it holds); header and payload are shown only of a token whose signature holds."""

    title: str
    header: str
    payload: str
    checks: tuple[tuple[str, bool], ...]

    @property
    def verified(self) -> bool:
        return all(holds for _, holds in self.checks)


def inspect_token(
    title: str,
    token: str,
    keys: KeySet,
    *,
    rules: Rules,
    access_token: str | None = None,
) -> Inspection:
    """Verifies signature and claims."""
    try:
        decoded = jwt.decode(token, keys, algorithms=["RS256"])
    except (JoseError, ValueError):
        return Inspection(title=title, header="", payload="", checks=(("Signature", False),))
    claims = decoded.claims
    checks = [(f"Signature ({decoded.header.get('alg')})", True)]
    checks += [(words, _holds(claims, claim, rule)) for claim, (words, rule) in rules.items()]
    if access_token is not None:
        checks.append(("at_hash of the access token", _is_hash_of(access_token, claims.get("at_hash"))))
    return Inspection(
        title=title,
        header=json.dumps(decoded.header, indent=2),
        payload=json.dumps(claims, indent=2, ensure_ascii=False),
        checks=tuple(checks),
    )


def _holds(claims: Mapping[str, Any], claim: str, rule: Mapping[str, Any]) -> bool:
    """One claim by itself, so that the page can say which does not hold."""
    alone = {claim: claims[claim]} if claim in claims else {}
    asked: dict[str, Any] = {claim: {"essential": True, **rule}}
    try:
        jwt.JWTClaimsRegistry(**asked).validate(alone)
    except (JoseError, ValueError, TypeError):
        return False
    return True


def _is_hash_of(access_token: str, at_hash: object) -> bool:
    """OpenID Connect Core §3.1.3.6, for RS256."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    expected = base64.urlsafe_b64encode(half).decode().rstrip("=")
    return isinstance(at_hash, str) and hmac.compare_digest(at_hash.encode(), expected.encode())


def create_demo(*, issuer: str, client_id: str, origin: str, secret_key: str) -> Flask:
    """The application. `origin` is its own address, whose `/callback` and `/` the client has registered."""
    # Authlib logs verifiers and tokens at DEBUG.
    logging.getLogger("authlib").setLevel(logging.INFO)
    app = Flask("poolhouse_demo", static_folder=None)
    app.jinja_loader = DictLoader(_TEMPLATES)
    # Cookies ignore ports, so the name must be none of the server's. Strict would lose it on the way back from there.
    app.config.update(SECRET_KEY=secret_key, SESSION_COOKIE_NAME="poolhouse_demo", SESSION_COOKIE_SAMESITE="Lax")
    app.config["MAX_CONTENT_LENGTH"] = 10_000
    shelf = Shelf()
    public = {"code_challenge_method": "S256", "token_endpoint_auth_method": "none"}
    remote = OAuth(app, cache=shelf).register(
        "poolhouse",
        client_id=client_id,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": SCOPE, "default_timeout": _SECONDS, **public},
    )
    server = "{0.scheme}://{0.netloc}".format(urlsplit(issuer))
    views = Views(remote=remote, shelf=shelf, issuer=issuer, client_id=client_id, origin=origin, server=server)
    for path, view in (("/", views.home), ("/sign-in", views.sign_in), ("/callback", views.callback)):
        app.add_url_rule(path, view_func=view)
    app.add_url_rule("/tokens", view_func=views.tokens)
    for path, view in (("/user-info", views.user_info), ("/refresh", views.refresh), ("/sign-out", views.sign_out)):
        app.add_url_rule(path, view_func=view, methods=["POST"])
    _add_frame(app, server)
    return app


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """What each address does. `remote` is Authlib's client, `server` the origin of the issuer."""

    remote: Any
    shelf: Shelf
    issuer: str
    client_id: str
    origin: str
    server: str

    def home(self) -> str:
        return render_template("home.html", signed_in=self._kept() is not None)

    def sign_in(self) -> Any:
        return self.remote.authorize_redirect(f"{self.origin}/callback")

    def callback(self) -> Redirect:
        # RFC 9207 §2.4: the answer must come from the server that was asked.
        if self._told("authorization_response_iss_parameter_supported") and request.args.get("iss") != self.issuer:
            raise OAuthError(description="The answer came from another issuer.")
        rule = {"iss": {"essential": True, "values": [self.issuer]}}
        token = self.remote.authorize_access_token(claims_options=rule)
        self._forget()
        session.update(sid=secrets.token_urlsafe(32), csrf=secrets.token_urlsafe(16))
        nonce = (token.pop("userinfo", None) or {}).get("nonce")
        self._keep({"token": dict(token), "nonce": nonce})
        return redirect(url_for("tokens"), 303)

    def tokens(self) -> str | Redirect:
        kept = self._kept()
        if kept is None:
            return redirect(url_for("home"), 303)
        return render_template("tokens.html", kept=kept, inspections=self._inspected(kept), csrf=session["csrf"])

    def _inspected(self, kept: dict[str, Any]) -> list[Inspection]:
        token, access = kept["token"], kept["token"]["access_token"]
        # Fetched each time, because this page is about what is true now; applications keep them for a while.
        keys = KeySet.import_key_set(self.remote.fetch_jwk_set(force=True))
        both: Rules = {"iss": (f"Issuer is {self.issuer}", {"value": self.issuer}), "exp": ("Not expired", {})}
        mine: Rules = {
            "aud": ("Audience is this application", {"value": self.client_id}),
            "token_use": ("Is an ID token", {"value": "id"}),
        }
        if kept["nonce"] and not kept.get("refreshed"):
            mine = {**mine, "nonce": ("Nonce is the one sent", {"value": kept["nonce"]})}
        use: Rules = {
            "client_id": ("Issued to this application", {"value": self.client_id}),
            "token_use": ("Is an access token", {"value": "access"}),
        }
        return [
            inspect_token("ID token", token.get("id_token", ""), keys, rules={**both, **mine}, access_token=access),
            inspect_token("Access token", access, keys, rules={**both, **use}),
        ]

    def user_info(self) -> Redirect:
        _check_form()
        kept = self._kept()
        if kept is not None:
            # Without its expiry, so that Authlib does not refresh by itself what the other button is for.
            bearer = {"access_token": kept["token"]["access_token"], "token_type": "Bearer"}
            answer = self.remote.get(self._told("userinfo_endpoint"), token=bearer)
            shown = json.dumps(answer.json(), indent=2, ensure_ascii=False) if answer.ok else None
            notice = None if answer.ok else f"userInfo answered {answer.status_code}. Sign in again."
            self._keep({**kept, "user_info": shown, "notice": notice})
        return redirect(url_for("tokens"), 303)

    def refresh(self) -> Redirect:
        _check_form()
        kept = self._kept()
        if kept is not None and "refresh_token" in kept["token"]:
            old = kept["token"]
            fresh = self.remote.fetch_access_token(grant_type="refresh_token", refresh_token=old["refresh_token"])
            # Without rotation there is no new refresh token in the answer, and the old one goes on.
            changes = {"token": {**old, **fresh}, "refreshed": True, "user_info": None, "notice": "The tokens are new."}
            self._keep({**kept, **changes})
        return redirect(url_for("tokens"), 303)

    def sign_out(self) -> Redirect:
        _check_form()
        kept = self._kept()
        self._forget()
        if kept is not None and "refresh_token" in kept["token"]:
            self._revoke(kept["token"]["refresh_token"])
        query = urlencode({"client_id": self.client_id, "logout_uri": f"{self.origin}/"})
        return redirect(f"{self.server}/logout?{query}", 303)

    def _revoke(self, refresh_token: str) -> None:
        """Signing out here must not depend on the server's answer."""
        form = {"token": refresh_token, "client_id": self.client_id}
        try:
            requests.post(self._told("revocation_endpoint"), data=form, timeout=_SECONDS)
        except requests.RequestException as error:
            _log.warning("not revoked: %s", type(error).__name__)

    def _told(self, name: str) -> Any:
        """What the discovery document says."""
        return self.remote.load_server_metadata().get(name)

    def _kept(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.shelf.get(f"tokens:{session.get('sid')}")
        return found

    def _keep(self, kept: dict[str, Any]) -> None:
        self.shelf.set(f"tokens:{session['sid']}", kept)

    def _forget(self) -> None:
        self.shelf.delete(f"tokens:{session.get('sid')}")
        session.clear()


def _check_form() -> None:
    """Another port of this host is the same site to a cookie, so each form carries a token of its own."""
    given, kept = request.form.get("csrf", ""), session.get("csrf", "")
    if not kept or not hmac.compare_digest(given.encode(), kept.encode()):
        abort(400)


def _add_frame(app: Flask, server: str) -> None:
    """The stylesheet, the headers, and kind words for whatever goes wrong."""

    @app.get("/demo.css")
    def stylesheet() -> Response:
        return Response(_STYLESHEET, mimetype="text/css")

    @app.after_request
    def protect(response: Response) -> Response:
        # Chromium applies form-action to the redirect after signing out as well.
        policy = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
        response.headers["Content-Security-Policy"] = f"{policy}; form-action 'self' {server}"
        response.headers.update({"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"})
        response.headers["Cache-Control"] = "no-store"
        return response

    def sorry(title: str, words: str, status: int) -> tuple[str, int]:
        return render_template("sorry.html", title=title, words=words), status

    @app.errorhandler(OAuthError)
    @app.errorhandler(JoseError)
    def refused(error: OAuthError | JoseError) -> tuple[str, int]:
        return sorry("That did not work", str(error.description or error.error or "The server refused.")[:200], 400)

    @app.errorhandler(requests.RequestException)
    def unreachable(_error: requests.RequestException) -> tuple[str, int]:
        return sorry("The sign-in server cannot be reached", "Is it running? Try again in a moment.", 502)

    @app.errorhandler(HTTPException)
    def mistaken(error: HTTPException) -> tuple[str, int]:
        return sorry(error.name, "There is nothing to see here.", error.code or 500)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> tuple[str, int]:
        _log.error("unexpected: %s", type(error).__name__)
        return sorry("Something went wrong", "Start again, and it may not happen twice.", 500)


_TEMPLATES = {
    "frame.html": """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{% block title %}Demo application{% endblock %}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/demo.css">
</head>
<body><main class="{% block width %}card{% endblock %}">
<p class="name"><span aria-hidden="true">◈</span> Demo application</p>
{% block content %}{% endblock %}</main></body></html>""",
    "home.html": """{% extends "frame.html" %}{% block content %}
<h1>{{ "You are signed in" if signed_in else "Welcome" }}</h1>
<p class="lead">An application like any other. It leaves passwords to the sign-in server and gets tokens instead.</p>
{% if signed_in %}<a class="button" href="/tokens">Show my tokens</a>
{% else %}<a class="button" href="/sign-in">Sign in</a>{% endif %}{% endblock %}""",
    "tokens.html": """{% extends "frame.html" %}{% block title %}Your tokens{% endblock %}{% block width %}card wide{% endblock %}
{% macro form(action, words, quiet=false) %}<form method="post" action="{{ action }}">
<input type="hidden" name="csrf" value="{{ csrf }}"><button class="button{{ " quiet" if quiet }}">{{ words }}</button>
</form>{% endmacro %}
{% block content %}<h1>You are signed in</h1>
<p class="lead">These are the tokens the server issued, decoded and checked by this application.</p>
{% if kept.notice %}<p class="notice" role="status">{{ kept.notice }}</p>{% endif %}
<div class="actions">{{ form("/user-info", "Call userInfo") }}
{% if kept.token.refresh_token %}{{ form("/refresh", "Refresh") }}{% endif %}{{ form("/sign-out", "Sign out", true) }}</div>
{% if kept.user_info %}<section id="user-info"><h2>userInfo</h2><pre tabindex="0">{{ kept.user_info }}</pre></section>{% endif %}
{% for token in inspections %}<section id="{{ token.title|lower|replace(" ", "-") }}">
<h2>{{ token.title }} <span class="verdict {{ "good" if token.verified else "bad" }}">{{ "verified" if token.verified else "not verified" }}</span></h2>
<ul>{% for what, holds in token.checks %}<li class="{{ "good" if holds else "bad" }}"><span aria-hidden="true">{{ "✓" if holds else "✗" }}</span>
{{ what }}{% if not holds %}: <strong>no</strong>{% endif %}</li>{% endfor %}</ul>
{% if token.payload %}<h3>Header</h3><pre tabindex="0">{{ token.header }}</pre><h3>Payload</h3><pre tabindex="0">{{ token.payload }}</pre>{% endif %}
</section>{% endfor %}{% endblock %}""",
    "sorry.html": """{% extends "frame.html" %}{% block title %}Error: {{ title }}{% endblock %}{% block content %}
<div role="alert"><h1>{{ title }}</h1><p class="lead">{{ words }}</p></div>
<a class="button" href="/">Start again</a>{% endblock %}""",
}

_STYLESHEET = """
:root { color-scheme: light dark; --ground: #f3f6f7; --surface: #fff; --text: #14202b; --muted: #4b5a66; --line: #dfe5e8;
  --inset: #eef4f5; --accent: #0b6670; --on-accent: #fff; --good: #14693b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #0c1115; --surface: #151b21; --text: #e9eef2; --muted: #a9b6c0;
  --line: #2a343d; --inset: #0f1419; --accent: #63d2d6; --on-accent: #06151a; --good: #8fdcab; --bad: #ffb3ab; } }
* { box-sizing: border-box; }
body { margin: 0; min-block-size: 100vh; display: grid; place-items: center; padding: 24px 16px; background: var(--ground);
  color: var(--text); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.card { inline-size: 100%; max-inline-size: 27rem; padding: clamp(24px, 6vw, 40px); background: var(--surface);
  border: 1px solid var(--line); border-radius: 20px; box-shadow: 0 16px 40px -12px rgb(16 32 43 / 14%); }
.wide { max-inline-size: 52rem; min-inline-size: 0; }
.name { margin: 0 0 28px; font-weight: 600; } .name span { color: var(--accent); }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.02em; }
h2 { margin: 36px 0 8px; font-size: 1.25rem; } h3 { margin: 16px 0 4px; font-size: 0.875rem; color: var(--muted); }
.lead { margin: 8px 0 24px; color: var(--muted); }
.button { display: inline-block; min-block-size: 44px; padding: 10px 20px; border: 1px solid transparent; border-radius: 10px;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; }
.card:not(.wide) .button { display: block; text-align: center; }
.button.quiet { background: none; border-color: currentcolor; color: var(--text); }
.button:hover { filter: brightness(1.08); } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.actions { display: flex; flex-wrap: wrap; gap: 12px; }
.notice { padding: 10px 14px; border-radius: 10px; background: var(--inset); }
.verdict { font-size: 0.875rem; padding: 2px 10px; border: 1px solid currentcolor; border-radius: 99px; }
ul { margin: 0; padding: 0; list-style: none; overflow-wrap: anywhere; }
.good > span, .verdict.good { color: var(--good); } .bad, .bad > span { color: var(--bad); }
pre { margin: 0; padding: 14px 16px; overflow-x: auto; border-radius: 10px; background: var(--inset);
  font: 0.8125rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
@media (forced-colors: active) { .button { border-color: currentcolor; } }
"""


def main(say: Callable[[str], object] = sys.stdout.write) -> None:
    """Serves until SIGTERM or Ctrl-C, on loopback only."""
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # Its access log would hold the codes in the addresses.
    try:
        issuer, client_id = os.environ["DEMO_ISSUER"], os.environ["DEMO_CLIENT_ID"]
    except KeyError as missing:
        raise SystemExit(f"{missing.args[0]} is not set") from None
    origin = f"http://localhost:{(port := int(os.environ.get('DEMO_PORT') or 8001))}"
    secret_key = os.environ.get("DEMO_SECRET_KEY") or secrets.token_urlsafe(32)
    app = create_demo(issuer=issuer, client_id=client_id, origin=origin, secret_key=secret_key)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: sys.exit(0))
    with make_server("127.0.0.1", port, app, threaded=True) as server:
        say(f"Demo application on {origin}\n")
        server.serve_forever()


if __name__ == "__main__":
    main()
