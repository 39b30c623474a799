import json
from dataclasses import dataclass

from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.ids import ClientId, PoolId, Sub, new_handle
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.tokens.hint import IdTokenHint

PARKED_SECONDS = 900
"""As long as the way over the sign-in page may take."""

_KIND = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedHints:
    """What a posted ``id_token_hint`` said, kept here while the browser comes again with a GET: the token itself stays out of
    addresses, and so out of logs and histories. Only proven hints are parked, so that strangers cannot fill the store.
    """

    ephemeral: Ephemeral
    hasher: Hasher
    clock: Clock

    def park(self, hint: IdTokenHint) -> Secret:
        """The handle that stands for the hint."""
        handle = Secret(new_handle())
        value = json.dumps({"pool_id": hint.pool_id, "client_id": hint.client_id, "sub": hint.sub, "sid": hint.sid})
        self.ephemeral.put(_KIND, self._key(handle), value, expires_at=self.clock.now() + PARKED_SECONDS)
        return handle

    def find(self, handle: Secret) -> IdTokenHint | None:
        """The hint, which stays: a sign-in may lie between this request and the same one again."""
        return _read(self.ephemeral.find(_KIND, self._key(handle)))

    def take(self, handle: Secret) -> IdTokenHint | None:
        """The hint, once."""
        return _read(self.ephemeral.take(_KIND, self._key(handle)))

    def _key(self, handle: Secret) -> str:
        return self.hasher.digest(_KIND, handle.reveal())


def _read(stored: str | None) -> IdTokenHint | None:
    if stored is None:
        return None
    value = json.loads(stored)
    return IdTokenHint(
        pool_id=PoolId(value["pool_id"]),
        client_id=ClientId(value["client_id"]),
        sub=Sub(value["sub"]),
        sid=value["sid"],
    )
