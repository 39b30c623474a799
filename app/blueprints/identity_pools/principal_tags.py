from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.operations import operation
from app.blueprints.identity_pools.access import pool_of
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalTags:
    """Which claims of a provider's tokens become tags of the session."""

    services: Services

    @operation("SetPrincipalTagAttributeMap")
    def set_principal_tag_attribute_map(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        kept = self.services.identity_pools.set_principal_tags(
            pool.identity_pool_id,
            call.input["IdentityProviderName"],
            use_defaults=call.input.get("UseDefaults"),
            tags=call.input.get("PrincipalTags"),
        )
        return _answer(call, kept)

    @operation("GetPrincipalTagAttributeMap")
    def get_principal_tag_attribute_map(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        return _answer(call, self.services.identity_pools.principal_tags_of(pool, call.input["IdentityProviderName"]))


def _answer(call: Call, attribute_map: Mapping[str, Any]) -> dict[str, Any]:
    """The provider's name as this caller writes it."""
    named = {member: call.input[member] for member in ("IdentityPoolId", "IdentityProviderName")}
    return {**named, **attribute_map}
