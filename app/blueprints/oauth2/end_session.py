"""The end session endpoint (OpenID Connect RP-Initiated Logout 1.0), and how every sign-out ends: clients told, browser sent on."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.asked_again import find_hint
from app.blueprints.oauth2.errors import PageRefusal, as_registered, not_stored, not_stored_redirect
from app.blueprints.oauth2.parameters import Parameters
from app.blueprints.oauth2.server import PoolhouseServer
from app.core.clients.extensions import origin_of
from app.core.clients.model import Client
from app.core.kernel.ids import PoolId
from app.core.pools.model import Pool
from app.core.sessions.model import BrowserSession
from app.core.tokens.hint import IdTokenHint
from app.core.users.model import User
from app.web.contexts import SignedOutPage, SigningOutPage, SignOutPage
from app.web.csrf import FormRefused
from app.web.headers import allow_form_target, allow_frames

_KEPT = ("client_id", "post_logout_redirect_uri", "state", "ui_locales", "lang")
"""What the confirmation page's form carries on. Never the hint: a token has no business in a page's address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A logout request that may be answered. ``target`` is a registered address of ``client`` with the state on it, or None."""

    pool: Pool | None
    client: Client | None
    hint: IdTokenHint | None
    target: str | None
    query: str


class EndSession:
    """Nobody is signed out by a request that does not prove that it comes from a client of this very session: a page asks first."""

    def __init__(self, server: PoolhouseServer) -> None:
        self._server = server
        self._surroundings = server.surroundings

    def get(self, payload: Parameters) -> Response:
        request = self._read(payload)
        live = self._live(request.pool)
        if not live:
            return self._leave_without_session(request)
        pool, session, user = live[0]
        if request.hint is not None and request.hint.sid == session.sid:
            return self.leave(pool, request.client, request.target, self.end(pool))
        if request.target is not None:
            allow_form_target(request.target)
        return not_stored(
            self._surroundings.client_pages.draw(
                SignOutPage,
                pool=pool,
                client=request.client,
                form_url=f"/logout?{request.query}" if request.query else "/logout",
                username=None if user is None else user.attributes.get("email") or user.username,
            )
        )

    def confirm(self, payload: Parameters) -> Response:
        """The confirmation page's own form: ends every session it spoke of. A form that is not ours is asked again."""
        request = self._read(payload)
        live = self._live(request.pool)
        if not live:
            return self._leave_without_session(request)
        try:
            self._surroundings.csrf.check_form(flask_request, live[0][0].pool_id)
        except FormRefused:
            return self._ask_again(request)
        if flask_request.form.get("action") != "sign_out":
            return self._ask_again(request)
        frames: list[str] = []
        for pool, _, _ in live:
            frames += self.end(pool)
        return self.leave(live[0][0], request.client, request.target, frames, left=[pool for pool, _, _ in live])

    def end(self, pool: Pool) -> tuple[str, ...]:
        """Ends this browser's session at the pool and tells its clients; the addresses that the browser must load."""
        pool_id = pool.pool_id
        handle = self._surroundings.session_handle(pool_id)
        session = None if handle is None else self._surroundings.sessions.find(pool_id, handle)
        if handle is None:
            return ()
        frames = () if session is None else self._surroundings.logouts.end(pool_id, session.sid)
        self._surroundings.sessions.close(pool_id, handle)
        return frames

    def leave(
        self,
        pool: Pool,
        client: Client | None,
        target: str | None,
        frames: Sequence[str],
        *,
        left: Sequence[Pool] = (),
    ) -> Response:
        """To the address, by way of the frames where there are any; without an address, a page says that it is done."""
        if frames:
            allow_frames(origin for origin in map(origin_of, frames) if origin is not None)
            further = target or ("/logout" if client is None else f"/logout?client_id={quote(client.client_id)}")
            response = self._surroundings.client_pages.draw(
                SigningOutPage, pool=pool, client=client, frames=tuple(frames), continue_url=further
            )
        elif target is not None:
            response = as_registered(target)
        else:
            response = self._surroundings.client_pages.draw(SignedOutPage, pool=pool, client=client)
        for each in left or (pool,):
            self._surroundings.forget_session(response, each.pool_id)
        return not_stored(response)

    def _leave_without_session(self, request: _Request) -> Response:
        """Nobody is signed in here any more. The clients of a session that has run out still hear of its end by a proven hint;
        a session that lives on in some browser is ended from that browser alone.
        """
        frames: tuple[str, ...] = ()
        hint = request.hint
        if (
            hint is not None
            and hint.sid is not None
            and not self._surroundings.sessions.is_live(hint.pool_id, hint.sid)
        ):
            frames = self._surroundings.logouts.end(hint.pool_id, hint.sid)
        if request.pool is not None:
            return self.leave(request.pool, request.client, request.target, frames)
        return not_stored(self._surroundings.client_pages.draw(SignedOutPage, pool=None, client=None))

    def _ask_again(self, request: _Request) -> Response:
        return not_stored_redirect(f"/logout?{request.query}" if request.query else "/logout", status=303)

    def _read(self, payload: Parameters) -> _Request:
        """Raises ``PageRefusal`` for an unknown client, one that the hint contradicts, and an address it did not register."""
        client_id, hint = payload.client_id, find_hint(self._surroundings, payload, once=True)
        record = self._server.query_client(client_id if client_id is not None or hint is None else hint.client_id)
        if client_id is not None and record is None:
            raise PageRefusal("invalid_client", "The client does not exist.")
        if hint is not None and client_id is not None and hint.client_id != client_id:
            raise PageRefusal("invalid_request", "The id_token_hint was issued to another client.")
        if record is None or (hint is not None and hint.pool_id != record.pool.pool_id):
            # A token of a client that is gone, or of another pool than the host's, proves nothing here.
            hint = None
        kept = {name: payload.data[name] for name in _KEPT if name in payload.data}
        if record is None:
            kept.pop("post_logout_redirect_uri", None)
            query = urlencode(kept, quote_via=quote)
            return _Request(pool=self._surroundings.pool_of_host(), client=None, hint=None, target=None, query=query)
        target = payload.data.get("post_logout_redirect_uri")
        if target is not None and target not in record.client.settings.logout_urls:
            raise PageRefusal(
                "logout_mismatch",
                "The sign-out URL is not registered for this client.",
                pool=record.pool,
                client=record.client,
            )
        kept["client_id"] = record.client.client_id
        return _Request(
            pool=record.pool,
            client=record.client,
            hint=hint,
            target=_with_state(target, payload.state),
            query=urlencode(kept, quote_via=quote),
        )

    def _live(self, pool: Pool | None) -> list[tuple[Pool, BrowserSession, User | None]]:
        """The browser's sessions at the pool, or at every pool where the request does not say which."""
        pool_ids: Sequence[PoolId] = self._surroundings.session_pools() if pool is None else (pool.pool_id,)
        live = []
        for pool_id in pool_ids:
            handle, found = self._surroundings.session_handle(pool_id), self._surroundings.find_pool(pool_id)
            if handle is None or found is None:
                continue
            session = self._surroundings.sessions.find_with_user(pool_id, handle)
            if session is not None:
                live.append((found, *session))
        return live


def _with_state(target: str | None, state: str | None) -> str | None:
    """RP-Initiated Logout 1.0 §3: the state comes back untouched."""
    if target is None or state is None:
        return target
    return f"{target}{'&' if '?' in target else '?'}{urlencode({'state': state}, quote_via=quote)}"
