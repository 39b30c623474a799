"""Roles assumed with a token of an identity provider (STS: AssumeRoleWithWebIdentity), or by whoever signs (STS: AssumeRole)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.core.kernel.clock import Clock
from app.core.kernel.errors import Fact, InvalidParameter
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.transactions import Transactions
from app.core.policy import PolicyKind, Trusted, parse
from app.core.principals.model import Credentials, Principal, Role, RoleSession
from app.core.principals.temporary import TemporaryKeys
from app.core.principals.trust import BY_CALLER, WITH_TOKEN, is_trusted

_ROLE_ARN = re.compile(r"arn:aws:iam::([0-9]{12}):role/[\x21-\x7e]{1,576}", re.ASCII)
_USUAL_SECONDS = 3600
_MOST_PACKED = 2048
"""Characters of session policy and tags together. AWS packs them first and publishes no more than the percentage."""


class IdentityTokenInvalid(Fact):
    """Not a token of a provider that the account trusts, or altered (STS: InvalidIdentityToken)."""

    message = "The ID Token provided is not a valid JWT."


class IdentityTokenExpired(IdentityTokenInvalid):
    """STS: ExpiredTokenException."""

    message = "Token expired."


class IdentityProviderSilent(Fact):
    """The provider's keys cannot be had (STS: IDPCommunicationError)."""

    message = "Couldn't retrieve verification key from your identity provider."


class AssumptionRefused(Fact):
    """The role is not there, or does not trust the token. Which of them is not for the outside to know (STS: AccessDenied)."""

    message = f"Not authorized to perform {WITH_TOKEN}"


class SessionTooLarge(Fact):
    """Session policy and tags together (STS: PackedPolicyTooLarge)."""

    def __init__(self, percent: int) -> None:
        super().__init__(f"Packed policy and tags consume {percent}% of allotted space, at most 100% may be used.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebIdentity:
    """Whom a verified token stands for. ``federated`` is the principal that trust policies name; ``context`` holds condition keys in
    lower case; ``provider``, ``subject`` and ``audience`` are what the caller is told.
    """

    federated: str
    provider: str
    subject: str
    audience: str
    context: Mapping[str, tuple[str, ...]]
    tags: Mapping[str, str] = field(default_factory=dict)
    identity_pool_id: str | None = None
    identity_id: str | None = None


class WebIdentityTokens(Protocol):
    def verify(self, token: str, account_id: str) -> WebIdentity:
        """Raises ``IdentityTokenInvalid``, ``IdentityTokenExpired``, ``IdentityProviderSilent``, ``AssumptionRefused``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is asked for, whoever asks. ``context`` is what the request itself settles; ``policy`` the session policy's text."""

    role_arn: str
    session_name: str
    seconds: int | None = None
    policy: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """``packed_percent`` says how much of a session's room its policy and tags take; None where it has neither."""

    role: Role
    session: RoleSession
    credentials: Credentials
    packed_percent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedRoles:
    """``find_role`` reads by ARN, at most a quarter of a second old."""

    tokens: WebIdentityTokens
    find_role: Callable[[str], Role | None]
    keys: TemporaryKeys
    clock: Clock
    transactions: Transactions
    recorder: Recorder = field(default_factory=Unrecorded)

    def with_token(self, token: str, asking: Asking) -> tuple[Assumed, WebIdentity]:
        """Credentials of the role, if its trust policy takes the token and its tags (STS: AssumeRoleWithWebIdentity).

        Raises ``InvalidParameter``, ``MalformedPolicy``, ``SessionTooLarge``, ``AssumptionRefused`` and what ``verify`` raises.
        """
        account_id = _check(asking)
        identity = self.tokens.verify(token, account_id)
        role = self._trusting(
            asking, WITH_TOKEN, Trusted(federated=identity.federated), identity.context, identity.tags
        )
        assumed = self._issued(
            asking,
            role,
            context=identity.context,
            tags=identity.tags,
            source="AssumeRoleWithWebIdentity",
            identity_pool_id=identity.identity_pool_id,
            identity_id=identity.identity_id,
        )
        return assumed, identity

    def by_caller(
        self, principal: Principal, asking: Asking, *, tags: Mapping[str, str], external_id: str | None = None
    ) -> Assumed:
        """Credentials of the role, if its trust policy takes who signed (STS: AssumeRole). Their own policies were asked before.

        A session of a role that a session assumes lasts an hour at most (IAM: role chaining). Where an identity stands behind the
        one, it stands behind the other, and whoever ends the identity's sessions ends this one, too.
        """
        _check(asking)
        settled = {} if external_id is None else {"sts:externalid": (external_id,)}
        try:
            role = self._trusting(asking, BY_CALLER, Trusted(aws=principal.arn), settled, tags)
        except AssumptionRefused as refused:
            # Whoever signed is known, so the refusal names them; whether there is such a role stays untold.
            raise AssumptionRefused(
                f"User: {principal.arn} is not authorized to perform: {BY_CALLER} on resource: {asking.role_arn}"
            ) from refused
        if principal.session is not None and (asking.seconds or 0) > _USUAL_SECONDS:
            raise InvalidParameter(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
            )
        before = principal.session
        return self._issued(
            asking,
            role,
            context={},
            tags=tags,
            source="AssumeRole",
            identity_pool_id=None if before is None else before.identity_pool_id,
            identity_id=None if before is None else before.identity_id,
        )

    def _trusting(
        self,
        asking: Asking,
        action: str,
        trusted: Trusted,
        settled: Mapping[str, tuple[str, ...]],
        tags: Mapping[str, str],
    ) -> Role:
        """The role, if its trust policy alone allows it, and the tagging where there are tags (IAM: sts:TagSession)."""
        role = self.find_role(asking.role_arn)
        if role is None:
            raise AssumptionRefused(f"Not authorized to perform {action}")
        known = {**asking.context, **settled}
        if not is_trusted(role, trusted, action, session_name=asking.session_name, context=known, tags=tags):
            raise AssumptionRefused(f"Not authorized to perform {action}")
        return role

    def _issued(
        self,
        asking: Asking,
        role: Role,
        *,
        context: Mapping[str, tuple[str, ...]],
        tags: Mapping[str, str],
        source: str,
        identity_pool_id: str | None = None,
        identity_id: str | None = None,
    ) -> Assumed:
        seconds = _USUAL_SECONDS if asking.seconds is None else asking.seconds
        if seconds > role.max_session_seconds:
            raise InvalidParameter("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        percent = _packed_percent(asking.policy, tags)
        if percent > 100:
            raise SessionTooLarge(percent)
        now = self.clock.now()
        session = RoleSession(
            role_arn=role.arn,
            role_id=role.role_id,
            session_name=asking.session_name,
            account_id=role.account_id,
            context=context,
            tags=tags,
            session_policies=() if asking.policy is None else (asking.policy,),
            issued_at=now,
            expires_at=now + seconds,
            identity_pool_id=identity_pool_id,
            identity_id=identity_id,
            source=source,
        )
        with self.transactions.transaction():
            self.recorder.record("credentials.assume", "", role=role.arn, session=session.arn)
        return Assumed(role=role, session=session, credentials=self.keys.issue(session), packed_percent=percent or None)


def _check(asking: Asking) -> str:
    """The account of the role. Raises ``InvalidParameter``, ``MalformedPolicy``."""
    named = _ROLE_ARN.fullmatch(asking.role_arn)
    if named is None:
        raise InvalidParameter("Request ARN is invalid")
    if asking.policy is not None:
        parse(asking.policy, PolicyKind.SESSION)
    return named[1]


def _packed_percent(policy: str | None, tags: Mapping[str, str]) -> int:
    size = 0 if policy is None else len(policy)
    size += sum(len(key) + len(value) for key, value in tags.items())
    return -(-size * 100 // _MOST_PACKED)


def read_tags(claims: Mapping[str, object]) -> dict[str, str]:
    """The session tags that a token asks for (STS: "Pass session tags using AssumeRoleWithWebIdentity").

    Raises ``IdentityTokenInvalid`` for more or other ones than STS takes.
    """
    asked = claims.get("https://aws.amazon.com/tags")
    if asked is None:
        return {}
    given = asked.get("principal_tags") if isinstance(asked, Mapping) else None
    if not isinstance(given, Mapping) or len(given) > 50:
        raise IdentityTokenInvalid("The token's session tags are not in the form that STS takes.")
    tags = {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in given.items()}
    if len({key.lower() for key in tags}) < len(tags) or not all(_is_tag(key, value) for key, value in tags.items()):
        raise IdentityTokenInvalid("The token's session tags are not in the form that STS takes.")
    return tags


def _is_tag(key: str, value: object) -> bool:
    if not isinstance(value, str) or not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
        return False
    return all(character in " _.:/=+-@" or character.isalnum() for character in key + value)
