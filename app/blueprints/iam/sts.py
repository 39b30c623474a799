from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.operations import operation
from app.blueprints.iam.errors import INVALID
from app.core.principals.authority import user_id_of
from app.core.principals.model import Principal
from app.services import Services

ConditionKeys = Callable[[str], Mapping[str, tuple[str, ...]]]
"""What a request in this region settles for policies."""


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
        return {"DecodedMessage": self.services.authority.decode_message(call.input["EncodedMessage"])}

    @operation("AssumeRoleWithWebIdentity")
    def assume_role_with_web_identity(self, call: Call) -> Mapping[str, Any]:
        given = call.input
        for member in ("PolicyArns", "ProviderId"):
            if given.get(member):
                raise AwsError(INVALID, f"{member} is not supported by this server.")
        assumed = self.services.assumed_roles.assume(
            given["RoleArn"],
            given["RoleSessionName"],
            given["WebIdentityToken"],
            seconds=given.get("DurationSeconds"),
            policy=given.get("Policy"),
            context=self.condition_keys(call.region),
        )
        session_name = given["RoleSessionName"]
        return {
            "Credentials": {
                "AccessKeyId": assumed.credentials.access_key_id,
                "SecretAccessKey": assumed.credentials.secret.reveal(),
                "SessionToken": assumed.credentials.session_token.reveal(),
                "Expiration": assumed.credentials.expires_at,
            },
            "SubjectFromWebIdentityToken": assumed.identity.subject,
            "AssumedRoleUser": {
                "AssumedRoleId": f"{assumed.role.role_id}:{session_name}",
                "Arn": f"arn:aws:sts::{assumed.role.account_id}:assumed-role/{assumed.role.name}/{session_name}",
            },
            "PackedPolicySize": assumed.packed_percent,
            "Provider": assumed.identity.provider,
            "Audience": assumed.identity.audience,
        }


def _caller(call: Call) -> Principal:
    if call.principal is None:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", status=403)
    return call.principal
