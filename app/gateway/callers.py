"""Who calls, and may they? Nothing is waived here in any mode: no key, no answer."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from app.core.audit.signatures import RefusedSignatures
from app.core.kernel.secret import Secret
from app.core.policy import Asked, Decision, because, explain
from app.core.principals.authority import Authority
from app.core.principals.model import AccessKey, Principal, TemporaryKey
from app.core.principals.temporary import SessionRevoked, SessionTokenExpired, SessionTokenInvalid
from app.gateway.refusal import Refusal
from app.gateway.signatures import Claim, check_claim

_log = logging.getLogger(__name__)
_WITHOUT_TOKEN = " Temporary credentials have a session token, and it was not sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody whose signature was checked. ``secret`` goes on checking the chunks of their body."""

    principal: Principal
    secret: Secret

    @property
    def owner(self) -> str:
        """To whom uploads belong: an identity whatever its credentials of the hour are, else the role session or the user."""
        session = self.principal.session
        if session is not None and session.identity_id is not None:
            return f"identity {session.identity_id}"
        return self.principal.arn

    @property
    def counted_as(self) -> str:
        """Who has so many requests under way: an identity with all its credentials, else the access key."""
        session = self.principal.session
        if session is not None and session.identity_id is not None:
            return f"identity {session.identity_id}"
        return self.principal.access_key_id or self.principal.arn


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """``account_id`` is whose the stores are; ``real_time`` gives Unix seconds of the machine, because signatures carry those."""

    find_key: Callable[[str], AccessKey | None]
    open_temporary: Callable[[str, str], TemporaryKey]
    authority: Authority
    account_id: str
    region: str
    real_time: Callable[[], int]
    refused: RefusedSignatures

    def identify(self, claim: Claim, *, service: str, address: str | None) -> Caller:
        """Raises ``Refusal`` for unknown keys, tokens that do not open, and signatures that do not fit; the audit tells of it."""
        caller = self.find(claim, service=service, address=address)
        try:
            check_claim(claim, caller.secret, service=service, region=self.region, now=self.real_time())
        except Refusal as refusal:
            self._record(refusal, claim, service, address)
            raise
        if caller.principal.account_id != self.account_id:
            raise Refusal(
                "AccessDenied", f"The stores behind this gateway are those of account {self.account_id} alone."
            )
        return caller

    def check(self, caller: Caller, asked: Asked, *, is_brief: bool = False) -> None:
        """Raises ``Refusal`` where the policies do not allow it, with the reason; a brief one is without the encoded message."""
        decision = self.authority.decide(caller.principal, asked)
        if not decision.allowed:
            _log.info(
                "gateway.denied",
                extra={"principal": caller.principal.arn, "action": asked.action, "verdict": decision.verdict.name},
            )
            raise self._denied(caller.principal, asked, decision, is_brief=is_brief)

    def find(self, claim: Claim, *, service: str, address: str | None) -> Caller:
        """Whoever the claim names; nothing is proven. Raises ``Refusal`` for unknown keys and tokens that do not open."""
        try:
            return self._named(claim)
        except Refusal as refusal:
            self._record(refusal, claim, service, address)
            raise

    def _record(self, refusal: Refusal, claim: Claim, service: str, address: str | None) -> None:
        self.refused.record(refusal.code, claim.authorization.access_key_id, service=service, address=address)

    def _named(self, claim: Claim) -> Caller:
        key_id = claim.authorization.access_key_id
        if claim.session_token is not None:
            return _of_session(self._open(key_id, claim.session_token))
        key = self.find_key(key_id) if key_id.isascii() else None
        if key is None:
            missing = _WITHOUT_TOKEN if key_id.startswith("ASIA") else ""
            raise Refusal(
                "InvalidAccessKeyId", f"The AWS Access Key Id you provided does not exist in our records.{missing}"
            )
        principal = Principal(
            arn=f"arn:aws:iam::{key.account_id}:user/{key.name}",
            account_id=key.account_id,
            access_key_id=key.access_key_id,
            policy=key.policy,
        )
        return Caller(principal=principal, secret=key.secret)

    def _open(self, key_id: str, token: str) -> TemporaryKey:
        try:
            return self.open_temporary(key_id, token)
        except SessionRevoked as error:
            raise Refusal("ExpiredToken", "The provided token has been revoked.") from error
        except SessionTokenExpired as error:
            raise Refusal("ExpiredToken", "The provided token has expired.") from error
        except SessionTokenInvalid as error:
            raise Refusal("InvalidToken", "The provided token is malformed or otherwise invalid.") from error

    def _denied(self, principal: Principal, asked: Asked, decision: Decision, *, is_brief: bool) -> Refusal:
        why = explain(decision, self.authority.completed(principal, asked))
        said = (
            f"User: {principal.arn} is not authorized to perform: {asked.action} on resource: {asked.resource} "
            f"{because(decision, asked.action)}. {why}"
        )
        if not is_brief:
            encoded = self.authority.encode_message(principal, asked, decision)
            said = f"{said} Encoded authorization failure message: {encoded}"
        return Refusal("AccessDenied", said)


def _of_session(key: TemporaryKey) -> Caller:
    principal = Principal(
        arn=key.session.arn,
        account_id=key.session.account_id,
        access_key_id=key.access_key_id,
        session=key.session,
    )
    return Caller(principal=principal, secret=key.secret)
