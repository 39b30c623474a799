import secrets
import string
from dataclasses import dataclass, replace

from app.core.factors import srp
from app.core.factors.password_policy import MAX_LENGTH, PasswordRule, broken_rules, is_common, violation
from app.core.factors.ports import CommonPasswords, ModularPower, PasswordHasher
from app.core.kernel.clock import Clock
from app.core.kernel.errors import Conflict, PasswordReused
from app.core.kernel.sealing import Sealer, Unsealable
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.users.model import PasswordRecord, User, UserStatus
from app.core.users.ports import UserStore

_DAY = 86400
_MARKS = "!#%+-=?_"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedPassword:
    """A new password that may be set: its slow hash, and the password itself for what else is kept of it."""

    encoded: Secret
    plain: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Passwords:
    """The rules of passwords: what may be chosen, what is right, what has aged. The string is taken as typed, never normalised."""

    hasher: PasswordHasher
    power: ModularPower
    sealer: Sealer
    common: CommonPasswords
    users: UserStore
    clock: Clock

    def verify(self, user: User | None, password: Secret) -> bool:
        """Whether the password is the user's. One hash, whoever the user is and however absurd the password."""
        typed = password.reveal()
        if len(typed) > MAX_LENGTH:
            self.hasher.verify(None, Secret(typed[:MAX_LENGTH]))
            return False
        record = user.password if user else None
        return self.hasher.verify(record.encoded if record else None, password)

    def check(self, pool: Pool, password: Secret) -> None:
        """Raises ``PasswordPolicyViolation`` with every broken rule. Knows no user, so it can run before anything is looked up."""
        rules = broken_rules(pool.settings.password_policy, password.reveal())
        common_matters = pool.extensions.refuse_common_passwords and PasswordRule.TOO_LONG not in rules
        if common_matters and is_common(password.reveal(), self.common.contains):
            rules = (*rules, PasswordRule.COMMON)
        if rules:
            raise violation(rules)

    def encode(
        self, pool: Pool, user: User | None, password: Secret, *, unlike_current: bool = False
    ) -> EncodedPassword:
        """The hash of a new password that fits policy and history (Cognito: PasswordHistorySize, the current one included).

        Costs one hash, and one for each remembered password. Never call it inside a transaction.
        """
        self.check(pool, password)
        if user is not None:
            self._check_not_reused(pool, user, password, unlike_current=unlike_current)
        return EncodedPassword(encoded=self.hasher.hash(password), plain=password)

    def _check_not_reused(self, pool: Pool, user: User, password: Secret, *, unlike_current: bool) -> None:
        remembered = pool.settings.password_policy.history_size
        spent = [user.password.encoded] if user.password and (remembered or unlike_current) else []
        if remembered > 1:
            spent += self.users.find_password_history(user.pool_id, user.sub, limit=remembered - 1)
        if any(self.hasher.verify(encoded, password) for encoded in spent):
            raise PasswordReused

    def replace(self, user: User, encoded: EncodedPassword) -> User:
        """The user with the new password, set now."""
        record = PasswordRecord(
            encoded=encoded.encoded, set_at=self.clock.now(), srp=self._seal_verifier(user, encoded.plain)
        )
        return replace(user, password=record)

    def replace_with(self, pool: Pool, user: User, password: Secret, *, new: bool = False) -> User:
        """``encode`` and ``replace`` in one; a ``new`` user has no history."""
        return self.replace(user, self.encode(pool, None if new else user, password))

    def names(self, user: User) -> srp.Names:
        """What the user's SRP verifier is bound to."""
        return srp.Names(group=srp.pool_name(user.pool_id), member=user.username)

    def find_verifier(self, user: User) -> srp.Verifier | None:
        """None for a password that was never seen here, as an imported one."""
        if user.password is None or user.password.srp is None:
            return None
        try:
            raw = self.sealer.unseal(user.password.srp.reveal(), row=verifier_row(user.sub))
        except Unsealable:
            return None
        return srp.Verifier(salt=raw[: srp.SALT_BYTES], value=int.from_bytes(raw[srp.SALT_BYTES :], "big"))

    def _seal_verifier(self, user: User, password: Secret) -> Secret:
        made = srp.make_verifier(self.power, self.names(user), password.reveal())
        return Secret(self.sealer.seal(made.salt + srp.pad(made.value), row=verifier_row(user.sub)))

    def remember(self, pool: Pool, before: User) -> None:
        """Appends the password that is being replaced to the history; the current one stands in the user's own row."""
        keep = pool.settings.password_policy.history_size - 1
        if keep > 0 and before.password is not None:
            self.users.record_password(
                before.pool_id, before.sub, before.password.encoded, at=before.password.set_at, keep=keep
            )

    def rehash(self, user: User, password: Secret) -> User:
        """The user, with the same password under today's parameters, and with a verifier for SRP, where either is wanting.

        Another's change at that time wins.
        """
        record = user.password
        if record is None:
            return user
        encoded = self.hasher.hash(password) if self.hasher.needs_rehash(record.encoded) else record.encoded
        if encoded is record.encoded and record.srp is not None:
            return user
        fresh = PasswordRecord(
            encoded=encoded, set_at=record.set_at, srp=record.srp or self._seal_verifier(user, password)
        )
        try:
            return self.users.save(replace(user, password=fresh))
        except Conflict:
            return user

    def generate(self, pool: Pool) -> Secret:
        """A random temporary password that every policy accepts."""
        letters = [string.ascii_lowercase, string.ascii_uppercase, string.digits, _MARKS]
        length = max(pool.settings.password_policy.minimum_length, 14)
        drawn = [secrets.choice(alphabet) for alphabet in letters]
        drawn += [secrets.choice("".join(letters)) for _ in range(length - len(drawn))]
        secrets.SystemRandom().shuffle(drawn)
        return Secret("".join(drawn))


def verifier_row(sub: str) -> str:
    """The associated data under which a user's SRP verifier is sealed."""
    return f"users:{sub}:srp"


def is_temporary_expired(pool: Pool, user: User, now: int) -> bool:
    """Cognito: TemporaryPasswordValidityDays."""
    if user.status is not UserStatus.FORCE_CHANGE_PASSWORD or user.password is None:
        return False
    return now >= user.password.set_at + pool.settings.password_policy.temporary_validity_days * _DAY


def is_expired(pool: Pool, user: User, now: int) -> bool:
    """Ours, not Cognito's: the pool's extension ``password_expires_days``."""
    days = pool.extensions.password_expires_days
    if days is None or user.password is None:
        return False
    return now >= user.password.set_at + days * _DAY
