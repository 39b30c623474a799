import hashlib
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.operations import operation
from app.core.principals.model import Principal
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenOperations:
    """Who somebody is, and who a token makes of them."""

    services: Services

    @operation("GetCallerIdentity")
    def get_caller_identity(self, call: Call) -> Mapping[str, Any]:
        assert call.principal is not None  # noqa: S101 - the model says that it is signed
        return {"UserId": _user_id(call.principal), "Account": call.principal.account_id, "Arn": call.principal.arn}


def _user_id(principal: Principal) -> str:
    if principal.session is not None:
        return f"{principal.session.role_id}:{principal.session.session_name}"
    # Keys have names here, not users with ids: the name's digest is as good, and always the same.
    return "AIDA" + b32encode(hashlib.sha256(principal.arn.encode()).digest()).decode()[:17]
