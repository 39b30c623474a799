from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from app.core.attempts import steps
from app.core.attempts.model import Attempt
from app.core.attempts.service import Attempts, password_mark
from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.clients.model import Client
from app.core.factors.destination import (
    CHANNELS,
    Destination,
    choose_verification,
    destination_as_typed,
    destination_of,
)
from app.core.factors.one_time_code import CONTESTED, SIGN_UP, OneTimeCodes, TakenCode
from app.core.factors.password import Passwords
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import (
    CodeExpired,
    CodeMismatch,
    Conflict,
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
from app.core.sign_up.pending import address_digest, confirmed, data_of, given_in, may_wait, resent, withdrawn
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
        owner is told by message. Where the account still waits for its code, this registration waits beside it with its own. Raises ``SignUpNotPermitted``, ``InvalidParameter`` and ``AttributeViolation``,
        ``UnauthorizedAttribute``, ``PasswordPolicyViolation``, ``UsernameExists``, ``CodeDeliveryFailed`` (the user exists then),
        ``TooManyRequests``, ``AttemptLimitExceeded`` (concealed only).
        """
        with self._trail("sign_up.register", pool, client, caller) as trail:
            if pool.settings.admin_create_only:
                raise SignUpNotPermitted
            self.rates.check_address("sign_up", pool.pool_id, caller.address, REGISTRATIONS_PER_HOUR)
            applicant = new_user(pool, client, registration, now=self.clock.now())
            held = identifiers_of(pool, applicant)
            if registration.password is not None:
                self.passwords.check(pool, registration.password)
            elif registration.conceal or set(pool.settings.first_factors) <= {"PASSWORD"}:
                raise InvalidParameter("Missing required parameter PASSWORD")
            if registration.conceal and choose_verification(pool, applicant) is not None:
                self._check_mailbox(pool, _typed(registration, applicant), caller)
            # The pre-sign-up trigger is asked here; it may confirm or refuse.
            if registration.password is not None:
                applicant = self.passwords.replace_with(pool, applicant, registration.password, new=True)
            try:
                self.users.add(applicant, held)
            except IdentifierTaken as taken:
                if not registration.conceal or taken.identifier.kind is IdentifierKind.USERNAME:
                    raise taken_at_creation(taken.identifier) from taken
                typed = _typed(registration, applicant)
                return self._pretend(trail, pool, client, applicant, caller, taken=taken.identifier, typed=typed)
            trail.sub = applicant.sub
            trail.record()
            # Without a password there is nothing that only who registered knows.
            session = self._session(client, applicant, caller, sub=applicant.sub) if applicant.password else None
            attribute = choose_verification(pool, applicant)
            if attribute is None:
                return Registered(user_sub=applicant.sub, confirmed=False, destination=None, session=session)
            data = data_of(self.hasher, applicant, attribute)
            # Asked for everybody, so that it costs everybody the same; nobody had a code for a new user yet.
            self.codes.has_asked(pool.pool_id, SIGN_UP, applicant.sub, caller.browser)
            code = self.codes.issue(
                pool.pool_id, SIGN_UP, applicant.sub, data, browser=caller.browser, standing=given_in(data)
            )
            typed = _typed(registration, applicant)
            notice = _notice(NoticeKind.SIGN_UP, client, applicant, caller, attribute=attribute, typed=typed)
            self.messages.send(pool, replace(notice, code=code))
            destination = destination_of(attribute, applicant.attributes[attribute])
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
        """The code proves the address and confirms the user, as registered where the code was asked for (Cognito: ConfirmSignUp).

        Every other registration of the address dies with it. Raises ``CodeMismatch``, ``CodeExpired``, ``AliasExists`` (the code stays usable, for ``force_alias``),
        ``UserAlreadyConfirmed`` (concealed: only to who repeats the right code), ``AttemptLimitExceeded``.
        """
        with self._trail("sign_up.confirm", pool, client, caller) as trail:
            self.rates.check_address("confirm_sign_up", pool.pool_id, caller.address, CONFIRMATIONS_PER_HOUR)
            user = self.users.find_by_identifiers(pool.pool_id, candidates(pool, username))
            who = key_of(self.hasher, pool, user, username)
            trail.concerns(user.sub if user else None, who)
            waiting = user if user and user.enabled and user.status is UserStatus.UNCONFIRMED else None
            owner = key_of(self.hasher, pool, waiting, username)
            # Strangers share one allowance, so that they use up nobody's who registered in a browser.
            own = self.codes.has_asked(pool.pool_id, SIGN_UP, owner, caller.browser)
            counted = f"{pool.pool_id}:{who}:{caller.browser}" if own else f"{pool.pool_id}:{who}"
            self.rates.check("confirm_sign_up", counted, CONFIRMATIONS_PER_HOUR)
            if not conceal:
                _check_waiting(user, waiting)
            try:
                taken = self.codes.take(pool.pool_id, SIGN_UP, owner, code, browser=caller.browser)
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
            who = key_of(self.hasher, pool, user, username)
            trail.concerns(user.sub if user else None, who)
            waiting = user if user and user.enabled and user.status is UserStatus.UNCONFIRMED else None
            attribute = choose_verification(pool, waiting) if waiting else None
            able = waiting if attribute else None
            owner = key_of(self.hasher, pool, able, username)
            asked = self.codes.find_asked(pool.pool_id, SIGN_UP, owner, caller.browser)
            # The places are for those who register: all who merely ask for a code share one.
            browser = caller.browser if asked.own is not None else None
            self.rates.check_name("resend", f"{pool.pool_id}:{who}", caller, RESENDS_PER_HOUR, own=browser is not None)
            if able is None and not conceal:
                raise _why_not_resent(user, waiting)
            if able is None or attribute is None:
                self.codes.pretend(pool.pool_id, SIGN_UP, owner, asked.own or asked.newest or {}, browser=browser)
                trail.record("pretended")
                self.messages.queue_nothing(pool)
                return destination_as_typed(username, _offered(pool))
            again = resent(self.hasher, able, attribute, asked)
            code = self.codes.issue(pool.pool_id, SIGN_UP, owner, again, browser=browser)
            trail.record()
            notice = _notice(NoticeKind.RESEND_CODE, client, able, caller, attribute=attribute, typed=username)
            self.messages.queue(pool, replace(notice, code=code))
            if conceal:
                return destination_as_typed(username, _offered(pool))
            return destination_of(attribute, able.attributes[attribute])

    def _check_mailbox(self, pool: Pool, typed: str, caller: Caller) -> None:
        """A page writes to whoever has the address: at most as often as it would send codes again.

        One network has that allowance and all together a few of it, so that a stranger does not block a sign-up cheaply.
        """
        name = f"{pool.pool_id}:{key_of(self.hasher, pool, None, typed)}"
        self.rates.check_name("sign_up", name, caller, RESENDS_PER_HOUR)

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
        """As if registered: the same hash, rows and message, but the message tells the owner of the address.

        An owner who is not confirmed yet is nobody's proof of anything: this registration waits beside theirs, with its own code.
        """
        owner = self.users.find_by_identifiers(pool.pool_id, [taken])
        trail.sub = owner.sub if owner else None
        trail.detail["existing"] = taken.kind.value
        attribute = choose_verification(pool, applicant)
        beside = owner if attribute and may_wait(pool, owner, taken, attribute, typed) else None
        trail.record("waiting" if beside else "pretended")
        session = self._session(client, applicant, caller, sub=beside.sub if beside else None)
        if attribute is None:
            return Registered(user_sub=applicant.sub, confirmed=False, destination=None, session=session)
        held = taken.kind.value
        address = owner.attributes.get(held) if owner else None
        key = key_of(self.hasher, pool, beside, typed)
        asked = self.codes.find_asked(pool.pool_id, SIGN_UP, key, caller.browser)
        if beside is not None:
            self._withdraw(pool, beside, attribute, asked.standing)
        data = data_of(self.hasher, applicant, attribute, address if beside else None)
        # Who registers again in the same browser contests nobody's registration but their own.
        standing = {CONTESTED: "yes"} if beside is not None and asked.own is None else {}
        code = self.codes.issue(pool.pool_id, SIGN_UP, key, data, browser=caller.browser, standing=standing)
        if owner is not None and address:
            kind = NoticeKind.SIGN_UP if beside else NoticeKind.ACCOUNT_EXISTS
            notice = _notice(kind, client, owner, caller, attribute=held, typed=address)
            self.messages.send(pool, replace(notice, code=code) if beside else notice)
        destination = destination_of(attribute, applicant.attributes[attribute])
        return Registered(user_sub=applicant.sub, confirmed=False, destination=destination, session=session)

    def _withdraw(self, pool: Pool, user: User, attribute: str, standing: Mapping[str, str]) -> None:
        """While two registrations wait, the stored user is neither: what one of them said stands with its code alone."""
        if user.password is None:
            return
        bare = replace(withdrawn(user, attribute, standing), updated_at=self.clock.now())
        # Somebody else registered or confirmed at this moment; the code is bound to what is stored when it is used.
        with suppress(Conflict):
            self.users.save(bare, identifiers_of(pool, bare))

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
                data={"password": password_mark(self.hasher, applicant)},
                started_at=now,
                expires_at=now + lifetime,
            )
        )

    def _confirm(self, trail: Trail, pool: Pool, user: User, taken: TakenCode, *, force_alias: bool) -> None:
        if taken.data["value"] != address_digest(self.hasher, user, taken.data["attribute"]):
            raise CodeExpired
        accepted = replace(confirmed(user, taken), updated_at=self.clock.now())
        held = identifiers_of(pool, accepted)
        try:
            with self.transactions.transaction():
                if force_alias:
                    release_aliases(self.users, pool, accepted, held, now=self.clock.now())
                self.users.save(accepted, held)
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
