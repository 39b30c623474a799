"""A user's attributes after the beginning: changed at once, or held back until an address is verified (``directory.md`` §5)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.clients.model import Client
from app.core.factors.destination import CHANNELS, Destination, destination_of
from app.core.factors.one_time_code import VERIFY_ATTRIBUTE, OneTimeCodes
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import CodeExpired, Fact, InvalidParameter, UserNotFound
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.limits.rates import Rates
from app.core.messages.model import Notice, NoticeKind
from app.core.messages.ports import Messenger
from app.core.pools.model import Pool
from app.core.pools.schema import VERIFIABLE
from app.core.users.attributes import change, check_client_writes, held_back
from app.core.users.identifiers import identifiers_of, taken_alias
from app.core.users.model import User
from app.core.users.ports import IdentifierTaken, UserStore

CODES_PER_HOUR = 5
VERIFICATIONS_PER_HOUR = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAttributes:
    users: UserStore
    codes: OneTimeCodes
    messages: Messenger
    rates: Rates
    audit: AuditLog
    clock: Clock
    hasher: Hasher
    transactions: Transactions

    def change(
        self, pool: Pool, client: Client | None, user: User, changes: Mapping[str, str], caller: Caller
    ) -> tuple[Destination, ...]:
        """Sets attributes, an empty value removes one; where codes went (Cognito: UpdateUserAttributes, and without a client
        AdminUpdateUserAttributes).

        An address that the pool wants verified first waits beside the old one; any other is replaced at once and unverified.
        Raises ``UnauthorizedAttribute``, ``AttributeViolation``, ``AliasExists``, ``AttemptLimitExceeded``, ``CodeDeliveryFailed`` (the
        change stands then).
        """
        with self._trail("account.change_attributes", pool, client, user, caller) as trail:
            if client is not None:
                check_client_writes(client, changes)
            current = self._current(pool, user)
            waiting = held_back(pool, current, changes)
            # What waits must be able to become true.
            change(pool, current, waiting)
            at_once = {name: value for name, value in changes.items() if name not in waiting}
            pending = {name: value for name, value in current.pending.items() if name not in at_once} | waiting
            changed = replace(change(pool, current, at_once), pending=pending, updated_at=self.clock.now())
            asked = [name for name in VERIFIABLE if name in waiting or _is_to_verify(pool, current, changed, name)]
            if client is not None:
                # Each change sends a code, so it has the allowance of those that are asked for.
                for _ in asked:
                    self._check_rate(pool, user)
            saved = self._save(trail, pool, changed)
            trail.detail["attributes"] = " ".join(sorted(changes))
            return tuple(self._send(pool, client, saved, name, caller) for name in asked)

    def send_code(self, pool: Pool, client: Client, user: User, attribute: str, caller: Caller) -> Destination:
        """A code for the waiting value, or for the one that stands (Cognito: GetUserAttributeVerificationCode).

        Raises ``InvalidParameter``, ``AttemptLimitExceeded``, ``CodeDeliveryFailed``.
        """
        with self._trail("account.send_code", pool, client, user, caller) as trail:
            _check_verifiable(user, attribute)
            self._check_rate(pool, user)
            trail.record()
            return self._send(pool, client, user, attribute, caller)

    def verify(  # noqa: PLR0917 - the interface between rooms
        self, pool: Pool, client: Client, user: User, attribute: str, code: Secret, caller: Caller
    ) -> User:
        """The code proves the address; one that waited takes its place (Cognito: VerifyUserAttribute).

        Raises ``CodeMismatch``, ``CodeExpired``, ``AliasExists`` (the code stays usable), ``AttemptLimitExceeded``.
        """
        with self._trail("account.verify_attribute", pool, client, user, caller) as trail:
            _check_verifiable(user, attribute)
            self.rates.check("verify_attribute", f"{pool.pool_id}:{user.sub}", VERIFICATIONS_PER_HOUR)
            taken = self.codes.take(pool.pool_id, VERIFY_ATTRIBUTE, _owner(user, attribute), code)
            try:
                current = self._current(pool, user)
                value = _value_of(current, attribute)
                if taken.data["value"] != self._digest(value):
                    raise CodeExpired
                verified = current.with_attributes({attribute: value, VERIFIABLE[attribute]: "true"})
                pending = {name: kept for name, kept in current.pending.items() if name != attribute}
                saved = self._save(trail, pool, replace(verified, pending=pending, updated_at=self.clock.now()))
            except Fact:
                self.codes.restore(taken)
                raise
            self.codes.bury(taken)
            return saved

    def _check_rate(self, pool: Pool, user: User) -> None:
        self.rates.check("attribute_code", f"{pool.pool_id}:{user.sub}", CODES_PER_HOUR)

    def _save(self, trail: Trail, pool: Pool, user: User) -> User:
        try:
            with self.transactions.transaction():
                saved = self.users.save(user, identifiers_of(pool, user))
                trail.record()
        except IdentifierTaken as taken:
            raise taken_alias(taken.identifier) from taken
        return saved

    def _current(self, pool: Pool, user: User) -> User:
        current = self.users.find(pool.pool_id, user.sub)
        if current is None:
            raise UserNotFound
        return current

    def _send(self, pool: Pool, client: Client | None, user: User, attribute: str, caller: Caller) -> Destination:
        value = _value_of(user, attribute)
        data = {"attribute": attribute, "value": self._digest(value)}
        code = self.codes.issue(pool.pool_id, VERIFY_ATTRIBUTE, _owner(user, attribute), data)
        self.messages.send(
            pool,
            Notice(
                kind=NoticeKind.VERIFY_ATTRIBUTE,
                channel=CHANNELS[attribute],
                address=value,
                username=user.username,
                code=code,
                client_id=client.client_id if client else None,
                language=caller.language,
            ),
        )
        return destination_of(attribute, value)

    def _digest(self, value: str) -> str:
        return self.hasher.digest("value to verify", value)

    def _trail(self, event: str, pool: Pool, client: Client | None, user: User, caller: Caller) -> Trail:
        return Trail(
            audit=self.audit,
            event=event,
            caller=caller,
            pool_id=pool.pool_id,
            client_id=client.client_id if client else None,
            sub=user.sub,
        )


def _is_to_verify(pool: Pool, before: User, after: User, name: str) -> bool:
    """Whether an address that was replaced at once is one that the pool verifies by itself."""
    moved = after.attributes.get(name) != before.attributes.get(name)
    return moved and name in pool.settings.auto_verified and name in after.attributes and not after.is_verified(name)


def _check_verifiable(user: User, attribute: str) -> None:
    if attribute not in VERIFIABLE:
        raise InvalidParameter(f"Attribute {attribute[:64]} cannot be verified.")
    if not _value_of(user, attribute):
        raise InvalidParameter(f"User does not have an attribute {attribute} to verify.")


def _value_of(user: User, attribute: str) -> str:
    return user.pending.get(attribute) or user.attributes.get(attribute, "")


def _owner(user: User, attribute: str) -> str:
    return f"{user.sub}:{attribute}"
