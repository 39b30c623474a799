from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from app.aws.call import Call
from app.aws.operations import operation
from app.blueprints.user_pools.access import pool_of
from app.core.branding.customization import ALL_CLIENTS, Customization
from app.core.kernel.ids import ClientId
from app.core.pools.model import Pool
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class UiCustomization:
    """Classic branding of the hosted pages."""

    services: Services

    @operation("GetUICustomization")
    def get_ui_customization(self, call: Call) -> Mapping[str, Any]:
        """Empty where nothing was set; Terraform takes that for absent."""
        pool, client_id = self._whose(call)
        found = self.services.customizations.find_shown(pool.pool_id, client_id)
        return {"UICustomization": {} if found is None else self._shown(found)}

    @operation("SetUICustomization")
    def set_ui_customization(self, call: Call) -> Mapping[str, Any]:
        pool, client_id = self._whose(call)
        customization = self.services.customizations.set(
            pool.pool_id, client_id, css=call.input.get("CSS", ""), image=call.input.get("ImageFile", b"")
        )
        return {"UICustomization": self._shown(customization)}

    def _whose(self, call: Call) -> tuple[Pool, str]:
        pool = pool_of(self.services, call)
        client_id = call.input.get("ClientId", ALL_CLIENTS)
        if client_id != ALL_CLIENTS:
            self.services.clients.get(pool.pool_id, ClientId(client_id))
        return pool, client_id

    def _shown(self, found: Customization) -> dict[str, Any]:
        url = None
        if found.image is not None:
            path = f"{quote(found.pool_id)}/{quote(found.client_id)}/{found.image.digest}"
            url = f"{self.services.tokens.public_url}/assets/_classic/{path}/logo"
        return {
            "UserPoolId": found.pool_id,
            "ClientId": found.client_id,
            "ImageUrl": url,
            "CSS": found.css or None,
            "CSSVersion": found.version,
            "LastModifiedDate": found.updated_at,
            "CreationDate": found.created_at,
        }
