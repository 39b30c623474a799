"""Whether an access token counts now: the signature proves who made it, the rows say whether it still holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.clients.model import Client
from app.core.kernel.clock import Clock
from app.core.kernel.errors import TokenInvalid
from app.core.kernel.ids import ClientId, PoolId, Sub
from app.core.kernel.sealing import Hasher
from app.core.keys.model import KeyPurpose
from app.core.pools.model import Pool
from app.core.tokens.model import TokenSession, VerifiedAccess, VerifiedMachine
from app.core.tokens.ports import FindClient, FindPool, SigningKeys, TokenStore
from app.core.tokens.subjects import PAIRWISE, subject_of
from app.core.tokens.verification import read_unverified, verify
from app.core.users.model import User
from app.core.users.ports import UserStore


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTokens:
    """``public_url`` is the origin of every issuer."""

    store: TokenStore
    users: UserStore
    keys: SigningKeys
    find_pool: FindPool
    find_client: FindClient
    hasher: Hasher
    clock: Clock
    public_url: str

    def issuer(self, pool_id: PoolId) -> str:
        """The pool's issuer identifier: what stands in ``iss``, and below which discovery answers."""
        return f"{self.public_url}/{pool_id}"

    def subject_for(self, client: Client, sub: Sub) -> str:
        """The ``sub`` by which the client knows the user: in ID tokens, access tokens, userInfo and introspection alike."""
        return subject_of(client, sub, self.hasher.derive(PAIRWISE)) if client.extensions.pairwise else sub

    def verify_access(self, token: str, *, pool_id: PoolId | None = None) -> VerifiedAccess:
        """Everything about an access token of ours that counts now; else ``TokenInvalid``, which never says why.

        ``pool_id`` is the pool of the host that was asked, where the host has one: another pool's token is refused there.
        """
        found = self.verify_any_access(token, pool_id=pool_id)
        if isinstance(found, VerifiedMachine):
            raise TokenInvalid
        return found

    def verify_any_access(self, token: str, *, pool_id: PoolId | None = None) -> VerifiedAccess | VerifiedMachine:
        """As ``verify_access``, and the same for a token that a client got for itself, which needs no database at all."""
        unverified = read_unverified(token)
        pool = self._pool_of(unverified.issuer)
        if pool_id is not None and pool.pool_id != pool_id:
            raise TokenInvalid
        claims = verify(unverified, self.keys.find_verifier(pool.pool_id, KeyPurpose.ACCESS, unverified.kid))
        if claims.get("token_use") != "access" or claims["exp"] <= self.clock.now():
            raise TokenInvalid
        client = self.find_client(ClientId(claims["client_id"]))
        if client is None or client.pool_id != pool.pool_id:
            raise TokenInvalid
        if "username" not in claims:
            return VerifiedMachine(pool=pool, client=client, claims=claims)
        session, user = self._session_of(pool, client, claims)
        return VerifiedAccess(
            pool=pool,
            client=client,
            user=user,
            session=session,
            scope=tuple(claims["scope"].split(" ")),
            claims=claims,
        )

    def why_refused(self, token: str) -> str:
        """Of a refused access token: ``expired`` or ``revoked`` where we signed it, for its holder to know; else ``invalid``."""
        try:
            unverified = read_unverified(token)
            pool = self._pool_of(unverified.issuer)
            claims = verify(unverified, self.keys.find_verifier(pool.pool_id, KeyPurpose.ACCESS, unverified.kid))
        except TokenInvalid:
            return "invalid"
        if claims.get("token_use") != "access":
            return "invalid"
        return "expired" if claims["exp"] <= self.clock.now() else "revoked"

    def _pool_of(self, issuer: str) -> Pool:
        """The living pool of an issuer as a token names it: not yet proven, so only good for finding the key."""
        origin, _, name = issuer.rpartition("/")
        # Identifiers are ASCII words: anything else never reaches a store.
        known = origin == self.public_url and name.isascii() and name.replace("-", "").replace("_", "").isalnum()
        pool = self.find_pool(PoolId(name)) if known else None
        if pool is None or not pool.extensions.enabled:
            raise TokenInvalid
        return pool

    def _session_of(self, pool: Pool, client: Client, claims: Mapping[str, Any]) -> tuple[TokenSession | None, User]:
        """The session row is the truth; tokens that name none fall under the user's cut-off alone. Equal seconds are refused."""
        session: TokenSession | None = None
        if "origin_jti" in claims:
            found = self.store.find_session(pool.pool_id, claims["origin_jti"])
            if found is None:
                raise TokenInvalid
            session, user = found
            if session.revoked_at is not None or session.client_id != claims["client_id"]:
                raise TokenInvalid
        else:
            user = self.users.find(pool.pool_id, Sub(claims["sub"]))
        if user is None or not user.enabled or self.subject_for(client, user.sub) != claims["sub"]:
            raise TokenInvalid
        if claims["auth_time"] <= user.sessions_valid_after:
            raise TokenInvalid
        return session, user
