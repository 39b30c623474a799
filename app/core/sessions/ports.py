from typing import Protocol

from app.core.clients.model import Client
from app.core.kernel.ids import ClientId, PoolId, Sub
from app.core.keys.model import KeyPurpose, Signer
from app.core.pools.model import Pool
from app.core.sessions.model import Participant


class ConsentStore(Protocol):
    def find_scopes(self, pool_id: PoolId, sub: Sub, client_id: ClientId) -> frozenset[str]:
        """Every scope that the person has agreed to for this client."""

    def add_scopes(self, pool_id: PoolId, sub: Sub, client_id: ClientId, scopes: tuple[str, ...], *, at: int) -> None:
        """Adds to what was agreed to; repeating is harmless."""


class ParticipantStore(Protocol):
    def add(self, participant: Participant) -> None:
        """Stores, or moves the expiry of the one that is there."""

    def take_session(self, pool_id: PoolId, sid: str, *, now: int) -> list[Participant]:
        """Removes and returns the live ones of a browser session; of parallel callers exactly one gets each."""

    def take_user(self, pool_id: PoolId, sub: Sub, *, now: int) -> list[Participant]:
        """The same for all sessions of a user."""


class Queue(Protocol):
    """The deliveries room, as far as signing out needs it."""

    def enqueue(self, kind: str, payload: str) -> None:
        """Joins the open transaction."""


class LogoutKeys(Protocol):
    def signer(self, pool_id: str, purpose: KeyPurpose) -> Signer:
        """What signs now. Raises ``Unavailable`` where the pool has no key."""


class FindPool(Protocol):
    def __call__(self, pool_id: PoolId, /) -> Pool | None: ...


class FindClient(Protocol):
    def __call__(self, client_id: ClientId, /) -> Client | None: ...


class NameIssuer(Protocol):
    def __call__(self, pool_id: PoolId, /) -> str:
        """The pool's issuer identifier."""


class NameSubject(Protocol):
    def __call__(self, client: Client, sub: Sub, /) -> str:
        """The ``sub`` by which the client knows the user."""
