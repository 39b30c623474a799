from dataclasses import dataclass, replace
from typing import Self

from app.core.attempts import steps
from app.core.attempts.model import Attempt
from app.core.attempts.service import password_mark
from app.core.clients.model import Client
from app.core.factors.passkey import PasskeyRequest, RelyingParty
from app.core.kernel.caller import Caller
from app.core.kernel.errors import IncorrectCredentials, SessionExpired, UserNotConfirmed
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.sign_in.answers import CODES, Answers
from app.core.sign_in.first_steps import Entry
from app.core.sign_in.model import (
    Answer,
    Challenge,
    ChoiceAnswer,
    CodeAnswer,
    DeviceStart,
    Door,
    NewPassword,
    PasskeyAnswer,
    PasskeyProof,
    PasswordProof,
    Proof,
    RecoveryCodeAnswer,
    SetUpAnswer,
    SignedIn,
    SrpAnswer,
    SrpProof,
)
from app.core.sign_in.progression import FAILURES_PER_USER, countable_address
from app.core.sign_in.setting_up import SettingUp
from app.core.sign_in.srp_exchange import session_in
from app.core.users.identifiers import candidates, key_of, shorten
from app.core.users.model import UserStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn(Answers, SettingUp):
    """Signing in with what this server checks itself. Every refusal and every success leaves an audit row."""

    def start(
        self,
        pool: Pool,
        client: Client,
        proof: Proof,
        caller: Caller,
        *,
        conceal: bool = True,
        door: Door = "pages",
        device_key: str | None = None,
        relying_party: RelyingParty | None = None,
    ) -> Challenge | SignedIn:
        """The first factor, in the gate order of ``auth-flows.md`` §2; client, secret hash and flow are the blueprint's to check.

        ``conceal`` (always on pages; on the API the client's PreventUserExistenceErrors) makes a disabled or unknown user answer
        like a wrong password. Raises ``IncorrectCredentials``, ``LockedOut``, ``TooManyRequests``, ``UserNotConfirmed``,
        ``PasswordResetRequired``, ``TemporaryPasswordExpired``, and where not concealed ``UserNotFound`` and ``UserDisabled``.
        """
        proof = replace(proof, username=shorten(proof.username))
        event = "sign_in.password" if isinstance(proof, PasswordProof) else "sign_in.start"
        with self._trail(event, pool, client, caller) as trail:
            address = countable_address(caller, door)
            self.rates.check_failures("sign_in", pool.pool_id, address, FAILURES_PER_USER)
            user = self.users.find_by_identifiers(pool.pool_id, candidates(pool, proof.username))
            # The user migration trigger is asked here, for an unknown name.
            who = key_of(self.hasher, pool, user, proof.username)
            trail.concerns(user.sub if user else None, who)
            entry = Entry(
                pool=pool, client=client, user=user, typed=proof.username, who=who, caller=caller, door=door,
                device_key=device_key, conceal=conceal,
            )  # fmt: skip
            if isinstance(proof, PasswordProof):
                return self._with_password(trail, entry, proof.password)
            if isinstance(proof, SrpProof):
                return self._with_srp(entry, proof.public)
            return self._with_choice(trail, entry, proof, relying_party)

    def ask_passkey(self, pool: Pool, rp: RelyingParty) -> PasskeyRequest:
        """What a browser needs to offer a passkey before anybody has typed a name."""
        return self.passkeys.request(pool, None, rp)

    def start_with_passkey(
        self, pool: Pool, client: Client, proof: PasskeyProof, caller: Caller, *, relying_party: RelyingParty
    ) -> Challenge | SignedIn:
        """The passkey says who it is. Raises ``IncorrectCredentials``, and what else ``next_step`` refuses."""
        with self._trail("sign_in.passkey", pool, client, caller) as trail:
            if steps.WEB_AUTHN not in pool.settings.first_factors:
                raise IncorrectCredentials
            proven = self.passkeys.check(pool, None, proof.state, proof.credential, relying_party)
            user = self.users.find(pool.pool_id, proven.sub)
            if user is None:
                raise IncorrectCredentials
            trail.sub = user.sub
            attempt = self._begin(pool, client, user, caller, data={"who": user.sub, "door": "pages"})
            methods = (proven.amr, *((steps.VERIFIED_PASSKEY,) if proven.user_verified else ()))
            return self._go_on(trail, replace(attempt, proven=methods), pool, client, user, caller)

    def answer(  # noqa: C901, PLR0917 - a case for each kind of answer
        self,
        pool: Pool,
        client: Client,
        session: Secret,
        answer: Answer,
        caller: Caller,
        *,
        step: str | None = None,
        username: str | None = None,
        conceal: bool = True,
        device_key: str | None = None,
        relying_party: RelyingParty | None = None,
    ) -> Challenge | SignedIn:
        """The answer to a challenge; ``step`` is the one it is for, where an answer fits several. What can be mended (a wrong code, a
        weak password) leaves the Session usable; anything else ends it. ``username`` is whose sign-in the caller takes it for:
        another's is told that the Session is none, and consumes nothing.

        Raises ``SessionExpired``, ``SessionUsed``, ``CodeMismatch``, ``LockedOut``, ``IncorrectCredentials``,
        ``PasswordPolicyViolation``, ``PasswordReused``, ``UnauthorizedAttribute``, ``InvalidParameter``, ``AliasExists``, ``UserDisabled``.
        """
        if username is not None:
            return self._named(pool, username).answer(
                pool, client, session, answer, caller,
                step=step, conceal=conceal, device_key=device_key, relying_party=relying_party,
            )  # fmt: skip
        with self._trail("sign_in.answer", pool, client, caller) as trail:
            if isinstance(answer, SrpAnswer):
                session = session or session_in(answer.secret_block)
            match answer:
                case NewPassword():
                    return self._new_password(trail, pool, client, session, answer, caller)
                case SrpAnswer():
                    return self._srp_answer(
                        trail, pool, client, session, answer, caller,
                        step=step or steps.PASSWORD_VERIFIER, conceal=conceal, device_key=device_key,
                    )  # fmt: skip
                case CodeAnswer():
                    return self._code(trail, pool, client, session, answer, caller, among=(step,) if step else CODES)
                case RecoveryCodeAnswer():
                    return self._recovery_code(trail, pool, client, session, answer, caller)
                case ChoiceAnswer():
                    return self._choice(trail, pool, client, session, answer, caller, relying_party, step=step)
                case PasskeyAnswer():
                    return self._passkey(trail, pool, client, session, answer, caller, relying_party)
                case SetUpAnswer():
                    return self._set_up_done(trail, pool, client, session, caller)
                case DeviceStart():
                    return self._device_start(trail, pool, client, session, answer, caller)

    def after_sign_up(  # noqa: PLR0917 - the interface between rooms
        self,
        pool: Pool,
        client: Client,
        session: Secret,
        caller: Caller,
        *,
        username: str | None = None,
        door: Door = "pages",
    ) -> Challenge | SignedIn:
        """Signs in who has just registered in this browser and confirmed since; once. ``UserNotConfirmed`` consumes nothing."""
        with self._trail("sign_in.after_sign_up", pool, client, caller) as trail:
            attempts = self.attempts if username is None else self._named(pool, username).attempts
            attempt = attempts.get(pool, client, session, caller, step=steps.SIGNED_UP)
            user = self.users.find(pool.pool_id, attempt.sub) if attempt.sub else None
            trail.sub = attempt.sub
            if user is None or user.status is UserStatus.UNCONFIRMED:
                raise UserNotConfirmed
            attempt = attempts.claim(pool, client, session, caller, step=steps.SIGNED_UP)
            if attempt.data.get("password") != password_mark(self.hasher, user):
                # Another registration of the same address was confirmed.
                raise SessionExpired
            attempt = replace(
                attempt, data={**attempt.data, "who": user.sub, "door": door}, user_revision=user.revision
            )
            return self._go_on(trail, attempt, pool, client, user, caller)

    def _named(self, pool: Pool, username: str) -> Self:
        """The same room, in which a Session of anybody but the user of that name is none."""
        username = shorten(username)

        def is_theirs(attempt: Attempt) -> bool:
            if username in {attempt.username, attempt.sub, attempt.data.get("typed")}:
                return True
            user = self.users.find_by_identifiers(pool.pool_id, candidates(pool, username))
            who: str = attempt.sub or attempt.data.get("who", "")
            return key_of(self.hasher, pool, user, username) == who

        return replace(self, attempts=self.attempts.answering(is_theirs))
