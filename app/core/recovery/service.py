import json
from dataclasses import dataclass, replace

from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.clients.model import Client
from app.core.factors.destination import CHANNELS, Destination, destination_as_typed, destination_of
from app.core.factors.one_time_code import FORGOT_PASSWORD, GIVEN, SIGN_UP, OneTimeCodes, TakenCode
from app.core.factors.password import Passwords
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import CodeExpired, Fact, RecoveryByAdministratorOnly
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.limits.lockout import Lockout
from app.core.limits.rates import Rates
from app.core.messages.model import Notice, NoticeKind
from app.core.messages.ports import Messenger
from app.core.pools.model import Pool
from app.core.recovery.channels import CannotBeReset, choose_channel, choose_unproven, offered, proven, why_not
from app.core.users.attributes import without_registration
from app.core.users.identifiers import candidates, identifiers_of, key_of, taken_alias
from app.core.users.model import Identifier, User, UserStatus
from app.core.users.ports import IdentifierTaken, UserStore

REQUESTS_PER_HOUR = 5
RESETS_PER_HOUR = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    users: UserStore
    passwords: Passwords
    codes: OneTimeCodes
    lockout: Lockout
    rates: Rates
    messages: Messenger
    audit: AuditLog
    clock: Clock
    hasher: Hasher
    transactions: Transactions

    def forgot(self, pool: Pool, client: Client, username: str, caller: Caller, *, conceal: bool = True) -> Destination:
        """A code is on its way to the user's verified address, if there is such a user; the answer is the same if not.

        Raises ``RecoveryByAdministratorOnly``, ``AttemptLimitExceeded``, ``TooManyRequests``; not concealed also
        ``UserNotFound``, ``UserDisabled``, ``CannotBeReset``, ``NoRecoveryChannel``.
        """
        with self._trail("recovery.forgot", pool, client, caller) as trail:
            if not offered(pool):
                raise RecoveryByAdministratorOnly
            self.rates.check_address("forgot", pool.pool_id, caller.address, REQUESTS_PER_HOUR)
            user = self.users.find_by_identifiers(pool.pool_id, candidates(pool, username))
            who = key_of(self.hasher, pool, user, username)
            trail.concerns(user.sub if user else None, who)
            attribute = choose_channel(pool, user) or (choose_unproven(pool, user) if conceal else None)
            owner = key_of(self.hasher, pool, user if attribute else None, username)
            own = self.codes.has_asked(pool.pool_id, FORGOT_PASSWORD, owner, caller.browser)
            self.rates.check_name("forgot", f"{pool.pool_id}:{who}", caller, REQUESTS_PER_HOUR, own=own)
            if user is None or attribute is None:
                if not conceal:
                    raise why_not(user)
                return self._pretend(trail, pool, username, caller)
            address = user.attributes[attribute]
            data = {"attribute": attribute, "value": self._digest(address)}
            code = self.codes.issue(pool.pool_id, FORGOT_PASSWORD, user.sub, data, browser=caller.browser)
            trail.record()
            self.messages.queue(
                pool,
                Notice(
                    kind=NoticeKind.FORGOT_PASSWORD,
                    channel=CHANNELS[attribute],
                    address=address,
                    username=username,
                    code=code,
                    client_id=client.client_id,
                    language=caller.language,
                ),
            )
            if conceal:
                return destination_as_typed(username, offered(pool))
            return destination_of(attribute, address)

    def require_reset(self, pool: Pool, user: User, caller: Caller) -> User:
        """The password works no more, and a code to set a new one is on its way (Cognito: AdminResetUserPassword).

        Raises ``CannotBeReset``, ``NoRecoveryChannel``, ``RecoveryByAdministratorOnly``, ``CodeDeliveryFailed``.
        """
        trail = Trail(
            audit=self.audit, event="recovery.require_reset", caller=caller, pool_id=pool.pool_id, sub=user.sub
        )
        with trail:
            if not offered(pool):
                raise RecoveryByAdministratorOnly
            attribute = choose_channel(pool, user) if user.status is not UserStatus.UNCONFIRMED else None
            if attribute is None:
                raise CannotBeReset if user.status is UserStatus.UNCONFIRMED else why_not(user)
            changed = replace(user, status=UserStatus.RESET_REQUIRED, updated_at=self.clock.now())
            with self.transactions.transaction():
                saved = self.users.save(changed)
                trail.record()
            address = user.attributes[attribute]
            data = {"attribute": attribute, "value": self._digest(address)}
            code = self.codes.issue(pool.pool_id, FORGOT_PASSWORD, user.sub, data)
            self.messages.send(
                pool,
                Notice(
                    kind=NoticeKind.FORGOT_PASSWORD,
                    channel=CHANNELS[attribute],
                    address=address,
                    username=user.username,
                    code=code,
                ),
            )
        return saved

    def reset(  # noqa: PLR0917 - the interface between rooms
        self,
        pool: Pool,
        client: Client,
        username: str,
        code: Secret,
        new_password: Secret,
        caller: Caller,
        *,
        conceal: bool = True,
    ) -> None:
        """The code sets the new password and confirms the user, proves the address, lifts the lockout and ends all sessions.

        A password that is refused consumes nothing. Raises ``PasswordPolicyViolation``, ``PasswordReused``, ``CodeMismatch``,
        ``CodeExpired``, ``AttemptLimitExceeded``, ``TooManyRequests``; not concealed also what ``forgot`` does.
        """
        with self._trail("recovery.reset", pool, client, caller) as trail:
            self.passwords.check(pool, new_password)
            self.rates.check_address("reset", pool.pool_id, caller.address, RESETS_PER_HOUR)
            user = self.users.find_by_identifiers(pool.pool_id, candidates(pool, username))
            who = key_of(self.hasher, pool, user, username)
            trail.concerns(user.sub if user else None, who)
            able = user if choose_channel(pool, user) or (conceal and choose_unproven(pool, user)) else None
            owner = key_of(self.hasher, pool, able, username)
            # Strangers share one allowance, so that they use up nobody's who began a recovery in a browser.
            own = self.codes.has_asked(pool.pool_id, FORGOT_PASSWORD, owner, caller.browser)
            counted = f"{pool.pool_id}:{who}:{caller.browser}" if own else f"{pool.pool_id}:{who}"
            self.rates.check("reset", counted, RESETS_PER_HOUR)
            if able is None and not conceal:
                raise why_not(user)
            taken = self.codes.take(pool.pool_id, FORGOT_PASSWORD, owner, code, browser=caller.browser)
            if able is None:
                raise CodeExpired
            try:
                self._replace_password(trail, pool, able, taken, new_password, caller)
            except Fact:
                self.codes.restore(taken)
                raise
            self.codes.bury(taken)
            self.lockout.clear(pool.pool_id, able.sub)
            # The post-confirmation trigger is told here.

    def _pretend(self, trail: Trail, pool: Pool, username: str, caller: Caller) -> Destination:
        """The same rows written, and nothing sent."""
        owner = key_of(self.hasher, pool, None, username)
        self.codes.pretend(pool.pool_id, FORGOT_PASSWORD, owner, {}, browser=caller.browser)
        trail.record("pretended")
        self.messages.queue_nothing(pool)
        return destination_as_typed(username, offered(pool))

    def _replace_password(  # noqa: PLR0917 - one step of ``reset``
        self, trail: Trail, pool: Pool, user: User, taken: TakenCode, password: Secret, caller: Caller
    ) -> None:
        attribute = taken.data["attribute"]
        if taken.data["value"] != self._digest(user.attributes.get(attribute, "")):
            raise CodeExpired
        encoded = self.passwords.encode(pool, user, password)
        now = self.clock.now()
        recovered = self._recovered(pool, user, attribute, caller)
        changed = replace(
            self.passwords.replace(proven(recovered.signed_out(now), attribute), encoded),
            status=UserStatus.CONFIRMED,
            updated_at=now,
        )
        held: tuple[Identifier, ...] | None = identifiers_of(pool, changed)
        if held == identifiers_of(pool, user):
            # They are the user's already: nobody is kept from a new password by who else claims one.
            held = None
        try:
            with self.transactions.transaction():
                self.users.save(changed, held)
                self.passwords.remember(pool, user)
                trail.record()
        except IdentifierTaken as error:
            raise taken_alias(error.identifier) from error

    def _recovered(self, pool: Pool, user: User, attribute: str, caller: Caller) -> User:
        """Who was not confirmed is whoever registered the address: what they said stays only in the browser that said it."""
        if user.status is not UserStatus.UNCONFIRMED:
            return user
        asked = self.codes.find_asked(pool.pool_id, SIGN_UP, user.sub, caller.browser)
        if asked.own is not None and asked.own.get("registration") == user.sub:
            return user
        return without_registration(user, attribute, json.loads(asked.standing.get(GIVEN, "null")))

    def _digest(self, address: str) -> str:
        return self.hasher.digest("address of a code", address)

    def _trail(self, event: str, pool: Pool, client: Client, caller: Caller) -> Trail:
        return Trail(audit=self.audit, event=event, caller=caller, pool_id=pool.pool_id, client_id=client.client_id)
