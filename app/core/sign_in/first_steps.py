"""How a sign-in begins: the first factor proven at once, or asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.core.attempts import steps
from app.core.audit.trail import Trail
from app.core.clients.model import Client
from app.core.factors.passkey import RelyingParty
from app.core.factors.srp import read_public
from app.core.kernel.caller import Caller
from app.core.kernel.errors import InvalidParameter, LockedOut, TooManyRequests, UserDisabled, UserNotFound
from app.core.kernel.ids import Sub
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.sign_in.concealment import choose_refusal
from app.core.sign_in.first_factors import (
    PASSWORD,
    PASSWORD_SRP,
    choose_first_factors,
    choose_offered,
    choose_plausible,
)
from app.core.sign_in.model import Challenge, ChoiceAnswer, ChoiceProof, Door, SignedIn
from app.core.sign_in.progression import Progression, countable_address, reason_of
from app.core.sign_in.second_factors import address_of
from app.core.sign_in.srp_exchange import secret_block
from app.core.users.model import User

CODES_PER_HOUR = 15


def check_complete(answer: ChoiceAnswer) -> None:
    """Raises ``InvalidParameter`` where the chosen factor lacks what must come along with the choice."""
    if answer.choice == PASSWORD and not answer.password:
        raise InvalidParameter("Missing required parameter PASSWORD")
    if answer.choice == PASSWORD_SRP:
        if not answer.public:
            raise InvalidParameter("Missing required parameter SRP_A")
        read_public(answer.public)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who wants to sign in, and how far that is known: ``user`` is None for a name nobody has."""

    pool: Pool
    client: Client
    user: User | None
    typed: str
    who: str
    caller: Caller
    door: Door
    device_key: str | None
    conceal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps(Progression):
    """Each of these ends with a challenge or with ``next_step``."""

    def _with_password(self, trail: Trail, entry: Entry, password: Secret) -> Challenge | SignedIn:
        pool, user, caller = entry.pool, entry.user, entry.caller
        try:
            guess = self.lockout.check_and_count(pool.pool_id, entry.who)
        except LockedOut:
            self._count_failure(pool, caller, entry.door)
            raise
        # The pre-authentication trigger is asked here, also for an unknown name where existence is concealed.
        try:
            right = self.passwords.verify(user, password)
        except TooManyRequests:
            self.lockout.forgive(guess)
            raise
        if user is None or not user.enabled or not right:
            trail.detail["reason"] = reason_of(user, right=right)
            self._count_failure(pool, caller, entry.door)
            raise choose_refusal(user, conceal=entry.conceal)
        # The check of compromised passwords stands here.
        user = self.passwords.rehash(user, password)
        known = self._known(entry, user)
        proven = (steps.PASSWORD, *((steps.DEVICE,) if known.get("device") == "proven" else ()))
        attempt = self._begin(pool, entry.client, user, caller, data=known)
        return self._go_on(trail, replace(attempt, proven=proven), pool, entry.client, user, caller, guess)

    def _with_srp(self, entry: Entry, public: str) -> Challenge:
        """No guess yet: it is counted, and leaves its row, when the proof comes."""
        if not entry.conceal and entry.user is None:
            raise UserNotFound
        if not entry.conceal and entry.user is not None and not entry.user.enabled:
            raise UserDisabled
        parameters, kept = self.exchange.begin(entry.pool, entry.user, entry.typed, public)
        attempt = self._begin(
            entry.pool, entry.client, entry.user, entry.caller,
            data={**self._known(entry, entry.user), **kept, "typed": entry.typed}, username=parameters["USERNAME"],
        )  # fmt: skip
        session = self.attempts.put(replace(attempt, step=steps.PASSWORD_VERIFIER))
        return Challenge(
            step=steps.PASSWORD_VERIFIER,
            session=session,
            username=attempt.username,
            parameters={**parameters, "SECRET_BLOCK": secret_block(session)},
        )

    def _with_choice(
        self, trail: Trail, entry: Entry, proof: ChoiceProof, rp: RelyingParty | None
    ) -> Challenge | SignedIn:
        # On the pages everybody is offered the same.
        choices = choose_offered(entry.pool) if entry.door == "pages" else self._first_factors(entry)
        if proof.preferred in choices:
            chosen = ChoiceAnswer(choice=proof.preferred or "", password=proof.password, public=proof.public)
            return self._first(trail, entry, chosen, choices, rp)
        return self._ask_first(trail, entry, steps.SELECT_CHALLENGE, choices)

    def _first_factors(self, entry: Entry) -> tuple[str, ...]:
        user = entry.user
        allowed = steps.WEB_AUTHN in entry.pool.settings.first_factors
        # Asked of nobody as well, so that it takes the same time.
        has_passkey = allowed and self.passkeys.has_any(entry.pool.pool_id, user.sub if user else Sub(entry.who))
        if user is None or not user.enabled:
            return choose_plausible(entry.pool, entry.typed)
        return choose_first_factors(entry.pool, user, has_passkey=has_passkey)

    def _first(
        self, trail: Trail, entry: Entry, answer: ChoiceAnswer, choices: tuple[str, ...], rp: RelyingParty | None
    ) -> Challenge | SignedIn:
        """The chosen first factor: proven at once, or asked for."""
        pool, user = entry.pool, entry.user
        check_complete(answer)
        if answer.choice == PASSWORD and answer.password is not None:
            return self._with_password(trail, entry, answer.password)
        if answer.choice == PASSWORD_SRP and answer.public is not None:
            return self._with_srp(replace(entry, conceal=True), answer.public)
        if answer.choice == steps.WEB_AUTHN:
            if rp is None:
                raise InvalidParameter("WebAuthn relying party is not configured.")
            asked = self.passkeys.request(pool, user, rp)
            kept = {"passkey": asked.state}
            return self._ask_first(
                trail, entry, steps.WEB_AUTHN, choices, kept, {"CREDENTIAL_REQUEST_OPTIONS": asked.options}
            )
        # Asked of nobody as well, so that it takes the same time.
        offered = self._first_factors(entry)
        able = user if user is not None and user.enabled and answer.choice in offered else None
        address = countable_address(entry.caller, entry.door)
        self.rates.check_address("sign_in_code", pool.pool_id, address, CODES_PER_HOUR)
        self.rates.check_name("sign_in_code", f"{pool.pool_id}:{entry.who}", entry.caller, CODES_PER_HOUR)
        destination, kept_code = self.codes.queue(
            pool, entry.client, able, address_of(answer.choice), entry.caller, entry.typed
        )
        challenge = self._ask_first(trail, entry, answer.choice, choices, kept_code)
        return replace(challenge, destination=destination)

    def _ask_first(
        self,
        trail: Trail,
        entry: Entry,
        step: str,
        choices: tuple[str, ...],
        kept: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Challenge:
        data = {**self._known(entry, entry.user), **(kept or {}), "choices": " ".join(choices), "typed": entry.typed}
        attempt = self._begin(entry.pool, entry.client, entry.user, entry.caller, data=data, username=entry.typed)
        session = self.attempts.put(replace(attempt, step=step))
        trail.record(step)
        return Challenge(step=step, session=session, username=entry.typed, parameters=parameters or {}, choices=choices)

    def _known(self, entry: Entry, user: User | None) -> dict[str, str]:
        """What an attempt remembers of how it began."""
        data = {"who": entry.who, "door": entry.door}
        if entry.device_key is not None and user is None and entry.pool.settings.devices is not None:
            # Looked for like somebody's, so that it takes the same time.
            self.devices.find(entry.pool, Sub(entry.who), entry.device_key)
        return data | self._device_data(entry.pool, user, entry.device_key, entry.door)
