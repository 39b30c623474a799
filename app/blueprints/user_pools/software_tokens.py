from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.operations import operation
from app.blueprints.user_pools.access import client_of_session, pool_of, signed_in
from app.core.kernel.secret import Secret
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftwareTokens:
    """Authenticator apps: set up by a signed-in user, taken away by an administrator."""

    services: Services

    @operation("AssociateSoftwareToken")
    def associate_software_token(self, call: Call) -> Mapping[str, Any]:
        if _is_during_sign_in(call):
            pool, client = client_of_session(self.services, call)
            seed, session = self.services.sign_in.begin_software_token(
                pool, client, Secret(call.input["Session"]), call.caller
            )
            return {"SecretCode": seed.reveal(), "Session": session.reveal()}
        found = signed_in(self.services, call)
        seed = self.services.totp.begin(found.pool, found.user, caller=call.caller)
        return {"SecretCode": seed.reveal()}

    @operation("VerifySoftwareToken")
    def verify_software_token(self, call: Call) -> Mapping[str, Any]:
        code, name = Secret(call.input["UserCode"]), call.input.get("FriendlyDeviceName")
        if _is_during_sign_in(call):
            pool, client = client_of_session(self.services, call)
            session = self.services.sign_in.verify_software_token(
                pool, client, Secret(call.input["Session"]), code, name, call.caller
            )
            return {"Status": "SUCCESS", "Session": session.reveal()}
        found = signed_in(self.services, call)
        self.services.totp.confirm(found.pool, found.user, code, name=name, caller=call.caller)
        return {"Status": "SUCCESS"}

    @operation("AdminDeleteSoftwareToken")
    def admin_delete_software_token(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        self.services.totp.remove(pool, self.services.users.get(pool, call.input["Username"]), caller=call.caller)
        return {}


def _is_during_sign_in(call: Call) -> bool:
    """Whether a Session speaks for the user: an access token or a Session, never both."""
    given = {member for member in ("AccessToken", "Session") if member in call.input}
    if len(given) != 1:
        raise AwsError("InvalidParameterException", "Either an AccessToken or a Session must be given.")
    return given == {"Session"}
