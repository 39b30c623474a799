from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.condition_keys import ConditionKeys
from app.aws.errors import AwsError
from app.aws.operations import operation
from app.blueprints.iam.errors import INVALID
from app.blueprints.iam.rendering import read_tags
from app.core.principals.authority import user_id_of
from app.core.principals.model import Principal
from app.core.principals.web_identity import Asking, Assumed
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenOperations:
    """Who somebody is, and who a token makes of them."""

    services: Services
    condition_keys: ConditionKeys

    @operation("GetCallerIdentity")
    def get_caller_identity(self, call: Call) -> Mapping[str, Any]:
        principal = _caller(call)
        return {"UserId": user_id_of(principal), "Account": principal.account_id, "Arn": principal.arn}

    @operation("DecodeAuthorizationMessage")
    def decode_authorization_message(self, call: Call) -> Mapping[str, Any]:
        message = self.services.authority.decode_message(call.input["EncodedMessage"], call.account_id)
        return {"DecodedMessage": message}

    @operation("AssumeRoleWithWebIdentity")
    def assume_role_with_web_identity(self, call: Call) -> Mapping[str, Any]:
        _refuse(call, ("PolicyArns", "ProviderId"))
        assumed, identity = self.services.assumed_roles.with_token(call.input["WebIdentityToken"], self._asking(call))
        return {
            **_assumed(assumed),
            "SubjectFromWebIdentityToken": identity.subject,
            "Provider": identity.provider,
            "Audience": identity.audience,
        }

    @operation("AssumeRole")
    def assume_role(self, call: Call) -> Mapping[str, Any]:
        _refuse(
            call, ("PolicyArns", "TransitiveTagKeys", "SerialNumber", "TokenCode", "SourceIdentity", "ProvidedContexts")
        )
        assumed = self.services.assumed_roles.by_caller(
            _caller(call), self._asking(call), tags=read_tags(call), external_id=call.input.get("ExternalId")
        )
        return _assumed(assumed)

    def _asking(self, call: Call) -> Asking:
        return Asking(
            role_arn=call.input["RoleArn"],
            session_name=call.input["RoleSessionName"],
            seconds=call.input.get("DurationSeconds"),
            policy=call.input.get("Policy"),
            context=self.condition_keys(call.region),
        )


def _assumed(assumed: Assumed) -> dict[str, Any]:
    session, credentials = assumed.session, assumed.credentials
    return {
        "Credentials": {
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret.reveal(),
            "SessionToken": credentials.session_token.reveal(),
            "Expiration": credentials.expires_at,
        },
        "AssumedRoleUser": {"AssumedRoleId": f"{session.role_id}:{session.session_name}", "Arn": session.arn},
        "PackedPolicySize": assumed.packed_percent,
    }


def _refuse(call: Call, members: tuple[str, ...]) -> None:
    """What is asked for and not carried out is refused: silence would be a promise."""
    for member in members:
        if call.input.get(member):
            raise AwsError(INVALID, f"{member} is not supported by this server.")


def _caller(call: Call) -> Principal:
    if call.principal is None:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", status=403)
    return call.principal
