from typing import Protocol

from app.core.clients.model import Client
from app.core.kernel.ids import ClientId, PoolId, Sub
from app.core.keys.model import KeyPurpose, Signer
from app.core.pools.model import Pool
from app.core.tokens.model import AuthorizationCode, RefreshToken, Sighting, TokenSession
from app.core.users.model import User


class TokenStore(Protocol):
    def add_code(self, code: AuthorizationCode) -> None: ...

    def find_code(self, code_hash: str) -> AuthorizationCode | None:
        """Used ones too: a tombstone is how replay is seen."""

    def redeem_code(self, code_hash: str, session: TokenSession, refresh: RefreshToken | None, *, now: int) -> bool:
        """Marks the code used and stores what it became, all or nothing; of parallel callers exactly one gets True."""

    def add_session(self, session: TokenSession) -> None:
        """A session that no code became: the implicit grant's."""

    def begin_session(self, session: TokenSession, refresh: RefreshToken) -> None:
        """A session that no code became, and its first refresh token, all or nothing."""

    def find_refresh(self, token_hash: str) -> tuple[RefreshToken, TokenSession, User | None] | None:
        """The token, its session and its user in one statement; used tokens too."""

    def rotate_refresh(self, token_hash: str, successor: RefreshToken, *, now: int, reusable_since: int) -> bool:
        """Marks the token used (a first use, or a repeat not before ``reusable_since``: the grace period) and stores its
        successor, all or nothing; False where it was used before that or its session is revoked.
        """

    def find_session(self, pool_id: PoolId, origin_jti: str) -> tuple[TokenSession, User | None] | None:
        """The session and its user in one statement."""

    def bind_once(self, pool_id: PoolId, origin_jti: str, name: str, value: str) -> bool:
        """Adds to the session's ``extra`` what was not there; False where another value came first, or the session is gone."""

    def list_sessions(
        self, pool_id: PoolId, sub: Sub, *, now: int, signed_in_after: int, limit: int
    ) -> list[TokenSession]:
        """The user's unrevoked, unexpired sessions, the latest active first."""

    def see_session(self, pool_id: PoolId, origin_jti: str, seen: Sighting) -> None: ...

    def evict_sessions(self, session: TokenSession, *, keep: int, now: int) -> None:
        """Revokes the user's least recently active sessions, so that at most ``keep`` are left, this one among them."""

    def revoke_browser_sessions(self, pool_id: PoolId, sub: Sub, sid: str, *, now: int) -> None:
        """Revokes what came through one browser session of the user's."""

    def revoke_session(self, pool_id: PoolId, origin_jti: str, *, now: int) -> None: ...


class SigningKeys(Protocol):
    """The keys room, as far as tokens need it."""

    def signer(self, pool_id: str, purpose: KeyPurpose) -> Signer:
        """What signs now. Raises ``Unavailable`` where the pool has no key."""

    def find_verifier(self, pool_id: str, purpose: KeyPurpose, kid: str) -> Signer | None:
        """The key with this kid and its algorithm, if it still verifies tokens of this purpose."""


class FindPool(Protocol):
    def __call__(self, pool_id: PoolId, /) -> Pool | None: ...


class FindClient(Protocol):
    def __call__(self, client_id: ClientId, /) -> Client | None: ...


class Ended(Protocol):
    """The sessions room, as far as a code needs it."""

    def has_ended(self, pool_id: PoolId, sid: str, /) -> bool:
        """Whether the browser session was signed out. Raises ``Unavailable`` where nobody can tell."""
