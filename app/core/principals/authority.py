"""What may whoever calls do? The one place that gathers a caller's policies; ``core/policy`` then decides."""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from app.core.kernel.errors import Fact
from app.core.kernel.sealing import Sealer, Unsealable
from app.core.policy import (
    Asked,
    Decision,
    MalformedPolicy,
    PartlyKnown,
    Policies,
    Policy,
    PolicyKind,
    Verdict,
    decide,
    parse,
)
from app.core.principals.model import Principal, Role, RoleSession

_MOST_CHARACTERS = 10_240
"""STS: ``encodedMessageType``."""
_ADMINISTRATOR = Policies(
    identity=(
        parse(
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
            PolicyKind.IDENTITY,
            name="administrator",
        ),
    )
)
_NOTHING = Policies(identity=())


class AuthorizationMessageInvalid(Fact):
    """Not one of ours, or altered (STS: InvalidAuthorizationMessageException)."""

    message = "The encoded authorization message is invalid."


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """``find_role`` reads a role by ARN, at most a quarter of a second old: an edited policy counts for sessions that are under way."""

    find_role: Callable[[str], Role | None]
    sealer: Sealer
    _parsed: dict[str, tuple[object, tuple[Policy, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def decide(self, principal: Principal, asked: Asked) -> Decision:
        """Whether the principal may do this. What is known of the principal completes the context, and nothing in a request
        can contradict it.
        """
        return decide(self.policies_of(principal), self.completed(principal, asked))

    def completed(self, principal: Principal, asked: Asked) -> Asked:
        """The question with the condition keys that the principal settles."""
        # Whatever a request claims of such keys is not its to claim.
        given = {key: values for key, values in asked.context.items() if not key.startswith(_SETTLED)}
        return replace(asked, context=PartlyKnown({**given, **self._known_of(principal)}))

    def policies_of(self, principal: Principal) -> Policies:
        """Every policy that bears on the principal. A session whose role is gone, or is another of the same name, may nothing.

        Neither may anybody with a document that was kept under older rules and is refused under today's: without it the others
        might allow more than together.
        """
        try:
            return self._policies_of(principal)
        except MalformedPolicy:
            return _NOTHING

    def _policies_of(self, principal: Principal) -> Policies:
        session = principal.session
        if session is None:
            if principal.policy is None:
                return _ADMINISTRATOR
            return Policies(identity=self._own_policy(principal.arn, principal.policy))
        role = self.find_role(session.role_arn)
        if role is None or role.role_id != session.role_id:
            return _NOTHING
        return Policies(identity=self._policies_of_role(role), session=_session_policies(session))

    def encode_message(self, principal: Principal, asked: Asked, decision: Decision) -> str:
        """What an administrator of the principal's account may read of a refusal, sealed (STS: DecodeAuthorizationMessage)."""
        asked = self.completed(principal, asked)
        document: dict[str, Any] = {
            "allowed": decision.allowed,
            "explicitDeny": decision.verdict is Verdict.EXPLICIT_DENY,
            "matchedStatements": {"items": _matched(decision)},
            "failures": {"items": [{"verdict": decision.verdict.name}]},
            "context": {
                "principal": {"id": user_id_of(principal), "arn": principal.arn},
                "action": asked.action,
                "resource": asked.resource,
                "conditions": {
                    "items": [
                        {"key": key, "values": {"items": [{"value": value} for value in values]}}
                        for key, values in sorted(asked.context.items())
                    ]
                },
            },
        }
        sealed = self._sealed(document, principal.account_id)
        if len(sealed) > _MOST_CHARACTERS:
            document["context"]["conditions"] = {"items": []}
            document["context"]["resource"] = asked.resource[:2048]
            sealed = self._sealed(document, principal.account_id)
        return sealed

    def decode_message(self, text: str, account_id: str) -> str:
        """The JSON behind a message about somebody of this account. Raises ``AuthorizationMessageInvalid``."""
        try:
            packed = self.sealer.unseal(text, row=_row(account_id))
        except (Unsealable, UnicodeError) as error:
            raise AuthorizationMessageInvalid from error
        return zlib.decompress(packed).decode()

    def _sealed(self, document: Mapping[str, Any], account_id: str) -> str:
        packed = zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 9)
        return self.sealer.seal(packed, row=_row(account_id))

    def _own_policy(self, arn: str, document: Mapping[str, Any]) -> tuple[Policy, ...]:
        known = self._parsed.get(arn)
        if known is None or known[0] is not document:
            known = (document, (parse(document, PolicyKind.IDENTITY, name="access key"),))
            self._remember(arn, known)
        return known[1]

    def _policies_of_role(self, role: Role) -> tuple[Policy, ...]:
        """Parsed once for as long as the worker's cache answers with the same role."""
        known = self._parsed.get(role.arn)
        if known is None or known[0] is not role:
            policies = role.policies.items()
            known = (role, tuple(parse(document, PolicyKind.IDENTITY, name=name) for name, document in policies))
            self._remember(role.arn, known)
        return known[1]

    def _remember(self, name: str, parsed: tuple[object, tuple[Policy, ...]]) -> None:
        if len(self._parsed) >= _MOST_REMEMBERED:
            self._parsed.clear()
        self._parsed[name] = parsed

    def _known_of(self, principal: Principal) -> dict[str, tuple[str, ...]]:
        known: dict[str, tuple[str, ...]] = {
            "aws:principalarn": (principal.arn,),
            "aws:principalaccount": (principal.account_id,),
            "aws:principaltype": ("User",),
            "aws:userid": (user_id_of(principal),),
            # Every request has these at AWS, so denials rely on them; no service calls on somebody's behalf here.
            "aws:principalisawsservice": ("false",),
            "aws:viaawsservice": ("false",),
        }
        session = principal.session
        if session is None:
            known["aws:username"] = (principal.arn.rpartition("/")[2],)
            return known
        known |= {
            "aws:principalarn": (session.role_arn,),
            "aws:principaltype": ("AssumedRole",),
            "aws:tokenissuetime": (_written_time(session.issued_at),),
            "aws:multifactorauthpresent": ("false",),
            **{f"aws:principaltag/{key.lower()}": (value,) for key, value in session.tags.items()},
            **session.context,
        }
        return known


_MOST_REMEMBERED = 4096
_SETTLED = (
    "aws:principal",
    "aws:userid",
    "aws:username",
    "aws:federatedprovider",
    "cognito-identity.amazonaws.com:",
)


def _row(account_id: str) -> str:
    return f"authorization message:{account_id}"


def _written_time(at: int) -> str:
    """As policies compare it: UTC, in ISO 8601."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _session_policies(session: RoleSession) -> tuple[Policy, ...] | None:
    if not session.session_policies:
        return None
    return tuple(parse(text, PolicyKind.SESSION, name="session policy") for text in session.session_policies)


def user_id_of(principal: Principal) -> str:
    """The unique id that STS names a caller by, and ``aws:userid``."""
    session = principal.session
    if session is not None:
        return f"{session.role_id}:{session.session_name}"
    return principal.access_key_id or principal.arn


def _matched(decision: Decision) -> list[dict[str, Any]]:
    statement = decision.statement
    if statement is None:
        return []
    policy = "" if decision.policy is None else decision.policy.label
    effect = "ALLOW" if statement.allow else "DENY"
    return [{"sourcePolicy": policy, "statement": statement.label, "effect": effect}]
