"""Tokens after a sign-in: refreshed, revoked, signed out everywhere."""

from dataclasses import dataclass

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.operations import Answer, operation
from app.blueprints.user_pools.access import check_client_secret, client_of, pool_of, signed_in
from app.blueprints.user_pools.challenges import tokens_shown
from app.blueprints.user_pools.refreshing import extend
from app.core.kernel.errors import GrantInvalid
from app.core.kernel.secret import Secret
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenOperations:
    services: Services

    @operation("GetTokensFromRefreshToken")
    def get_tokens_from_refresh_token(self, call: Call) -> Answer:
        """Works with and without rotation; with it, the answer holds the token's successor."""
        pool, client = client_of(self.services, call)
        check_client_secret(client, call.input.get("ClientSecret"))
        family = self.services.tokens.find_family(Secret(call.input["RefreshToken"]))
        tokens = extend(self.services, call, pool, client, family, call.input.get("DeviceKey"))
        return {"AuthenticationResult": tokens_shown(tokens)}

    @operation("RevokeToken")
    def revoke_token(self, call: Call) -> Answer:
        pool, client = client_of(self.services, call)
        try:
            check_client_secret(client, call.input.get("ClientSecret"))
        except AwsError as refused:
            raise AwsError("UnauthorizedException", refused.message) from refused
        try:
            self.services.tokens.revoke(pool, client, Secret(call.input["Token"]), call.caller)
        except GrantInvalid as refused:
            raise AwsError("UnauthorizedException", refused.text) from refused
        return {}

    @operation("GlobalSignOut")
    def global_sign_out(self, call: Call) -> Answer:
        access = signed_in(self.services, call)
        self.services.users.sign_out(access.pool, access.user.sub)
        return {}

    @operation("AdminUserGlobalSignOut")
    def admin_user_global_sign_out(self, call: Call) -> Answer:
        self.services.users.sign_out(pool_of(self.services, call), call.input["Username"])
        return {}
