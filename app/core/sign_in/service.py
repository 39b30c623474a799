from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.core.attempts import steps
from app.core.attempts.model import Attempt
from app.core.attempts.service import Attempts, password_mark
from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.clients.model import Client
from app.core.factors.password import Passwords
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import (
    Conflict,
    Fact,
    InvalidParameter,
    LockedOut,
    SessionExpired,
    TooManyRequests,
    UserNotConfirmed,
)
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.limits.lockout import Lockout
from app.core.limits.rates import Rates
from app.core.pools.model import Pool
from app.core.sign_in.concealment import choose_refusal
from app.core.sign_in.model import Challenge, NewPassword, PasswordProof, SignedIn
from app.core.sign_in.next_step import Ask, Done, Refuse, next_step
from app.core.users.attributes import change, check_client_writes, missing_required
from app.core.users.identifiers import candidates, identifiers_of, key_of, taken_alias
from app.core.users.model import User, UserStatus
from app.core.users.ports import IdentifierTaken, UserStore

ADDRESS_WINDOW = 15 * 60
_FAILURES_PER_USER = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Signing in with what this server checks itself. Every refusal and every success leaves an audit row."""

    users: UserStore
    passwords: Passwords
    attempts: Attempts
    lockout: Lockout
    rates: Rates
    audit: AuditLog
    clock: Clock
    hasher: Hasher
    transactions: Transactions

    def start(
        self, pool: Pool, client: Client, proof: PasswordProof, caller: Caller, *, conceal: bool = True
    ) -> Challenge | SignedIn:
        """The first factor, in the gate order of ``auth-flows.md`` §2; client, secret hash and flow are the blueprint's to check.

        ``conceal`` (always on pages; on the API the client's PreventUserExistenceErrors) makes a disabled or unknown user answer
        like a wrong password. Raises ``IncorrectCredentials``, ``LockedOut``, ``TooManyRequests``, ``UserNotConfirmed``,
        ``PasswordResetRequired``, ``TemporaryPasswordExpired``, and where not concealed ``UserNotFound`` and ``UserDisabled``.
        """
        with self._trail("sign_in.password", pool, client, caller) as trail:
            self.rates.check_failures("sign_in", pool.pool_id, caller.address, _FAILURES_PER_USER, ADDRESS_WINDOW)
            user = self.users.find_by_identifiers(pool.pool_id, candidates(pool, proof.username))
            # The user migration trigger is asked here, for an unknown name.
            who = key_of(self.hasher, pool, user, proof.username)
            trail.concerns(user.sub if user else None, who)
            try:
                guess = self.lockout.check_and_count(pool.pool_id, who)
            except LockedOut:
                self.rates.count_failure("sign_in", pool.pool_id, caller.address, ADDRESS_WINDOW)
                raise
            # The pre-authentication trigger is asked here, also for an unknown name where existence is concealed.
            try:
                right = self.passwords.verify(user, proof.password)
            except TooManyRequests:
                self.lockout.forgive(guess)
                raise
            if user is None or not user.enabled or not right:
                trail.detail["reason"] = _reason(user, right=right)
                self.rates.count_failure("sign_in", pool.pool_id, caller.address, ADDRESS_WINDOW)
                raise choose_refusal(user, conceal=conceal)
            self.lockout.clear(pool.pool_id, who)
            # The check of compromised passwords stands here.
            user = self.passwords.rehash(user, proof.password)
            attempt = self._begin(pool, client, user, caller)
            return self._go_on(trail, attempt, pool, client, user)

    def answer(
        self, pool: Pool, client: Client, session: Secret, answer: NewPassword, caller: Caller
    ) -> Challenge | SignedIn:
        """The answer to NEW_PASSWORD_REQUIRED. What can be mended (a weak password, a missing attribute) leaves the Session usable.

        Raises ``SessionExpired``, ``SessionUsed``, ``PasswordPolicyViolation``, ``PasswordReused``, ``UnauthorizedAttribute``,
        ``InvalidParameter``, ``AliasExists``, ``UserDisabled``.
        """
        with self._trail("sign_in.new_password", pool, client, caller) as trail:
            step = steps.NEW_PASSWORD_REQUIRED
            attempt = self.attempts.claim(pool, client, session, caller, step=step)
            user = self.users.find(pool.pool_id, attempt.sub) if attempt.sub else None
            trail.sub = attempt.sub
            remains = next_step(attempt, pool, client, user, self.clock.now())
            if user is None or not isinstance(remains, Ask) or remains.step != step:
                raise remains.fact if isinstance(remains, Refuse) else SessionExpired
            try:
                user = self._replace_password(trail, pool, client, user, answer)
            except (SessionExpired, Conflict):
                raise SessionExpired from None
            except Fact:
                self.attempts.put_back(session, attempt, failed=False)
                raise
            proven = (*attempt.proven, steps.NEW_PASSWORD)
            trail.event = "sign_in.password"
            return self._go_on(trail, replace(attempt, proven=proven, user_revision=user.revision), pool, client, user)

    def after_sign_up(self, pool: Pool, client: Client, session: Secret, caller: Caller) -> Challenge | SignedIn:
        """Signs in who has just registered in this browser and confirmed since; once. ``UserNotConfirmed`` consumes nothing."""
        with self._trail("sign_in.after_sign_up", pool, client, caller) as trail:
            attempt = self.attempts.get(pool, client, session, caller, step=steps.SIGNED_UP)
            user = self.users.find(pool.pool_id, attempt.sub) if attempt.sub else None
            trail.sub = attempt.sub
            if user is None or user.status is UserStatus.UNCONFIRMED:
                raise UserNotConfirmed
            attempt = self.attempts.claim(pool, client, session, caller, step=steps.SIGNED_UP)
            if attempt.data.get("password") != password_mark(self.hasher, user):
                # Another registration of the same address was confirmed.
                raise SessionExpired
            return self._go_on(trail, attempt, pool, client, user)

    def _begin(self, pool: Pool, client: Client, user: User, caller: Caller) -> Attempt:
        now = self.clock.now()
        return Attempt(
            pool_id=pool.pool_id,
            client_id=client.client_id,
            sub=user.sub,
            username=user.username,
            step="",
            proven=(steps.PASSWORD,),
            browser=caller.browser,
            user_revision=user.revision,
            started_at=max(now, user.sessions_valid_after),
            expires_at=now + 60 * client.settings.auth_session_minutes,
        )

    def _go_on(self, trail: Trail, attempt: Attempt, pool: Pool, client: Client, user: User) -> Challenge | SignedIn:
        """Asks the one decision, and carries it out."""
        now = self.clock.now()
        remains = next_step(attempt, pool, client, user, now)
        if isinstance(remains, Refuse):
            raise remains.fact
        if isinstance(remains, Done):
            trail.record()
            # Sessions that began at or before a global sign-out are refused; one that begins after it in the same second is not.
            return SignedIn(user=user, amr=remains.amr, auth_time=max(now, user.sessions_valid_after + 1))
        session = self.attempts.put(replace(attempt, step=remains.step))
        trail.record(remains.step)
        return Challenge(
            step=remains.step,
            session=session,
            username=user.username,
            missing_attributes=remains.missing_attributes,
            reason="temporary" if user.status is UserStatus.FORCE_CHANGE_PASSWORD else "expired",
        )

    def _replace_password(self, trail: Trail, pool: Pool, client: Client, user: User, answer: NewPassword) -> User:
        """The user with the new password and attributes, confirmed and saved."""
        completed = _complete(pool, client, user, answer.attributes)
        # An expired password must change; a temporary one may be kept, as in Cognito, unless the history forbids it.
        expired = user.status is not UserStatus.FORCE_CHANGE_PASSWORD
        encoded = self.passwords.encode(pool, user, answer.password, unlike_current=expired)
        changed = replace(
            self.passwords.replace(completed, encoded), status=UserStatus.CONFIRMED, updated_at=self.clock.now()
        )
        held = identifiers_of(pool, changed) if answer.attributes else None
        try:
            with self.transactions.transaction():
                saved = self.users.save(changed, held)
                self.passwords.remember(pool, user)
                trail.record()
        except IdentifierTaken as taken:
            raise taken_alias(taken.identifier) from taken
        return saved

    def _trail(self, event: str, pool: Pool, client: Client, caller: Caller) -> Trail:
        return Trail(audit=self.audit, event=event, caller=caller, pool_id=pool.pool_id, client_id=client.client_id)


def _complete(pool: Pool, client: Client, user: User, attributes: Mapping[str, str]) -> User:
    """The user with the attributes of a challenge's answer: writable, not a required one that is there, none required missing."""
    check_client_writes(client, attributes)
    for name in sorted(pool.settings.required_attributes.intersection(attributes)):
        if user.attributes.get(name):
            raise InvalidParameter(f"Cannot modify an already provided {name}")
    completed = change(pool, user, attributes)
    missing = missing_required(pool, completed.attributes)
    if missing:
        raise InvalidParameter(f"Invalid attributes given, {missing[0]} is missing")
    return completed


def _reason(user: User | None, *, right: bool) -> str:
    if user is None:
        return "unknown"
    if not user.enabled:
        return "disabled"
    return "wrong_password" if not right else "refused"
