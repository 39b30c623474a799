from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.core.account.attributes import UserAttributes
from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.clients.model import Client
from app.core.factors.destination import Destination
from app.core.factors.password import Passwords
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import IncorrectCredentials, TooManyRequests, UserDisabled
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.limits.lockout import Lockout
from app.core.limits.rates import Rates
from app.core.pools.model import Pool
from app.core.users.model import User, UserStatus
from app.core.users.ports import Administration, UserStore

CHANGES_PER_HOUR = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    users: UserStore
    attributes: UserAttributes
    administration: Administration
    passwords: Passwords
    lockout: Lockout
    rates: Rates
    audit: AuditLog
    clock: Clock
    transactions: Transactions

    def change_password(  # noqa: PLR0917 - the interface between rooms
        self, pool: Pool, client: Client, user: User, old: Secret | None, new: Secret, caller: Caller
    ) -> User:
        """The old password, proven again, gives way to the new one; returns the saved user. Sessions go on (as in Cognito).
        Who never had a password needs none.

        The old password counts as a guess: a stolen session is no way around the lockout. Raises ``PasswordPolicyViolation``,
        ``PasswordReused``, ``IncorrectCredentials``, ``LockedOut``, ``AttemptLimitExceeded``, ``UserDisabled``, ``Conflict``.
        """
        with Trail(
            audit=self.audit,
            event="account.change_password",
            caller=caller,
            pool_id=pool.pool_id,
            client_id=client.client_id,
            sub=user.sub,
        ) as trail:
            self.passwords.check(pool, new)
            self.rates.check("change_password", f"{pool.pool_id}:{user.sub}", CHANGES_PER_HOUR)
            current = self.users.find(pool.pool_id, user.sub)
            if current is None or current.status is not UserStatus.CONFIRMED:
                raise IncorrectCredentials
            if not current.enabled:
                raise UserDisabled
            if current.password is not None:
                self._prove(pool, current, old)
            encoded = self.passwords.encode(pool, current, new)
            changed = replace(self.passwords.replace(current, encoded), updated_at=self.clock.now())
            with self.transactions.transaction():
                saved = self.users.save(changed)
                self.passwords.remember(pool, current)
                trail.record()
            return saved

    def _prove(self, pool: Pool, user: User, old: Secret | None) -> None:
        if old is None:
            raise IncorrectCredentials
        guess = self.lockout.check_and_count(pool.pool_id, user.sub)
        try:
            right = self.passwords.verify(user, old)
        except TooManyRequests:
            self.lockout.forgive(guess)
            raise
        if not right:
            raise IncorrectCredentials
        self.lockout.clear(pool.pool_id, user.sub)

    # What the pages and the API do with attributes.

    def change_attributes(
        self, pool: Pool, client: Client, user: User, changes: Mapping[str, str], caller: Caller
    ) -> tuple[Destination, ...]:
        """As ``UserAttributes.change``, by the user."""
        return self.attributes.change(pool, client, user, changes, caller)

    def send_code(self, pool: Pool, client: Client, user: User, attribute: str, caller: Caller) -> Destination:
        """As ``UserAttributes.send_code``."""
        return self.attributes.send_code(pool, client, user, attribute, caller)

    def verify(  # noqa: PLR0917 - the interface between rooms
        self, pool: Pool, client: Client, user: User, attribute: str, code: Secret, caller: Caller
    ) -> User:
        """As ``UserAttributes.verify``."""
        return self.attributes.verify(pool, client, user, attribute, code, caller)

    def delete(self, pool: Pool, client: Client, user: User, caller: Caller) -> None:
        """The user and everything of theirs (Cognito: DeleteUser); the clients of their sessions hear of it."""
        with (
            Trail(
                audit=self.audit,
                event="account.delete",
                caller=caller,
                pool_id=pool.pool_id,
                client_id=client.client_id,
                sub=user.sub,
            ) as trail,
            self.transactions.transaction(),
        ):
            self.users.remove(pool.pool_id, user.sub)
            self.administration.record("delete", user)
            trail.record()
