"""What every step of a sign-in shares: the attempt, the guesses that are counted, and the way from ``next_step`` to an answer."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from app.core.attempts import steps
from app.core.attempts.model import Attempt
from app.core.attempts.service import Attempts
from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.clients.model import Client
from app.core.devices.model import Device
from app.core.factors.password import Passwords
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import (
    CodeExpired,
    CodeMismatch,
    Conflict,
    IncorrectCredentials,
    LockedOut,
    SessionExpired,
)
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.limits.lockout import Guess, Lockout
from app.core.limits.rates import Rates
from app.core.pools.model import Pool
from app.core.sign_in.factor_codes import FactorCodes
from app.core.sign_in.model import Challenge, SignedIn
from app.core.sign_in.next_step import Ask, Done, Refuse, next_step
from app.core.sign_in.ports import PasskeyFactor, RecoveryCodes, RememberedDevices, SoftwareTokens
from app.core.sign_in.second_factors import address_of, choose_set_up_here, missing_addresses
from app.core.sign_in.srp_exchange import SrpExchange
from app.core.users.identifiers import identifiers_of
from app.core.users.model import User, UserStatus
from app.core.users.ports import IdentifierTaken, UserStore

ADDRESS_WINDOW = 15 * 60
FAILURES_PER_USER = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Progression:
    """The ports of signing in."""

    users: UserStore
    passwords: Passwords
    attempts: Attempts
    lockout: Lockout
    rates: Rates
    audit: AuditLog
    clock: Clock
    hasher: Hasher
    transactions: Transactions
    exchange: SrpExchange
    codes: FactorCodes
    software_tokens: SoftwareTokens
    passkeys: PasskeyFactor
    devices: RememberedDevices
    recovery_codes: RecoveryCodes

    def _begin(
        self,
        pool: Pool,
        client: Client,
        user: User | None,
        caller: Caller,
        *,
        data: Mapping[str, str],
        username: str | None = None,
    ) -> Attempt:
        now = self.clock.now()
        return Attempt(
            pool_id=pool.pool_id,
            client_id=client.client_id,
            sub=user.sub if user else None,
            username=username or (user.username if user else ""),
            step="",
            browser=caller.browser,
            data=data,
            user_revision=user.revision if user else 0,
            started_at=max(now, user.sessions_valid_after) if user else now,
            expires_at=now + 60 * client.settings.auth_session_minutes,
        )

    def _claim(
        self, trail: Trail, pool: Pool, client: Client, session: Secret, caller: Caller, *, among: Collection[str]
    ) -> tuple[Attempt, User]:
        """The attempt, of somebody who exists and may still sign in."""
        attempt = self.attempts.claim(pool, client, session, caller, step=among)
        trail.sub = attempt.sub
        user = self.users.find(pool.pool_id, attempt.sub) if attempt.sub else None
        if user is None or not user.enabled:
            raise IncorrectCredentials
        return attempt, user

    @contextmanager
    def _guessing(self, pool: Pool, session: Secret, attempt: Attempt, caller: Caller) -> Iterator[Guess]:
        """Around the check of a code: guesses of codes and passwords are one count for one person, through every door. A wrong code
        leaves the attempt where it was, with one failure more. What is yielded belongs to ``_go_on``.
        """
        who = attempt.data["who"]
        try:
            guess = self.lockout.check_and_count(pool.pool_id, who)
        except LockedOut:
            self.attempts.put_back(session, attempt, failed=False)
            raise
        try:
            yield guess
        except (CodeMismatch, CodeExpired):
            self.attempts.put_back(session, attempt, failed=True)
            self._count_failure(pool, caller, attempt.data["door"])
            raise

    def _go_on(  # noqa: PLR0917 - one step of every use case
        self,
        trail: Trail,
        attempt: Attempt,
        pool: Pool,
        client: Client,
        user: User,
        caller: Caller,
        guess: Guess | None = None,
    ) -> Challenge | SignedIn:
        """Asks the one decision, and carries it out. ``guess`` was right: it is taken back, and only with the last proof are all
        that were wrong forgotten. Else who knows the password would have as many codes to guess as they like.
        """
        remains = next_step(attempt, pool, client, user, self.clock.now())
        if isinstance(remains, Done):
            self.lockout.clear(pool.pool_id, attempt.data["who"])
            return self._finish(trail, attempt, pool, user, remains)
        if guess is not None:
            self.lockout.forgive(guess)
        if isinstance(remains, Refuse):
            raise remains.fact
        return self._ask(trail, attempt, pool, client, user, remains, caller)

    def _finish(self, trail: Trail, attempt: Attempt, pool: Pool, user: User, done: Done) -> SignedIn:
        known = attempt.data.get("device_key") if attempt.data.get("device") else None
        offered = None
        if known is None and attempt.data.get("door") == "api" and pool.settings.devices is not None:
            offered = self.devices.offer(pool, user)
        trail.record()
        # Sessions that began at or before a global sign-out are refused; one that begins after it in the same second is not.
        return SignedIn(
            user=user,
            amr=done.amr,
            auth_time=max(self.clock.now(), user.sessions_valid_after + 1),
            device_key=offered.device_key if offered else known,
            new_device=offered,
        )

    def _ask(  # noqa: PLR0917 - as above
        self, trail: Trail, attempt: Attempt, pool: Pool, client: Client, user: User, ask: Ask, caller: Caller
    ) -> Challenge:
        """The challenge, with its code on the way where it has one."""
        if ask.step == steps.MFA_SETUP and attempt.data.get("door") == "pages":
            here = choose_set_up_here(pool, client, user)
            ask = replace(ask, choices=here, missing_attributes=missing_addresses(user, here))
        destination, data = None, {**attempt.data, "choices": " ".join(ask.choices)}
        if ask.step in {steps.SMS_MFA, steps.EMAIL_OTP}:
            self.rates.check("mfa_code", f"{pool.pool_id}:{user.sub}", 30)
            destination, kept = self.codes.send(pool, client, user, address_of(ask.step), caller)
            data |= kept
        parameters = {}
        if ask.step == steps.SOFTWARE_TOKEN_MFA and attempt.data.get("door") != "pages":
            name = self.software_tokens.find_name(pool.pool_id, user.sub)
            parameters = {} if name is None else {"FRIENDLY_DEVICE_NAME": name}
        session = self.attempts.put(replace(attempt, step=ask.step, data=data))
        trail.record(ask.step)
        return Challenge(
            step=ask.step,
            session=session,
            username=user.username,
            parameters=parameters,
            choices=ask.choices,
            destination=destination,
            missing_attributes=ask.missing_attributes,
            user=user,
            reason="temporary" if user.status is UserStatus.FORCE_CHANGE_PASSWORD else "expired",
        )

    def _device_data(self, pool: Pool, user: User | None, device_key: str | None, door: str) -> dict[str, str]:
        """What the device that the caller names means. One that nobody knows is a new one. On the pages the sealed cookie that carried
        the name is the proof already.
        """
        if pool.settings.devices is None or device_key is None or user is None:
            return {}
        device = self.devices.find(pool, user.sub, device_key)
        if device is None or not device.confirmed:
            return {}
        trusted = stands_in(pool, device)
        if door == "pages":
            return {"device": "proven"} if trusted else {}
        return {"device_key": device.device_key, "device": "remembered" if trusted else "known"}

    def _proven_address(self, pool: Pool, attempt: Attempt, user: User) -> tuple[Attempt, User]:
        """Who has read a code has proven the address it went to. One that another user has proven before stays as it is."""
        if attempt.user_revision != user.revision:
            raise SessionExpired
        attribute = self.codes.proves(attempt, user)
        if attribute is None:
            raise CodeExpired
        if user.is_verified(attribute):
            return attempt, user
        verified = user.with_attributes({f"{attribute}_verified": "true"})
        try:
            saved = self.users.save(verified, identifiers_of(pool, verified))
        except IdentifierTaken:
            return attempt, user
        except Conflict:
            raise SessionExpired from None
        return replace(attempt, user_revision=saved.revision), saved

    def _count_failure(self, pool: Pool, caller: Caller, door: str) -> None:
        self.rates.count_failure("sign_in", pool.pool_id, countable_address(caller, door), ADDRESS_WINDOW)

    def _trail(self, event: str, pool: Pool, client: Client, caller: Caller) -> Trail:
        return Trail(audit=self.audit, event=event, caller=caller, pool_id=pool.pool_id, client_id=client.client_id)


def stands_in(pool: Pool, device: Device) -> bool:
    """Whether the device spares its user the second factor, as the pool and the device are now."""
    settings = pool.settings.devices
    trusting = settings is not None and settings.challenge_required_on_new_device
    return trusting and device.confirmed and device.remembered


def countable_address(caller: Caller, door: str) -> str | None:
    """The address that failures are counted for. Behind an administrator's call it is the application's own, so that one
    attacker's failures would be everybody's.
    """
    return None if door == "admin" else caller.address


def reason_of(user: User | None, *, right: bool) -> str:
    if user is None:
        return "unknown"
    if not user.enabled:
        return "disabled"
    return "wrong_password" if not right else "refused"
