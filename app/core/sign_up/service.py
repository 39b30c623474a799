from dataclasses import dataclass, replace

from app.core.attempts import steps
from app.core.attempts.model import Attempt
from app.core.attempts.service import Attempts
from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.clients.model import Client
from app.core.factors.destination import (
    CHANNELS,
    Destination,
    choose_verification,
    destination_of,
    pretend_destination,
)
from app.core.factors.one_time_code import SIGN_UP, OneTimeCodes, TakenCode
from app.core.factors.password import Passwords
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import (
    CodeExpired,
    CodeMismatch,
    Fact,
    InvalidParameter,
    SignUpNotPermitted,
    UserAlreadyConfirmed,
    UserDisabled,
    UserNotFound,
)
from app.core.kernel.ids import Sub
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.limits.rates import Rates
from app.core.messages.model import Notice, NoticeKind
from app.core.messages.ports import Messenger
from app.core.pools.model import Pool
from app.core.sign_up.applicant import new_user
from app.core.sign_up.model import Registered, Registration
from app.core.users.aliases import release_aliases
from app.core.users.identifiers import candidates, identifiers_of, key_of, taken_alias, taken_at_creation
from app.core.users.model import Identifier, IdentifierKind, User, UserStatus
from app.core.users.ports import IdentifierTaken, UserStore

REGISTRATIONS_PER_HOUR = 15
CONFIRMATIONS_PER_HOUR = 15
RESENDS_PER_HOUR = 5
_BROWSER_SESSION_SECONDS = 15 * 60
"""How long a browser may sign in by its sign-up: a mail takes longer than the three minutes of the API's sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    users: UserStore
    passwords: Passwords
    codes: OneTimeCodes
    attempts: Attempts
    rates: Rates
    messages: Messenger
    audit: AuditLog
    clock: Clock
    hasher: Hasher
    transactions: Transactions

    def register(self, pool: Pool, client: Client, registration: Registration, caller: Caller) -> Registered:
        """A new, unconfirmed user, and a code on its way (Cognito: SignUp). One password hash, one code, one message, always.

        With ``conceal``, in a pool whose usernames are addresses, an address that has an account answers exactly alike; its
        owner is told by message. Raises ``SignUpNotPermitted``, ``InvalidParameter`` and ``AttributeViolation``,
        ``UnauthorizedAttribute``, ``PasswordPolicyViolation``, ``UsernameExists``, ``CodeDeliveryFailed`` (the user exists then),
        ``TooManyRequests``, ``AttemptLimitExceeded`` (concealed only).
        """
        with self._trail("sign_up.register", pool, client, caller) as trail:
            if pool.settings.admin_create_only:
                raise SignUpNotPermitted
            self.rates.check_address("sign_up", pool.pool_id, caller.address, REGISTRATIONS_PER_HOUR)
            applicant = new_user(pool, client, registration, now=self.clock.now())
            held = identifiers_of(pool, applicant)
            if registration.conceal:
                # A page may write to the owner of an address: not more often than it would send codes again.
                name = key_of(self.hasher, pool, None, _typed(registration, applicant))
                self.rates.check("sign_up", f"{pool.pool_id}:{name}", RESENDS_PER_HOUR)
            # The pre-sign-up trigger is asked here; it may confirm or refuse.
            applicant = self.passwords.replace(applicant, self.passwords.encode(pool, None, registration.password))
            try:
                self.users.add(applicant, held)
            except IdentifierTaken as taken:
                if not registration.conceal or taken.identifier.kind is IdentifierKind.USERNAME:
                    raise taken_at_creation(taken.identifier) from taken
                typed = _typed(registration, applicant)
                return self._pretend(trail, pool, client, applicant, caller, taken=taken.identifier, typed=typed)
            trail.sub = applicant.sub
            trail.record()
            session = self._session(client, applicant, caller, sub=applicant.sub)
            destination = self._send_code(pool, client, applicant, caller, typed=_typed(registration, applicant))
            return Registered(user_sub=applicant.sub, confirmed=False, destination=destination, session=session)

    def confirm(
        self,
        pool: Pool,
        client: Client,
        username: str,
        code: Secret,
        caller: Caller,
        *,
        force_alias: bool = False,
        conceal: bool = True,
    ) -> None:
        """The code proves the address and confirms the user (Cognito: ConfirmSignUp).

        Raises ``CodeMismatch``, ``CodeExpired``, ``AliasExists`` (the code stays usable, for ``force_alias``),
        ``UserAlreadyConfirmed`` (concealed: only to who repeats the right code), ``AttemptLimitExceeded``.
        """
        with self._trail("sign_up.confirm", pool, client, caller) as trail:
            user = self.users.find_by_identifiers(pool.pool_id, candidates(pool, username))
            trail.sub = user.sub if user else None
            who = key_of(self.hasher, pool, user, username)
            self.rates.check("confirm_sign_up", f"{pool.pool_id}:{who}", CONFIRMATIONS_PER_HOUR)
            waiting = user if user and user.enabled and user.status is UserStatus.UNCONFIRMED else None
            if not conceal:
                _check_waiting(user, waiting)
            owner = key_of(self.hasher, pool, waiting, username)
            try:
                taken = self.codes.take(pool.pool_id, SIGN_UP, owner, code)
            except (CodeMismatch, CodeExpired):
                # Asked for everybody, so that it costs everybody the same.
                if self.codes.was_spent(pool.pool_id, SIGN_UP, who, code) and waiting is None:
                    raise UserAlreadyConfirmed from None
                raise
            if waiting is None:
                raise CodeExpired
            try:
                self._confirm(trail, pool, waiting, taken, force_alias=force_alias)
            except Fact:
                self.codes.restore(taken)
                raise
            self.codes.bury(taken)
            # The post-confirmation trigger is told here.

    def resend(self, pool: Pool, client: Client, username: str, caller: Caller, *, conceal: bool = True) -> Destination:
        """A new code, the earlier one is dead (Cognito: ResendConfirmationCode). Concealed, an unknown or confirmed user answers alike.

        Raises ``AttemptLimitExceeded``, ``TooManyRequests``; not concealed also ``UserNotFound``, ``UserDisabled``,
        ``InvalidParameter``.
        """
        with self._trail("sign_up.resend", pool, client, caller) as trail:
            self.rates.check_address("resend", pool.pool_id, caller.address, RESENDS_PER_HOUR)
            user = self.users.find_by_identifiers(pool.pool_id, candidates(pool, username))
            trail.sub = user.sub if user else None
            who = key_of(self.hasher, pool, user, username)
            self.rates.check("resend", f"{pool.pool_id}:{who}", RESENDS_PER_HOUR)
            waiting = user if user and user.enabled and user.status is UserStatus.UNCONFIRMED else None
            attribute = choose_verification(pool, waiting) if waiting else None
            if waiting is None or attribute is None:
                if not conceal:
                    raise _why_not_resent(user, waiting)
                owner = key_of(self.hasher, pool, None, username)
                self.codes.pretend(pool.pool_id, SIGN_UP, owner, {}, keep=False)
                trail.record("pretended")
                self.messages.queue_nothing(pool)
                return pretend_destination(self.hasher, pool, username, _offered(pool))
            code = self._issue(pool, waiting, attribute)
            trail.record()
            notice = _notice(NoticeKind.RESEND_CODE, client, waiting, caller, attribute=attribute, typed=username)
            self.messages.queue(pool, replace(notice, code=code))
            return destination_of(attribute, waiting.attributes[attribute])

    def _send_code(self, pool: Pool, client: Client, user: User, caller: Caller, *, typed: str) -> Destination | None:
        attribute = choose_verification(pool, user)
        if attribute is None:
            return None
        code = self._issue(pool, user, attribute)
        notice = _notice(NoticeKind.SIGN_UP, client, user, caller, attribute=attribute, typed=typed)
        self.messages.send(pool, replace(notice, code=code))
        return destination_of(attribute, user.attributes[attribute])

    def _issue(self, pool: Pool, user: User, attribute: str) -> Secret:
        data = {"attribute": attribute, "value": self._digest(user, attribute)}
        return self.codes.issue(pool.pool_id, SIGN_UP, user.sub, data)

    def _digest(self, user: User, attribute: str) -> str:
        return self.hasher.digest("address of a code", user.attributes.get(attribute, ""))

    def _pretend(
        self,
        trail: Trail,
        pool: Pool,
        client: Client,
        applicant: User,
        caller: Caller,
        *,
        taken: Identifier,
        typed: str,
    ) -> Registered:
        """As if registered: the same hash, rows and message, but the message tells the owner of the address."""
        owner = self.users.find_by_identifiers(pool.pool_id, [taken])
        trail.sub = owner.sub if owner else None
        trail.detail["existing"] = taken.kind.value
        trail.record("pretended")
        session = self._session(client, applicant, caller, sub=None)
        attribute = choose_verification(pool, applicant)
        if attribute is None:
            return Registered(user_sub=applicant.sub, confirmed=False, destination=None, session=session)
        waiting = owner if owner and owner.enabled and owner.status is UserStatus.UNCONFIRMED else None
        # Who is still waiting for a code keeps it: a stranger's second registration must not kill it.
        key = key_of(self.hasher, pool, waiting, typed)
        data = {"attribute": attribute, "value": self._digest(applicant, attribute)}
        self.codes.pretend(pool.pool_id, SIGN_UP, key, data, keep=waiting is not None)
        if owner is not None and owner.attributes.get(taken.kind.value):
            held = taken.kind.value
            name = owner.attributes[held]
            notice = _notice(NoticeKind.ACCOUNT_EXISTS, client, owner, caller, attribute=held, typed=name)
            self.messages.send(pool, notice)
        destination = destination_of(attribute, applicant.attributes[attribute])
        return Registered(user_sub=applicant.sub, confirmed=False, destination=destination, session=session)

    def _session(self, client: Client, applicant: User, caller: Caller, *, sub: Sub | None) -> Secret:
        now = self.clock.now()
        lifetime = _BROWSER_SESSION_SECONDS if caller.browser else 60 * client.settings.auth_session_minutes
        return self.attempts.put(
            Attempt(
                pool_id=applicant.pool_id,
                client_id=client.client_id,
                sub=sub,
                username=applicant.username,
                step=steps.SIGNED_UP,
                proven=(steps.REGISTERED,),
                browser=caller.browser,
                started_at=now,
                expires_at=now + lifetime,
            )
        )

    def _confirm(self, trail: Trail, pool: Pool, user: User, taken: TakenCode, *, force_alias: bool) -> None:
        attribute = taken.data["attribute"]
        if taken.data["value"] != self._digest(user, attribute):
            raise CodeExpired
        verified = user.with_attributes({f"{attribute}_verified": "true"})
        confirmed = replace(verified, status=UserStatus.CONFIRMED, updated_at=self.clock.now())
        held = identifiers_of(pool, confirmed)
        try:
            with self.transactions.transaction():
                if force_alias:
                    release_aliases(self.users, pool, confirmed, held, now=self.clock.now())
                self.users.save(confirmed, held)
                trail.record()
        except IdentifierTaken as error:
            raise taken_alias(error.identifier) from error

    def _trail(self, event: str, pool: Pool, client: Client, caller: Caller) -> Trail:
        return Trail(audit=self.audit, event=event, caller=caller, pool_id=pool.pool_id, client_id=client.client_id)


def _check_waiting(user: User | None, waiting: User | None) -> None:
    """What the API says where it conceals nothing."""
    if user is None:
        raise UserNotFound("Username/client id combination not found.")
    if not user.enabled:
        raise UserDisabled
    if waiting is None:
        raise UserAlreadyConfirmed(f"User cannot be confirmed. Current status is {user.status.value}")


def _why_not_resent(user: User | None, waiting: User | None) -> Fact:
    if user is None:
        return UserNotFound("Username/client id combination not found.")
    if not user.enabled:
        return UserDisabled()
    return InvalidParameter("User is already confirmed." if waiting is None else "Auto verification not turned on.")


def _typed(registration: Registration, applicant: User) -> str:
    """What the person will sign in with."""
    if registration.username is not None:
        return registration.username
    return applicant.attributes.get("email") or applicant.attributes.get("phone_number") or applicant.username


def _notice(kind: NoticeKind, client: Client, user: User, caller: Caller, *, attribute: str, typed: str) -> Notice:
    return Notice(
        kind=kind,
        channel=CHANNELS[attribute],
        address=user.attributes[attribute],
        username=typed,
        client_id=client.client_id,
        language=caller.language,
    )


def _offered(pool: Pool) -> list[str]:
    return [name for name in ("phone_number", "email") if name in pool.settings.auto_verified]
