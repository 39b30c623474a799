"""What answers each challenge. Every one of these claims the attempt, checks one thing, and goes back to ``next_step``."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import cast

from app.core.attempts import steps
from app.core.attempts.model import Attempt
from app.core.audit.trail import Trail
from app.core.clients.model import Client
from app.core.factors.passkey import RelyingParty
from app.core.kernel.caller import Caller
from app.core.kernel.errors import (
    CodeMismatch,
    Conflict,
    Fact,
    IncorrectCredentials,
    InvalidParameter,
    LockedOut,
    SessionExpired,
)
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.pools.schema import VERIFIABLE
from app.core.sign_in.concealment import choose_refusal
from app.core.sign_in.first_steps import Entry, FirstSteps, check_complete
from app.core.sign_in.model import (
    Challenge,
    ChoiceAnswer,
    CodeAnswer,
    DeviceStart,
    Door,
    NewPassword,
    PasskeyAnswer,
    RecoveryCodeAnswer,
    SignedIn,
    SrpAnswer,
)
from app.core.sign_in.next_step import Ask, Refuse, next_step
from app.core.sign_in.progression import reason_of, stands_in
from app.core.sign_in.second_factors import choose_second_factors
from app.core.sign_in.srp_exchange import secret_block
from app.core.users.attributes import change, check_client_writes, held_back, missing_required
from app.core.users.identifiers import identifiers_of, taken_alias
from app.core.users.model import User, UserStatus
from app.core.users.ports import IdentifierTaken

CODES = (steps.SMS_MFA, steps.SMS_OTP, steps.EMAIL_OTP, steps.SOFTWARE_TOKEN_MFA)
_SECOND = (steps.SMS_MFA, steps.EMAIL_OTP, steps.SOFTWARE_TOKEN_MFA, steps.SELECT_MFA_TYPE)
_SET_UP = frozenset({steps.TOTP, steps.SMS_CODE, steps.EMAIL_CODE})
"""What a set-up ends with."""
_FIRST = (steps.SELECT_CHALLENGE, steps.EMAIL_OTP, steps.SMS_OTP, steps.WEB_AUTHN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers(FirstSteps):
    """Each of these ends with another challenge, with tokens' worth of proof, or with a refusal."""

    def _srp_answer(
        self,
        trail: Trail,
        pool: Pool,
        client: Client,
        session: Secret,
        answer: SrpAnswer,
        caller: Caller,
        *,
        step: str,
        conceal: bool,
        device_key: str | None,
    ) -> Challenge | SignedIn:
        attempt = self.attempts.claim(pool, client, session, caller, step=step)
        trail.sub = attempt.sub
        try:
            guess = self.lockout.check_and_count(pool.pool_id, attempt.data["who"])
        except LockedOut:
            self._count_failure(pool, caller, attempt.data["door"])
            raise
        user = self.users.find(pool.pool_id, attempt.sub) if attempt.sub else None
        if not self.exchange.fits(attempt, session, answer) or user is None or not user.enabled:
            trail.detail["reason"] = reason_of(user, right=False)
            self._count_failure(pool, caller, attempt.data["door"])
            raise choose_refusal(user, conceal=conceal)
        data = dict(attempt.data)
        if step == steps.PASSWORD_VERIFIER:
            data |= self._device_data(pool, user, device_key or data.get("device_key"), data["door"])
            proven = (*attempt.proven, steps.PASSWORD)
        else:
            device = self.devices.find(pool, user.sub, data["device_key"])
            if device is None or not stands_in(pool, device):
                raise IncorrectCredentials
            self.devices.touch(pool, device, caller)
            proven = (*attempt.proven, steps.DEVICE)
        trail.event = "sign_in.password" if step == steps.PASSWORD_VERIFIER else "sign_in.device"
        attempt = replace(attempt, proven=proven, data=_without_srp(data))
        return self._go_on(trail, attempt, pool, client, user, caller, guess)

    def _code(
        self,
        trail: Trail,
        pool: Pool,
        client: Client,
        session: Secret,
        answer: CodeAnswer,
        caller: Caller,
        *,
        among: Collection[str],
    ) -> Challenge | SignedIn:
        attempt = self.attempts.claim(pool, client, session, caller, step=among)
        user = self.users.find(pool.pool_id, attempt.sub) if attempt.sub else None
        trail.sub = attempt.sub
        with self._guessing(pool, session, attempt, caller) as guess:
            if attempt.step == steps.SOFTWARE_TOKEN_MFA:
                if user is None:
                    raise CodeMismatch
                self.software_tokens.check(pool, user, answer.code)
            elif not self.codes.fits(attempt, answer.code) or user is None or not user.enabled:
                raise CodeMismatch
        method = steps.CODE_STEPS.get(attempt.step, steps.TOTP)
        trail.event = f"sign_in.{method}"
        if attempt.step in steps.CODE_STEPS:
            attempt, user = self._proven_address(pool, attempt, user)
        attempt = replace(attempt, proven=(*attempt.proven, method))
        return self._go_on(trail, attempt, pool, client, user, caller, guess)

    def _recovery_code(
        self, trail: Trail, pool: Pool, client: Client, session: Secret, answer: RecoveryCodeAnswer, caller: Caller
    ) -> Challenge | SignedIn:
        attempt, user = self._claim(trail, pool, client, session, caller, among=_SECOND)
        if steps.PASSWORD not in attempt.proven and not {steps.PASSKEY, steps.HARDWARE_PASSKEY} & set(attempt.proven):
            # A recovery code is a second factor, never a first one.
            self.attempts.put_back(session, attempt, failed=True)
            raise CodeMismatch
        with self._guessing(pool, session, attempt, caller) as guess:
            self.recovery_codes.take(pool, user, answer.code)
        trail.event = "sign_in.recovery_code"
        attempt = replace(attempt, proven=(*attempt.proven, steps.RECOVERY_CODE))
        return self._go_on(trail, attempt, pool, client, user, caller, guess)

    def _choice(
        self,
        trail: Trail,
        pool: Pool,
        client: Client,
        session: Secret,
        answer: ChoiceAnswer,
        caller: Caller,
        rp: RelyingParty | None,
        *,
        step: str | None,
    ) -> Challenge | SignedIn:
        among = (step,) if step else (*_FIRST, *_SECOND)
        attempt = self.attempts.get(pool, client, session, caller, step=among)
        choices = tuple(attempt.data.get("choices", "").split())
        if answer.choice not in choices:
            raise InvalidParameter("The answer must be one of the available challenges.")
        if not attempt.proven:
            check_complete(answer)
        attempt = self.attempts.claim(pool, client, session, caller, step=among)
        user = self.users.find(pool.pool_id, attempt.sub) if attempt.sub else None
        trail.sub = attempt.sub
        if attempt.proven:
            remains = next_step(attempt, pool, client, user, self.clock.now())
            if user is None or isinstance(remains, Refuse):
                raise remains.fact if isinstance(remains, Refuse) else SessionExpired
            if not isinstance(remains, Ask) or answer.choice not in remains.choices:
                raise SessionExpired
            return self._ask(trail, attempt, pool, client, user, replace(remains, step=answer.choice), caller)
        entry = Entry(
            pool=pool, client=client, user=user, typed=attempt.data["typed"], who=attempt.data["who"], caller=caller,
            door=_door(attempt), device_key=attempt.data.get("device_key"), conceal=True,
        )  # fmt: skip
        return self._first(trail, entry, answer, choices, rp)

    def _passkey(
        self,
        trail: Trail,
        pool: Pool,
        client: Client,
        session: Secret,
        answer: PasskeyAnswer,
        caller: Caller,
        rp: RelyingParty | None,
    ) -> Challenge | SignedIn:
        attempt, user = self._claim(trail, pool, client, session, caller, among=(steps.WEB_AUTHN,))
        if rp is None:
            raise InvalidParameter("WebAuthn relying party is not configured.")
        proven = self.passkeys.check(pool, user, attempt.data["passkey"], answer.credential, rp)
        methods = (proven.amr, *((steps.VERIFIED_PASSKEY,) if proven.user_verified else ()))
        trail.event = "sign_in.passkey"
        attempt = replace(attempt, proven=(*attempt.proven, *methods))
        return self._go_on(trail, attempt, pool, client, user, caller)

    def _set_up_done(
        self, trail: Trail, pool: Pool, client: Client, session: Secret, caller: Caller
    ) -> Challenge | SignedIn:
        attempt = self.attempts.get(pool, client, session, caller, step=steps.MFA_SETUP)
        if not _SET_UP.intersection(attempt.proven):
            raise InvalidParameter("The software token has not been verified.")
        attempt, user = self._claim(trail, pool, client, session, caller, among=(steps.MFA_SETUP,))
        return self._go_on(trail, attempt, pool, client, user, caller)

    def _device_start(
        self, trail: Trail, pool: Pool, client: Client, session: Secret, answer: DeviceStart, caller: Caller
    ) -> Challenge:
        attempt, user = self._claim(trail, pool, client, session, caller, among=(steps.DEVICE_SRP_AUTH,))
        device = self.devices.find(pool, user.sub, attempt.data["device_key"])
        if device is None or not stands_in(pool, device) or answer.device_key != device.device_key:
            raise IncorrectCredentials
        parameters, kept = self.exchange.begin_with_device(device, answer.public)
        fresh = replace(attempt, step=steps.DEVICE_PASSWORD_VERIFIER, data={**attempt.data, **kept})
        session = self.attempts.put(fresh)
        trail.record(steps.DEVICE_PASSWORD_VERIFIER)
        parameters = {**parameters, "USERNAME": user.username, "SECRET_BLOCK": secret_block(session)}
        return Challenge(
            step=steps.DEVICE_PASSWORD_VERIFIER, session=session, username=user.username, parameters=parameters
        )

    def _new_password(
        self, trail: Trail, pool: Pool, client: Client, session: Secret, answer: NewPassword, caller: Caller
    ) -> Challenge | SignedIn:
        trail.event = "sign_in.new_password"
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
        attempt = replace(attempt, proven=proven, user_revision=user.revision)
        return self._go_on(trail, attempt, pool, client, user, caller)

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


def _complete(pool: Pool, client: Client, user: User, attributes: Mapping[str, str]) -> User:
    """The user with the attributes of a challenge's answer: writable, not a required one that is there, none required missing.

    The second factor is asked after this answer, so the answer neither takes away nor moves nor adds what would prove it.
    """
    check_client_writes(client, attributes)
    for name, value in sorted(attributes.items()):
        if not value:
            raise InvalidParameter(f"Invalid attributes given, {name} is empty")
        # Stock clients send back what the challenge told them, so an equal address is no change.
        if name in VERIFIABLE and user.attributes.get(name, value) != value:
            raise InvalidParameter(f"Cannot modify an already provided {name}")
    for name in sorted(pool.settings.required_attributes.intersection(attributes)):
        if user.attributes.get(name):
            raise InvalidParameter(f"Cannot modify an already provided {name}")
    required = pool.settings.required_attributes
    # What the pool requires must be there at once; any other address waits where the pool wants it verified first.
    waiting = {name: value for name, value in held_back(pool, user, attributes).items() if name not in required}
    change(pool, user, waiting)
    completed = change(pool, user, {name: value for name, value in attributes.items() if name not in waiting})
    completed = replace(completed, pending={**user.pending, **waiting})
    held, would_hold = choose_second_factors(pool, user), choose_second_factors(pool, completed)
    if held and not set(would_hold) <= set(held) and not pool.settings.mfa.is_off:
        raise InvalidParameter("Cannot provide another second factor before one is proven")
    missing = missing_required(pool, completed.attributes)
    if missing:
        raise InvalidParameter(f"Invalid attributes given, {missing[0]} is missing")
    return completed


def _door(attempt: Attempt) -> Door:
    return cast("Door", attempt.data["door"])


def _without_srp(data: Mapping[str, str]) -> dict[str, str]:
    """The exchange is over; its key is nobody's business any more."""
    return {name: value for name, value in data.items() if not name.startswith("srp_")}
