from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.operations import operation
from app.blueprints.user_pools.access import pool_of, signed_in
from app.core.kernel.secret import Secret
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftwareTokens:
    """Authenticator apps: set up by a signed-in user, taken away by an administrator."""

    services: Services

    @operation("AssociateSoftwareToken")
    def associate_software_token(self, call: Call) -> Mapping[str, Any]:
        _check_token_alone(call)
        found = signed_in(self.services, call)
        seed = self.services.totp.begin(found.pool, found.user, caller=call.caller)
        return {"SecretCode": seed.reveal()}

    @operation("VerifySoftwareToken")
    def verify_software_token(self, call: Call) -> Mapping[str, Any]:
        _check_token_alone(call)
        found = signed_in(self.services, call)
        code, name = Secret(call.input["UserCode"]), call.input.get("FriendlyDeviceName")
        self.services.totp.confirm(found.pool, found.user, code, name=name, caller=call.caller)
        return {"Status": "SUCCESS"}

    @operation("AdminDeleteSoftwareToken")
    def admin_delete_software_token(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        self.services.totp.remove(pool, self.services.users.get(pool, call.input["Username"]), caller=call.caller)
        return {}


def _check_token_alone(call: Call) -> None:
    """An access token or a Session, never both."""
    given = {member for member in ("AccessToken", "Session") if member in call.input}
    if given == {"Session"}:
        raise AwsError(
            "InvalidParameterException", "A software token cannot be set up during sign-in on this server yet."
        )
    if given != {"AccessToken"}:
        raise AwsError("InvalidParameterException", "Either an AccessToken or a Session must be given.")
