import hmac
import secrets
from base64 import b32encode
from dataclasses import dataclass, replace

from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.factors.errors import (
    SoftwareTokenNotEnabled,
    SoftwareTokenNotFound,
    SoftwareTokenRefused,
    SoftwareTokenUsed,
)
from app.core.factors.ports import SoftwareTokenStore
from app.core.factors.preferences import without_factor
from app.core.factors.software_token import NAME, SoftwareToken
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import CodeMismatch
from app.core.kernel.ids import PoolId, Sub, new_uuid
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.pools.model import Pool
from app.core.users.model import User
from app.core.users.ports import UserStore

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""How many steps a phone's clock may be off, to either side (RFC 6238 §5.2 recommends at most one for the network)."""
_SEED_BYTES = 32
"""256 bits, 52 characters as Cognito's; RFC 4226 §4 asks for 160."""
_LONGEST_NAME = 256
_NOBODY = Caller()


@dataclass(frozen=True, slots=True, kw_only=True)
class Totp:
    """Authenticator apps: SHA-1, six digits, thirty seconds, which is what every app can do (RFC 6238)."""

    store: SoftwareTokenStore
    users: UserStore
    audit: AuditLog
    clock: Clock
    transactions: Transactions

    def begin(self, pool: Pool, user: User, *, caller: Caller = _NOBODY) -> Secret:
        """A new seed in base32 that counts once it is confirmed; it replaces one that waits (Cognito: AssociateSoftwareToken).

        Raises ``SoftwareTokenNotEnabled`` where the pool offers no software tokens.
        """
        with self._trail("begin", user, caller) as trail:
            _check_offered(pool)
            seed = Secret(b32encode(secrets.token_bytes(_SEED_BYTES)).decode().rstrip("="))
            token = SoftwareToken(
                token_id=new_uuid(), pool_id=user.pool_id, sub=user.sub, seed=seed, created_at=self.clock.now()
            )
            self.store.put_waiting(token)
            trail.record()
        return seed

    def confirm(
        self, pool: Pool, user: User, code: Secret, *, name: str | None = None, caller: Caller = _NOBODY
    ) -> None:
        """The waiting token counts from now on, in place of an earlier one (Cognito: VerifySoftwareToken). Its code is spent.

        Raises ``SoftwareTokenRefused`` (a ``CodeMismatch``) for a wrong code, ``SoftwareTokenNotFound`` where none waits.
        """
        with self._trail("confirm", user, caller) as trail:
            _check_offered(pool)
            token = self.store.find(user.pool_id, user.sub, confirmed=False)
            if token is None:
                raise SoftwareTokenNotFound
            step = self._find_step(token, code)
            if step is None:
                raise SoftwareTokenRefused
            with self.transactions.transaction():
                if not self.store.confirm(token, step=step, name=name[:_LONGEST_NAME] if name else None):
                    raise SoftwareTokenNotFound
                trail.record()

    def is_set_up(self, pool_id: PoolId, sub: Sub) -> bool:
        return self.store.find(pool_id, sub, confirmed=True) is not None

    def find_name(self, pool_id: PoolId, sub: Sub) -> str | None:
        """What the user calls the token (Cognito: FriendlyDeviceName)."""
        token = self.store.find(pool_id, sub, confirmed=True)
        return None if token is None else token.name

    def check(self, pool: Pool, user: User, code: Secret) -> None:
        """The code is right, now, and for the first time. Raises ``CodeMismatch``, ``SoftwareTokenUsed``, ``SoftwareTokenNotFound``.

        Guesses are counted by whoever asks.
        """
        token = self.store.find(pool.pool_id, user.sub, confirmed=True)
        if token is None:
            raise SoftwareTokenNotFound
        step = self._find_step(token, code)
        if step is None:
            raise CodeMismatch
        if not self.store.use_step(token, step):
            raise SoftwareTokenUsed

    def remove(self, pool: Pool, user: User, *, caller: Caller = _NOBODY) -> User:
        """The user has no software token, and it is no factor of theirs any more (Cognito: AdminDeleteSoftwareToken)."""
        with self._trail("remove", user, caller) as trail, self.transactions.transaction():
            if not self.store.remove(pool.pool_id, user.sub):
                raise SoftwareTokenNotFound
            if NAME in user.mfa.enabled:
                changed = replace(user, mfa=without_factor(user.mfa, NAME), updated_at=self.clock.now())
                user = self.users.save(changed)
            trail.record()
        return user

    def _find_step(self, token: SoftwareToken, code: Secret) -> int | None:
        """The time step the code belongs to. Of several, the latest: codes of two steps may be equal by chance."""
        import pyotp

        otp = pyotp.TOTP(token.seed.reveal(), interval=STEP_SECONDS)
        now = self.clock.now() // STEP_SECONDS
        given = code.reveal().encode()
        found = None
        for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
            if hmac.compare_digest(otp.generate_otp(step).encode(), given):
                found = step
        return found

    def _trail(self, event: str, user: User, caller: Caller) -> Trail:
        return Trail(
            audit=self.audit, event=f"software_token.{event}", caller=caller, pool_id=user.pool_id, sub=user.sub
        )


def _check_offered(pool: Pool) -> None:
    if NAME not in pool.settings.mfa.offers:
        raise SoftwareTokenNotEnabled
