"""Setting up a second factor in the middle of a sign-in, where the pool demands one and there is none (challenge MFA_SETUP)."""

from dataclasses import dataclass, replace

from app.core.attempts import steps
from app.core.attempts.model import Attempt
from app.core.audit.trail import Trail
from app.core.clients.model import Client
from app.core.factors.destination import Destination
from app.core.factors.preferences import Choice, check_possible, choose_preference
from app.core.kernel.caller import Caller
from app.core.kernel.errors import CodeMismatch, Conflict, Fact, InvalidParameter, SessionExpired
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.pools.schema import VERIFIABLE
from app.core.sign_in.next_step import Ask, Refuse, next_step
from app.core.sign_in.progression import Progression
from app.core.sign_in.second_factors import address_of, choose_set_up_here
from app.core.users.attributes import change
from app.core.users.identifiers import fold_phone, identifiers_of, taken_alias
from app.core.users.model import MfaPreference, User
from app.core.users.ports import IdentifierTaken

CODES_PER_HOUR = 5
"""Codes to addresses that were given here, for one user: as many as ``GetUserAttributeVerificationCode`` sends."""
_KEPT = frozenset({"setting_up", "new_address", "code", "attribute", "address"})
"""What an attempt remembers of an address on trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingUp(Progression):
    """A factor is set up, and only then answers the challenge. Each of these takes a Session and gives the next."""

    def begin_software_token(
        self, pool: Pool, client: Client, session: Secret, caller: Caller
    ) -> tuple[Secret, Secret]:
        """A seed to be shown, and the next Session (Cognito: AssociateSoftwareToken). Raises ``SessionExpired``, ``SessionUsed``."""
        with self._trail("sign_in.begin_software_token", pool, client, caller) as trail:
            attempt, user = self._setting_up(trail, pool, client, session, caller)
            seed = self.software_tokens.begin(pool, user)
            trail.record()
            return seed, self.attempts.put(attempt)

    def verify_software_token(  # noqa: PLR0917 - the interface between rooms
        self, pool: Pool, client: Client, session: Secret, code: Secret, name: str | None, caller: Caller
    ) -> Secret:
        """The next Session, with which MFA_SETUP is answered (Cognito: VerifySoftwareToken). ``CodeMismatch`` leaves it usable."""
        with self._trail("sign_in.verify_software_token", pool, client, caller) as trail:
            attempt, user = self._setting_up(trail, pool, client, session, caller)
            enabled = tuple(dict.fromkeys((*user.mfa.enabled, steps.SOFTWARE_TOKEN_MFA)))
            preferred = user.mfa.preferred or steps.SOFTWARE_TOKEN_MFA
            try:
                # One change: a token is stored only for the record that the attempt was proven against.
                with self._guessing(pool, session, attempt, caller) as guess, self.transactions.transaction():
                    self.software_tokens.confirm(pool, user, code, name=name)
                    user = self.users.save(replace(user, mfa=MfaPreference(enabled=enabled, preferred=preferred)))
                    trail.record()
            except Conflict:
                raise SessionExpired from None
            self.lockout.forgive(guess)
            proven = (*attempt.proven, steps.TOTP)
            return self.attempts.put(replace(attempt, proven=proven, user_revision=user.revision))

    def _setting_up(
        self, trail: Trail, pool: Pool, client: Client, session: Secret, caller: Caller
    ) -> tuple[Attempt, User]:
        """The attempt, where a factor is still to be set up: what was proven before the record changed sets up nothing."""
        attempt, user = self._claim(trail, pool, client, session, caller, among=(steps.MFA_SETUP,))
        remains = next_step(attempt, pool, client, user, self.clock.now())
        if not isinstance(remains, Ask) or remains.step != steps.MFA_SETUP:
            raise remains.fact if isinstance(remains, Refuse) else SessionExpired
        return attempt, user

    def begin_address(  # noqa: PLR0917 - the interface between rooms
        self, pool: Pool, client: Client, session: Secret, factor: str, address: str | None, caller: Caller
    ) -> tuple[Destination, Secret]:
        """A code on its way to the address that is to be the factor, and the next Session. Ours: Cognito's API has the attribute set
        first and the sign-in begun anew (``auth-flows.md`` §10).

        An address that is there is the one, whoever may write it; else ``address`` is, or the one that was given before. Nothing is
        stored with the user before the code comes back. Raises ``AttributeViolation``, ``InvalidParameter``,
        ``AttemptLimitExceeded`` and ``CodeDeliveryFailed``, which leave the Session usable, ``SessionExpired``, ``SessionUsed``.
        """
        with self._trail("sign_in.begin_address", pool, client, caller) as trail:
            attempt, user = self._setting_up(trail, pool, client, session, caller)
            try:
                aim = _aim(pool, client, attempt, user, factor, address)
                self.rates.check("set_up_code", f"{pool.pool_id}:{user.sub}", CODES_PER_HOUR)
                destination, kept = self.codes.send(pool, client, aim, address_of(factor), caller)
            except Fact:
                self.attempts.put_back(session, attempt, failed=False)
                raise
            trail.record(factor)
            new = aim.attributes[address_of(factor)]
            data = {**attempt.data, **kept, "setting_up": factor, "new_address": new}
            return destination, self.attempts.put(replace(attempt, data=data))

    def verify_address(  # noqa: PLR0917 - the interface between rooms
        self, pool: Pool, client: Client, session: Secret, code: Secret, caller: Caller
    ) -> Secret:
        """The next Session, with which MFA_SETUP is answered: the address is the user's, verified, and a factor of theirs.

        Raises ``CodeMismatch``, and ``AliasExists`` and ``InvalidParameter``, which leave the Session usable (the latter two for another
        address or factor), ``LockedOut``, ``SessionExpired``, ``SessionUsed``.
        """
        with self._trail("sign_in.verify_address", pool, client, caller) as trail:
            attempt, user = self._setting_up(trail, pool, client, session, caller)
            factor = attempt.data.get("setting_up", "")
            with self._guessing(pool, session, attempt, caller) as guess:
                if not factor or not self.codes.fits(attempt, code):
                    raise CodeMismatch
            self.lockout.forgive(guess)
            done = replace(attempt, data={name: kept for name, kept in attempt.data.items() if name not in _KEPT})
            try:
                proven = self._with_factor(pool, user, factor, attempt.data["new_address"])
                with self.transactions.transaction():
                    saved = self.users.save(proven, identifiers_of(pool, proven))
                    trail.record(factor)
            except IdentifierTaken as taken:
                # Who has read the code may know; the sign-in goes on with another address.
                self.attempts.put_back(session, done, failed=False)
                raise taken_alias(taken.identifier) from taken
            except Conflict:
                raise SessionExpired from None
            except Fact:
                # The pool changed meanwhile, and does not offer this factor any more.
                self.attempts.put_back(session, done, failed=False)
                raise
            methods = (*attempt.proven, steps.CODE_STEPS[factor])
            return self.attempts.put(replace(done, proven=methods, user_revision=saved.revision))

    def _with_factor(self, pool: Pool, user: User, factor: str, address: str) -> User:
        """The user with the proven address, and with the factor switched on: the first one is asked first."""
        attribute = address_of(factor)
        proven = user.with_attributes({attribute: address, VERIFIABLE[attribute]: "true"})
        check_possible(pool, proven, [factor])
        choice = Choice(enabled=True, preferred=None if user.mfa.preferred else True)
        mfa = choose_preference(user.mfa, {factor: choice})
        pending = {name: value for name, value in user.pending.items() if name != attribute}
        return replace(proven, mfa=mfa, pending=pending, updated_at=self.clock.now())


def _aim(pool: Pool, client: Client, attempt: Attempt, user: User, factor: str, address: str | None) -> User:
    """The user as they would be with the address that a code is to go to."""
    if factor == steps.SOFTWARE_TOKEN_MFA or factor not in choose_set_up_here(pool, client, user):
        raise InvalidParameter("The answer must be one of the available challenges.")
    attribute = address_of(factor)
    if user.attributes.get(attribute):
        if address is not None:
            raise InvalidParameter(f"Cannot modify an already provided {attribute}")
        return user
    if address is None and attempt.data.get("setting_up") == factor:
        address = attempt.data["new_address"]
    if not address:
        raise InvalidParameter(f"Missing required parameter {attribute}")
    # People write numbers with spaces.
    return change(pool, user, {attribute: fold_phone(address) if attribute == "phone_number" else address})
