"""ID tokens of this server's own user pools as logins (Cognito: "Integrating Amazon Cognito user pools")."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.identity_pools.model import IdentityPool, Login, VerifiedLogin
from app.core.identity_pools.provider_names import ProviderNames
from app.core.identity_pools.refusals import LoginRefused, ProviderNotSupported
from app.core.kernel.clock import Clock
from app.core.kernel.errors import TokenInvalid
from app.core.kernel.ids import ClientId, PoolId, Sub
from app.core.keys.model import KeyPurpose
from app.core.tokens.ports import FindClient, FindPool, SigningKeys, TokenStore
from app.core.tokens.verification import read_unverified, verify
from app.core.users.ports import UserStore

_LARGEST_TOKEN = 50_000
"""Characters (Cognito: IdentityProviderToken). A user's attributes are in their ID token, and may be long."""
_SIGNATURE = "Invalid login token. Token signature invalid."
_ACCESS_TOKEN = "Invalid login token. Missing a required claim: aud"
"""What Cognito says to somebody who took the access token for the ID token."""
_SIGNED_OUT = "Invalid login token. Token is expired, disabled, or deleted, or the user has globally signed out."


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPoolLogins:
    """``public_url`` is the origin of every user pool's issuer."""

    names: ProviderNames
    keys: SigningKeys
    find_pool: FindPool
    find_client: FindClient
    sessions: TokenStore
    users: UserStore
    clock: Clock
    public_url: str

    def verify(self, pool: IdentityPool, provider: str, token: str) -> VerifiedLogin:
        """``provider`` is canonical. Raises ``LoginRefused`` unless the token is an ID token for one of the clients that the
        identity pool takes from this user pool, in time, and, where it asks for that, still counting at the user pool.
        """
        allowed = self._clients(pool, provider)
        pool_id = PoolId(self.names.find_user_pool(provider) or "")
        if not allowed:
            raise ProviderNotSupported
        claims = self._read(pool_id, token)
        client_id, sub = claims.get("aud"), claims.get("sub")
        if claims.get("token_use") != "id" or not isinstance(client_id, str) or not isinstance(sub, str):
            raise LoginRefused
        if client_id not in allowed:
            raise LoginRefused("Invalid login token. Incorrect token audience.")
        now = self.clock.now()
        if now >= claims["exp"]:
            raise LoginRefused(f"Invalid login token. Token expired: {now} >= {claims['exp']}")
        if allowed[client_id]:
            self._check_at_pool(pool_id, client_id, claims)
        return VerifiedLogin(login=Login(provider=provider, subject=sub), client_id=client_id, claims=claims)

    def _clients(self, pool: IdentityPool, provider: str) -> dict[str, bool]:
        """Of each client whose tokens count, whether the user pool is asked too."""
        return {
            given["ClientId"]: given.get("ServerSideTokenCheck") is True
            for given in pool.settings.get("CognitoIdentityProviders") or ()
            if self.names.canonical(given["ProviderName"]) == provider
        }

    def _read(self, pool_id: PoolId, token: str) -> Mapping[str, Any]:
        try:
            unverified = read_unverified(token, largest=_LARGEST_TOKEN)
        except TokenInvalid as refused:
            raise LoginRefused from refused
        if unverified.issuer != f"{self.public_url}/{pool_id}":
            raise LoginRefused("Invalid login token. Issuer doesn't match providerName")
        found = self.find_pool(pool_id)
        if found is None or not found.extensions.enabled:
            raise ProviderNotSupported
        try:
            # An access token is signed with another key: it ends here.
            return verify(unverified, self.keys.find_verifier(pool_id, KeyPurpose.ID, unverified.kid))
        except TokenInvalid as refused:
            is_access = self.keys.find_verifier(pool_id, KeyPurpose.ACCESS, unverified.kid) is not None
            raise LoginRefused(_ACCESS_TOKEN if is_access else _SIGNATURE) from refused

    def _check_at_pool(self, pool_id: PoolId, client_id: str, claims: Mapping[str, Any]) -> None:
        """ServerSideTokenCheck: the user exists, is enabled, and neither they nor anybody for them has signed out since."""
        client = self.find_client(ClientId(client_id))
        if client is None or client.pool_id != pool_id:
            raise LoginRefused(_SIGNED_OUT)
        origin = claims.get("origin_jti")
        if isinstance(origin, str):
            found = self.sessions.find_session(pool_id, origin)
            if found is None or found[0].revoked_at is not None:
                raise LoginRefused(_SIGNED_OUT)
            user = found[1]
        else:
            user = self.users.find(pool_id, Sub(claims["sub"]))
        if user is None or not user.enabled or claims["auth_time"] <= user.sessions_valid_after:
            raise LoginRefused(_SIGNED_OUT)
