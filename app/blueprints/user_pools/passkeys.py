from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.listing import list_page
from app.aws.operations import operation
from app.blueprints.user_pools.access import signed_in
from app.core.factors.passkey import Passkey
from app.core.kernel.errors import InvalidParameter
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAuthnCredentials:
    """A signed-in user's own passkeys."""

    services: Services

    @operation("StartWebAuthnRegistration")
    def start_web_authn_registration(self, call: Call) -> Mapping[str, Any]:
        found, room = signed_in(self.services, call), self.services.passkeys
        return {
            "CredentialCreationOptions": room.begin(
                found.pool, found.client, found.user, room.relying_party(found.pool)
            )
        }

    @operation("CompleteWebAuthnRegistration")
    def complete_web_authn_registration(self, call: Call) -> Mapping[str, Any]:
        found, room, credential = signed_in(self.services, call), self.services.passkeys, call.input["Credential"]
        if not isinstance(credential, Mapping):
            raise InvalidParameter("Credential must be a JSON object.")
        room.complete(found.pool, found.client, found.user, credential, room.relying_party(found.pool), call.caller)
        return {}

    @operation("ListWebAuthnCredentials")
    def list_web_authn_credentials(self, call: Call) -> Mapping[str, Any]:
        found = signed_in(self.services, call)

        def fetch(after: str | None, most: int) -> list[Passkey]:
            passkeys = self.services.passkeys.list_of(found.pool, found.user)
            names = [passkey.credential_id for passkey in passkeys]
            start = names.index(after) + 1 if after in names else 0
            return passkeys[start : start + most]

        shown, token = list_page(
            self.services,
            call,
            bound={"pool": found.pool.pool_id, "sub": found.user.sub},
            limit=call.input.get("MaxResults"),
            most=20,
            fetch=fetch,
            position_of=lambda passkey: passkey.credential_id,
        )
        return {"Credentials": [_description(passkey) for passkey in shown], "NextToken": token}

    @operation("DeleteWebAuthnCredential")
    def delete_web_authn_credential(self, call: Call) -> Mapping[str, Any]:
        found = signed_in(self.services, call)
        self.services.passkeys.remove(found.pool, found.user, call.input["CredentialId"], call.caller)
        return {}


def _description(passkey: Passkey) -> dict[str, Any]:
    return {
        "CredentialId": passkey.credential_id,
        "FriendlyCredentialName": passkey.name,
        "RelyingPartyId": passkey.rp_id,
        "AuthenticatorAttachment": passkey.attachment,
        "AuthenticatorTransports": list(passkey.transports),
        "CreatedAt": passkey.created_at,
    }
