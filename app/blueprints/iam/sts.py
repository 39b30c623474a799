from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.operations import operation
from app.core.principals.authority import user_id_of
from app.core.principals.model import Principal
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenOperations:
    """Who somebody is, and who a token makes of them."""

    services: Services

    @operation("GetCallerIdentity")
    def get_caller_identity(self, call: Call) -> Mapping[str, Any]:
        principal = _caller(call)
        return {"UserId": user_id_of(principal), "Account": principal.account_id, "Arn": principal.arn}

    @operation("DecodeAuthorizationMessage")
    def decode_authorization_message(self, call: Call) -> Mapping[str, Any]:
        return {"DecodedMessage": self.services.authority.decode_message(call.input["EncodedMessage"])}


def _caller(call: Call) -> Principal:
    if call.principal is None:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", status=403)
    return call.principal
