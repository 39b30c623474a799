"""Reading an ``id_token_hint``: an ID token of ours, expired or not (OpenID Connect Core §3.1.2.1, RP-Initiated Logout 1.0 §2)."""

from dataclasses import dataclass

from app.core.kernel.errors import TokenInvalid
from app.core.kernel.ids import ClientId, PoolId, Sub
from app.core.keys.model import KeyPurpose
from app.core.tokens.ports import FindPool, SigningKeys
from app.core.tokens.verification import read_unverified, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class IdTokenHint:
    """Whom and whose the token was. ``sid`` None: it was not issued in a browser session."""

    pool_id: PoolId
    client_id: ClientId
    sub: Sub
    sid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """Proves hints by the keys that still verify ID tokens, each with its one algorithm."""

    keys: SigningKeys
    find_pool: FindPool
    public_url: str

    def find(self, token: str) -> IdTokenHint | None:
        """None unless one of our ID token keys signed it as an ID token; whether it has expired does not matter."""
        try:
            unverified = read_unverified(token)
            pool_id = self._find_pool_id(unverified.issuer)
            if pool_id is None:
                return None
            claims = verify(unverified, self.keys.find_verifier(pool_id, KeyPurpose.ID, unverified.kid))
        except TokenInvalid:
            return None
        client_id, sub, sid = claims.get("aud"), claims.get("sub"), claims.get("sid")
        if claims.get("token_use") != "id" or not isinstance(client_id, str) or not isinstance(sub, str):
            return None
        return IdTokenHint(
            pool_id=pool_id,
            client_id=ClientId(client_id),
            sub=Sub(sub),
            sid=sid if isinstance(sid, str) else None,
        )

    def _find_pool_id(self, issuer: str) -> PoolId | None:
        origin, _, name = issuer.rpartition("/")
        # Identifiers are ASCII words: anything else never reaches a store.
        if origin != self.public_url or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            return None
        pool = self.find_pool(PoolId(name))
        return pool.pool_id if pool is not None and pool.extensions.enabled else None
