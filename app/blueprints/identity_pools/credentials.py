"""From a login to an identity, its OpenID token and its credentials."""

import logging
from dataclasses import dataclass

from app.aws.call import Call
from app.aws.condition_keys import ConditionKeys
from app.aws.operations import Answer, operation
from app.core.identity_pools.errors import IdentityPoolNotFound
from app.core.identity_pools.model import IdentityPool
from app.core.identity_pools.refusals import ConfigurationInvalid
from app.services import Services

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCredentialOperations:
    services: Services
    condition_keys: ConditionKeys

    @operation("GetId")
    def get_id(self, call: Call) -> Answer:
        """``AccountId`` is what old clients send; the pool's id says more."""
        identity = self.services.identity_credentials.get_id(
            call.input["IdentityPoolId"], call.input.get("Logins", {}), address=call.caller.address
        )
        return {"IdentityId": identity.identity_id}

    @operation("GetCredentialsForIdentity")
    def get_credentials_for_identity(self, call: Call) -> Answer:
        identity_id = call.input["IdentityId"]
        try:
            identity, credentials = self.services.identity_credentials.credentials_for(
                identity_id,
                call.input.get("Logins", {}),
                custom_role=call.input.get("CustomRoleArn"),
                address=call.caller.address,
                surroundings=self.condition_keys(call.region),
            )
        except ConfigurationInvalid as refused:
            _log.warning("identity_pool.misconfigured", extra={"identity": identity_id, "reason": refused.reason})
            raise
        return {
            "IdentityId": identity.identity_id,
            "Credentials": {
                "AccessKeyId": credentials.access_key_id,
                "SecretKey": credentials.secret.reveal(),
                "SessionToken": credentials.session_token.reveal(),
                "Expiration": credentials.expires_at,
            },
        }

    @operation("GetOpenIdToken")
    def get_open_id_token(self, call: Call) -> Answer:
        identity, token = self.services.identity_credentials.open_id_token_for(
            call.input["IdentityId"], call.input.get("Logins", {}), address=call.caller.address
        )
        return {"IdentityId": identity.identity_id, "Token": token.reveal()}

    @operation("GetOpenIdTokenForDeveloperIdentity")
    def get_open_id_token_for_developer_identity(self, call: Call) -> Answer:
        """Signed: the developer's backend alone may say who its users are."""
        identity, token = self.services.identity_credentials.open_id_token_for_developer(
            self._pool(call),
            call.input["Logins"],
            identity_id=call.input.get("IdentityId"),
            seconds=call.input.get("TokenDuration"),
            tags=call.input.get("PrincipalTags"),
        )
        return {"IdentityId": identity.identity_id, "Token": token.reveal()}

    def _pool(self, call: Call) -> IdentityPool:
        """The caller's pool; another account's or region's does not exist for them."""
        identity_pool_id = call.input["IdentityPoolId"]
        pool = self.services.identity_credentials.find_pool(identity_pool_id)
        if pool is None or (pool.account_id, pool.region) != (call.account_id, call.region):
            raise IdentityPoolNotFound(identity_pool_id)
        return pool
