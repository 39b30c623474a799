import json
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.clients.model import Client
from app.core.factors import passkey_ceremonies as ceremonies
from app.core.factors.errors import (
    PasskeyChallengeNotFound,
    PasskeyClientMismatch,
    PasskeyNotFound,
    PasskeyRefused,
    PasskeysNotEnabled,
)
from app.core.factors.passkey import (
    NAME,
    Passkey,
    PasskeyProven,
    PasskeyRequest,
    RelyingParty,
    read_name,
    relying_party_of,
)
from app.core.factors.ports import PasskeyStore, PasskeyTaken
from app.core.factors.preferences import without_factor
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import InvalidParameter, QuotaExceeded
from app.core.kernel.ids import PoolId, Sub, new_handle
from app.core.kernel.sealing import Hasher
from app.core.kernel.transactions import Transactions
from app.core.pools.model import Domain, Pool
from app.core.users.model import User
from app.core.users.ports import UserStore

MAX_PER_USER = 20
_LIFETIME_SECONDS = 900
"""As long as the longest sign-in of an API client."""
_REGISTRATION, _REQUEST = "passkey_new", "passkey_ask"

__all__ = ["Passkey", "PasskeyProven", "PasskeyRequest", "Passkeys", "RelyingParty", "relying_party_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkeys:
    """Passkeys of users: registered by a signed-in user, asked for at sign-in (WebAuthn Level 3)."""

    store: PasskeyStore
    users: UserStore
    list_domains: Callable[[PoolId], list[Domain]]
    ephemeral: Ephemeral
    hasher: Hasher
    audit: AuditLog
    clock: Clock
    transactions: Transactions
    public_url: str

    def relying_party(self, pool: Pool) -> RelyingParty:
        """Raises ``PasskeysNotConfigured``."""
        return relying_party_of(pool, self.list_domains(pool.pool_id), self.public_url)

    # -- registration --------------------------------------------------------------------------------------------------

    def begin(self, pool: Pool, client: Client, user: User, rp: RelyingParty) -> dict[str, Any]:
        """What ``navigator.credentials.create`` is given (Cognito: StartWebAuthnRegistration).

        Raises ``PasskeysNotEnabled``, ``QuotaExceeded``.
        """
        _check_enabled(pool)
        have = self.store.list_of(pool.pool_id, user.sub)
        if len(have) >= MAX_PER_USER:
            raise QuotaExceeded(f"A user has at most {MAX_PER_USER} passkeys.")
        challenge = secrets.token_bytes(32)
        self.ephemeral.put(
            _REGISTRATION, self._registration_key(user, challenge), client.client_id, expires_at=self._until()
        )
        return ceremonies.creation_options(
            rp,
            title=pool.name,
            name=_shown_name(pool, user),
            handle=self._handle(pool.pool_id, user.sub),
            challenge=challenge,
            have=have,
            required=_requires_verification(pool),
        )

    def complete(  # noqa: PLR0917 - the interface between rooms
        self, pool: Pool, client: Client, user: User, credential: Mapping[str, Any], rp: RelyingParty, caller: Caller
    ) -> Passkey:
        """The stored passkey (Cognito: CompleteWebAuthnRegistration). The challenge is spent, whatever comes of it.

        Raises ``PasskeysNotEnabled``, ``PasskeyChallengeNotFound``, ``PasskeyClientMismatch``, ``PasskeyOriginNotAllowed``,
        ``PasskeyRelyingPartyMismatch``, ``PasskeyNotSupported``, ``QuotaExceeded``, ``InvalidParameter``.
        """
        with self._trail("register", user, caller) as trail:
            trail.client_id = client.client_id
            _check_enabled(pool)
            challenge = ceremonies.find_challenge(credential)
            began = self.ephemeral.take(_REGISTRATION, self._registration_key(user, challenge))
            if began is None:
                raise PasskeyChallengeNotFound
            if began != client.client_id:
                raise PasskeyClientMismatch
            found = ceremonies.check_registration(
                credential, rp, challenge=challenge, required=_requires_verification(pool)
            )
            passkey = Passkey(
                pool_id=pool.pool_id,
                credential_id=found.credential_id,
                sub=user.sub,
                public_key=found.public_key,
                sign_count=found.sign_count,
                transports=found.transports,
                attachment=found.attachment,
                user_verified=found.user_verified,
                backed_up=found.backed_up,
                name=found.name,
                aaguid=found.aaguid,
                rp_id=rp.rp_id,
                created_at=self.clock.now(),
            )
            try:
                with self.transactions.transaction():
                    self.store.add(passkey, most=MAX_PER_USER)
                    trail.record()
            except PasskeyTaken as taken:
                raise InvalidParameter("The passkey is registered already.") from taken
        return passkey

    def list_of(self, pool: Pool, user: User) -> list[Passkey]:
        """Oldest first; never more than ``MAX_PER_USER``."""
        return self.store.list_of(pool.pool_id, user.sub)

    def rename(self, pool: Pool, user: User, credential_id: str, name: str, caller: Caller) -> None:
        """The name by which its owner knows it, here and as ``FriendlyCredentialName``. Ours: Cognito keeps the first one.

        Raises ``AttributeViolation``, and ``PasskeyNotFound``, also for somebody else's.
        """
        with self._trail("rename", user, caller) as trail, self.transactions.transaction():
            if not self.store.rename(pool.pool_id, user.sub, credential_id, read_name(name)):
                raise PasskeyNotFound
            trail.record()

    def remove(self, pool: Pool, user: User, credential_id: str, caller: Caller) -> None:
        """Raises ``PasskeyNotFound``, also for somebody else's. With the last one goes the choice of passkeys as a factor."""
        with self._trail("remove", user, caller) as trail, self.transactions.transaction():
            if not self.store.remove(pool.pool_id, user.sub, credential_id):
                raise PasskeyNotFound
            if NAME in user.mfa.enabled and not self.store.has_any(pool.pool_id, user.sub):
                changed = replace(user, mfa=without_factor(user.mfa, NAME), updated_at=self.clock.now())
                self.users.save(changed)
            trail.record()

    # -- sign-in -------------------------------------------------------------------------------------------------------

    def has_any(self, pool_id: PoolId, sub: Sub) -> bool:
        return self.store.has_any(pool_id, sub)

    def request(self, pool: Pool, user: User | None, rp: RelyingParty) -> PasskeyRequest:
        """What ``navigator.credentials.get`` is given; for nobody in particular, any passkey of the pool may answer."""
        challenge, state = secrets.token_bytes(32), new_handle()
        have = [] if user is None else self.store.list_of(pool.pool_id, user.sub)
        asked = {"challenge": ceremonies.encode(challenge), "sub": user.sub if user else None, "rp": rp.rp_id}
        self.ephemeral.put(_REQUEST, self._request_key(pool, state), json.dumps(asked), expires_at=self._until())
        options = ceremonies.request_options(
            rp,
            challenge=challenge,
            have=[passkey for passkey in have if passkey.rp_id == rp.rp_id],
            required=_requires_verification(pool),
        )
        return PasskeyRequest(options=options, state=state)

    def check(  # noqa: PLR0917 - the interface between rooms
        self, pool: Pool, user: User | None, state: str, credential: str, rp: RelyingParty
    ) -> PasskeyProven:
        """Who signed. The request is spent, whatever comes of it. Raises ``PasskeyRefused`` for everything that does not hold.

        Whether that user may sign in is the caller's question.
        """
        stored = self.ephemeral.take(_REQUEST, self._request_key(pool, state))
        if stored is None:
            raise PasskeyRefused
        asked = json.loads(stored)
        assertion = ceremonies.read_assertion(credential)
        passkey = self.store.find(pool.pool_id, assertion.credential_id)
        if passkey is None or passkey.rp_id != rp.rp_id or asked["rp"] != rp.rp_id:
            raise PasskeyRefused
        self._check_owner(passkey, user, asked["sub"], assertion.handle)
        challenge = urlsafe_b64decode(asked["challenge"] + "=")
        required = _requires_verification(pool)
        count, verified = ceremonies.check_assertion(assertion, passkey, rp, challenge=challenge, required=required)
        if not self.store.use(passkey, sign_count=count):
            raise PasskeyRefused
        return PasskeyProven(sub=passkey.sub, user_verified=verified, amr=passkey.amr)

    def _check_owner(self, passkey: Passkey, user: User | None, asked: str | None, handle: bytes | None) -> None:
        """The user who was asked, or, where nobody was, the one whose handle comes along (WebAuthn §7.2, step 6)."""
        expected = user.sub if user else None
        if asked != expected or expected not in {None, passkey.sub}:
            raise PasskeyRefused
        if handle is None and expected is not None:
            return
        if handle != self._handle(passkey.pool_id, passkey.sub):
            raise PasskeyRefused

    # -- names ---------------------------------------------------------------------------------------------------------

    def _handle(self, pool_id: PoolId, sub: Sub) -> bytes:
        """Opaque: what an authenticator keeps of its owner tells nobody who that is (WebAuthn §14.6.1)."""
        return self.hasher.digest("passkey user", f"{pool_id}:{sub}").encode()

    def _registration_key(self, user: User, challenge: bytes) -> str:
        return self.hasher.digest("passkey registration", f"{user.pool_id}:{user.sub}:{ceremonies.encode(challenge)}")

    def _request_key(self, pool: Pool, state: str) -> str:
        return self.hasher.digest("passkey request", f"{pool.pool_id}:{state}")

    def _until(self) -> int:
        return self.clock.now() + _LIFETIME_SECONDS

    def _trail(self, event: str, user: User, caller: Caller) -> Trail:
        return Trail(audit=self.audit, event=f"passkey.{event}", caller=caller, pool_id=user.pool_id, sub=user.sub)


def _check_enabled(pool: Pool) -> None:
    if NAME not in pool.settings.first_factors and not pool.settings.mfa.webauthn.multi_factor:
        raise PasskeysNotEnabled


def _requires_verification(pool: Pool) -> bool:
    webauthn = pool.settings.mfa.webauthn
    return webauthn.user_verification == "required" or webauthn.multi_factor


def _shown_name(pool: Pool, user: User) -> str:
    """Where the username is a ``sub``, what the user signs in with."""
    if pool.settings.username_attributes:
        return user.attributes.get("email") or user.attributes.get("phone_number") or user.username
    return user.username
