"""What a confidential client may learn about a token that was shown to it (RFC 7662)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.clients.model import Client
from app.core.kernel.errors import TokenInvalid
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.tokens.continuation import Stop, choose_continuation
from app.core.tokens.service import Tokens
from app.core.tokens.verification import looks_signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Introspection:
    """One statement for a user's token, none for a client's."""

    tokens: Tokens

    def describe(self, pool: Pool, client: Client, token: Secret) -> Mapping[str, Any] | None:
        """The members of the answer; None for whatever does not count now, which never says why (RFC 7662 §2.2).

        Any confidential client of the pool may ask about the pool's access tokens, as gateways do; about a refresh token only
        the client that it was issued to.
        """
        if looks_signed(token.reveal()):
            return self._access(pool, token.reveal())
        return self._refresh(pool, client, token)

    def _access(self, pool: Pool, token: str) -> Mapping[str, Any] | None:
        try:
            access = self.tokens.verify_any_access(token, pool_id=pool.pool_id)
        except TokenInvalid:
            return None
        return {**access.claims, "token_type": "Bearer"}

    def _refresh(self, pool: Pool, client: Client, token: Secret) -> Mapping[str, Any] | None:
        family = self.tokens.find_family(token)
        step = choose_continuation(pool, client, family, now=self.tokens.clock.now())
        # A token within its grace period was exchanged already: it may be repeated, but whoever asks had better not rely on it.
        if family is None or isinstance(step, Stop) or family.refresh.used_at is not None:
            return None
        session = family.session
        sub = self.tokens.subject_for(client, session.sub)
        return {
            "scope": " ".join(session.scope),
            "client_id": session.client_id,
            "username": sub if client.extensions.pairwise else step.user.username,
            "token_use": "refresh",
            "exp": family.refresh.expires_at,
            "iat": family.refresh.created_at,
            "sub": sub,
            "iss": self.tokens.issuer(pool.pool_id),
            "auth_time": session.auth_time,
        }
