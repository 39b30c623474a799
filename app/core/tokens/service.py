from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.audit.model import AuditEvent
from app.core.audit.ports import AuditLog
from app.core.audit.tally import TOKENS_ISSUED, Tally, Uncounted
from app.core.clients.model import Client
from app.core.groups.ports import GroupStore
from app.core.kernel.caller import Caller
from app.core.kernel.errors import GrantInvalid, RefreshTokenReuse
from app.core.kernel.ids import new_handle, new_uuid
from app.core.kernel.secret import Secret
from app.core.keys.model import KeyPurpose
from app.core.pools.model import Pool
from app.core.sessions.device_names import describe_device
from app.core.sessions.model import BrowserSession
from app.core.tokens.access import AccessTokens
from app.core.tokens.beginning import RESOURCE, begin_directly, begin_from_api, begin_from_code
from app.core.tokens.claims import Subject, client_claims
from app.core.tokens.continuation import GoOn, Rotate, Stop, choose_continuation
from app.core.tokens.errors import (
    NotRevocable,
    RefreshExpired,
    RefreshRevoked,
    RevocationDisabled,
    ScopeExceeded,
    TargetInvalid,
)
from app.core.tokens.issue import Mint, sign_access
from app.core.tokens.model import (
    AuthorizationCode,
    CodeRequest,
    DirectRequest,
    DirectTokens,
    RefreshFamily,
    RefreshToken,
    Sighting,
    TokenSession,
    TokenSet,
)
from app.core.tokens.ports import Ended
from app.core.tokens.resources import choose_audience, narrow_resource
from app.core.tokens.scopes import check_readable, narrow_scope
from app.core.tokens.verification import looks_signed
from app.core.users.model import User

CODE_SECONDS = 300
"""An authorization code lives five minutes (tokens.md §6)."""

_REFUSALS: Mapping[GoOn | Rotate | Stop, type[GrantInvalid]] = {
    Stop.REVOKED: RefreshRevoked,
    Stop.NO_USER: RefreshRevoked,
    Stop.EXPIRED: RefreshExpired,
}
_CODE = "authorization code"
_REFRESH = "refresh token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens(AccessTokens):
    """Codes in, tokens out, and whether a token still counts."""

    groups: GroupStore
    ended: Ended
    audit: AuditLog
    tally: Tally = field(default_factory=Uncounted)

    # -- codes ---------------------------------------------------------------------------------------------------------

    def save_code(
        self, pool: Pool, client: Client, user: User, session: BrowserSession, request: CodeRequest
    ) -> Secret:
        """A fresh authorization code for the request, single use, five minutes (RFC 6749 §4.1.2). The session it will become is named already."""
        now = self.clock.now()
        code = Secret(new_handle())
        self.store.add_code(
            AuthorizationCode(
                code_hash=self.hasher.digest(_CODE, code.reveal()),
                pool_id=pool.pool_id,
                client_id=client.client_id,
                sub=user.sub,
                redirect_uri=request.redirect_uri,
                redirect_uri_given=request.redirect_uri_given,
                scope=request.scope,
                nonce=request.nonce,
                code_challenge=request.code_challenge,
                auth_time=session.auth_time,
                sid=session.sid,
                origin_jti=new_uuid(),
                amr=session.amr,
                extra={} if request.resource is None else {RESOURCE: request.resource},
                created_at=now,
                expires_at=now + CODE_SECONDS,
            )
        )
        return code

    def find_code(self, code: Secret) -> AuthorizationCode | None:
        """What the code stands for, spent or not; nothing is consumed by looking. None where unknown, or expired without having been used."""
        found = self.store.find_code(self.hasher.digest(_CODE, code.reveal()))
        if found is None or (found.used_at is None and found.expires_at <= self.clock.now()):
            return None
        return found

    def redeem(
        self, pool: Pool, client: Client, code: AuthorizationCode, caller: Caller, *, resource: str | None = None
    ) -> TokenSet:
        """The tokens of a code whose redirect URI and PKCE verifier the caller has checked; of parallel callers exactly one gets them.

        Every refusal comes before the code is claimed, so that a refusal consumes nothing. Presenting a spent code revokes
        what it became and raises ``GrantInvalid`` (RFC 6749 §4.1.2). ``resource`` asked for here stays with the session.
        """
        now = self.clock.now()
        if code.pool_id != pool.pool_id or code.client_id != client.client_id:
            raise GrantInvalid
        if code.used_at is not None:
            raise self._replayed(code, caller)
        user = self.users.find(pool.pool_id, code.sub)
        if code.expires_at <= now or user is None or not user.enabled or code.auth_time <= user.sessions_valid_after:
            raise GrantInvalid
        if self.ended.has_ended(pool.pool_id, code.sid):
            raise GrantInvalid
        check_readable(client, code.scope)
        audience = narrow_resource(client, code.extra.get(RESOURCE), resource)
        session = begin_from_code(code, client, now=now, resource=audience, seen=self._seen(pool, caller))
        subject = self._subject(client, user, session, scope=code.scope, nonce=code.nonce, resource=audience)
        mint = Mint(self.keys, pool.pool_id)
        handle = Secret(new_handle())
        refresh = self._refresh_token(
            session, handle, expires_at=now + client.settings.lifetimes.refresh_token, now=now
        )
        if not self.store.redeem_code(code.code_hash, session, refresh, now=now):
            raise self._replayed(code, caller)
        self._make_room(pool, session)
        self.tally.add(TOKENS_ISSUED, "authorization_code")
        return mint.issue(subject, refresh_token=handle)

    def _replayed(self, code: AuthorizationCode, caller: Caller) -> GrantInvalid:
        self.store.revoke_session(code.pool_id, code.origin_jti, now=self.clock.now())
        self._record("tokens.code_replayed", code, caller)
        return GrantInvalid()

    # -- without a code ------------------------------------------------------------------------------------------------

    def issue_directly(
        self, pool: Pool, client: Client, user: User, browser: BrowserSession, request: DirectRequest
    ) -> DirectTokens:
        """The tokens of an authorize request, without a code between (RFC 6749 §4.2); they end with their own short life.

        Raises ``GrantInvalid`` where the client may not read an attribute of the scope.
        """
        check_readable(client, request.scope)
        session = begin_directly(client, user, browser, request, now=self.clock.now())
        subject = self._subject(
            client, user, session, scope=request.scope, nonce=request.nonce, resource=request.resource
        )
        mint = Mint(self.keys, pool.pool_id)
        self.store.add_session(session)
        return mint.issue_directly(subject, request)

    def issue_for_api(
        self,
        pool: Pool,
        client: Client,
        user: User,
        caller: Caller,
        *,
        amr: tuple[str, ...],
        auth_time: int,
        device_key: str | None = None,
    ) -> TokenSet:
        """The tokens that a sign-in by an AWS API ends with (Cognito: InitiateAuth): access, ID and refresh token of a new session."""
        now = self.clock.now()
        seen = self._seen(pool, caller)
        session = begin_from_api(client, user, amr=amr, auth_time=auth_time, device_key=device_key, now=now, seen=seen)
        subject = self._subject(client, user, session, scope=session.scope, nonce=None, resource=None)
        mint = Mint(self.keys, pool.pool_id)
        handle = Secret(new_handle())
        lifetime = client.settings.lifetimes.refresh_token
        self.store.begin_session(session, self._refresh_token(session, handle, expires_at=now + lifetime, now=now))
        self._make_room(pool, session)
        self.tally.add(TOKENS_ISSUED, "api")
        return mint.issue(subject, refresh_token=handle)

    def issue_to_client(self, pool: Pool, client: Client, scope: tuple[str, ...]) -> TokenSet:
        """An access token for the client itself (RFC 6749 §4.4): one signature, nothing read and nothing written."""
        issuer = self.issuer(pool.pool_id)
        claims = client_claims(
            client,
            issuer=issuer,
            scope=scope,
            audience=choose_audience(client, scope=scope, resource=None, issuer=issuer),
            now=self.clock.now(),
            jti=new_uuid(),
        )
        return TokenSet(
            access_token=sign_access(self.keys.signer(pool.pool_id, KeyPurpose.ACCESS), client, claims),
            id_token=None,
            refresh_token=None,
            expires_in=client.settings.lifetimes.access_token,
            scope=scope,
        )

    # -- refresh -------------------------------------------------------------------------------------------------------

    def find_family(self, refresh_token: Secret) -> RefreshFamily | None:
        """The token's session and user, whatever their state; nothing is consumed by looking."""
        found = self.store.find_refresh(self.hasher.digest(_REFRESH, refresh_token.reveal()))
        if found is None:
            return None
        refresh, session, user = found
        return RefreshFamily(refresh=refresh, session=session, user=user)

    def refresh(self, pool: Pool, client: Client, refresh_token: Secret, scope: str | None, caller: Caller) -> TokenSet:
        """Fresh tokens for a refresh token. Raises ``GrantInvalid``, ``RefreshTokenReuse`` or ``ScopeExceeded``."""
        return self.extend(pool, client, self.find_family(refresh_token), scope, caller)

    def extend(
        self,
        pool: Pool,
        client: Client,
        family: RefreshFamily | None,
        scope: str | None,
        caller: Caller,
        *,
        resource: str | None = None,
        device_key: str | None = None,
    ) -> TokenSet:
        """As ``refresh``, for a family already looked up. A ``resource`` first named here stays with the family. Only a rotating client gets a new refresh token, which expires when the first one would have."""
        now = self.clock.now()
        step = choose_continuation(pool, client, family, now=now, device_key=device_key)
        if family is None or isinstance(step, Stop):
            raise self._stopped(step, family, caller)
        session = family.session
        narrowed = narrow_scope(session.scope, scope)
        if narrowed is None:
            raise ScopeExceeded
        check_readable(client, narrowed)
        audience = narrow_resource(client, session.extra.get(RESOURCE), resource)
        subject = self._subject(client, step.user, session, scope=narrowed, nonce=None, resource=audience)
        mint = Mint(self.keys, pool.pool_id)
        if audience is not None and RESOURCE not in session.extra:
            self._bind(session, audience)
        handle = None if isinstance(step, GoOn) else self._rotate(family, step, caller, now)
        seen = self._seen(pool, caller)
        if seen is not None:
            self.store.see_session(session.pool_id, session.origin_jti, seen)
        self.tally.add(TOKENS_ISSUED, "refresh_token")
        return mint.issue(subject, refresh_token=handle)

    def _bind(self, session: TokenSession, resource: str) -> None:
        """The first resource that is named stays the only one, whenever it is named and whoever else asks meanwhile."""
        if not self.store.bind_once(session.pool_id, session.origin_jti, RESOURCE, resource):
            raise TargetInvalid("The authorization was given for another resource.")

    def _rotate(self, family: RefreshFamily, step: Rotate, caller: Caller, now: int) -> Secret:
        handle = Secret(new_handle())
        successor = self._refresh_token(family.session, handle, expires_at=family.refresh.expires_at, now=now)
        if not self.store.rotate_refresh(
            family.refresh.token_hash, successor, now=now, reusable_since=step.reusable_since
        ):
            raise self._stopped(Stop.REUSED, family, caller)
        return handle

    def _stopped(self, step: GoOn | Rotate | Stop, family: RefreshFamily | None, caller: Caller) -> GrantInvalid:
        if family is None or step is not Stop.REUSED:
            return _REFUSALS.get(step, GrantInvalid)()
        session = family.session
        self.store.revoke_session(session.pool_id, session.origin_jti, now=self.clock.now())
        self._record("tokens.refresh_reused", session, caller)
        return RefreshTokenReuse()

    # -- revocation -----------------------------------------------------------------------------------

    def revoke(self, pool: Pool, client: Client, token: Secret, caller: Caller | None = None) -> None:
        """Ends the session of a refresh token and every token made from it (RFC 7009 §2.1). Unknown and revoked ones pass silently.

        Raises ``RevocationDisabled``, ``NotRevocable`` for access and ID tokens, ``GrantInvalid`` for another client's token.
        """
        if not client.settings.token_revocation:
            raise RevocationDisabled
        if looks_signed(token.reveal()):
            raise NotRevocable
        family = self.find_family(token)
        if family is None:
            return
        session = family.session
        if session.pool_id != pool.pool_id or session.client_id != client.client_id:
            raise GrantInvalid("The token was not issued to this client.")
        self.store.revoke_session(session.pool_id, session.origin_jti, now=self.clock.now())
        self._record("tokens.revoked", session, caller or Caller())

    # -- tracked sessions ----------------------------------------------------------------------------------------------

    def _seen(self, pool: Pool, caller: Caller) -> Sighting | None:
        """Where and when, for pools that track sessions alone: of nobody else it is kept."""
        if not pool.settings.sessions.tracked:
            return None
        address = caller.address[:64] if caller.address else None
        return Sighting(at=self.clock.now(), address=address, device=describe_device(caller.user_agent))

    def _make_room(self, pool: Pool, session: TokenSession) -> None:
        """The oldest session of a user who has too many makes room for the new one (Cognito: TokenSession MaxPerUser)."""
        if pool.settings.sessions.tracked:
            keep = pool.settings.sessions.max_per_user
            self.store.evict_sessions(session, keep=keep, now=self.clock.now())

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _subject(
        self,
        client: Client,
        user: User,
        session: TokenSession,
        *,
        scope: tuple[str, ...],
        nonce: str | None,
        resource: str | None,
    ) -> Subject:
        sub = self.subject_for(client, user.sub)
        return Subject(
            issuer=self.issuer(session.pool_id),
            client=client,
            user=user,
            sub=sub,
            # A username is the same at every client, so it would undo what a pairwise subject is for.
            username=sub if client.extensions.pairwise else user.username,
            groups=self.groups.list_of_user(session.pool_id, user.sub),
            session=session,
            scope=scope,
            nonce=nonce,
            resource=resource,
            now=self.clock.now(),
        )

    def _refresh_token(self, session: TokenSession, handle: Secret, *, expires_at: int, now: int) -> RefreshToken:
        return RefreshToken(
            token_hash=self.hasher.digest(_REFRESH, handle.reveal()),
            pool_id=session.pool_id,
            origin_jti=session.origin_jti,
            created_at=now,
            expires_at=expires_at,
        )

    def _record(self, event: str, about: AuthorizationCode | TokenSession, caller: Caller) -> None:
        self.audit.record(
            AuditEvent(
                event=event,
                outcome="ok",
                pool_id=about.pool_id,
                sub=about.sub,
                client_id=about.client_id,
                address=caller.address,
                request_id=caller.request_id or None,
            )
        )
