from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.operations import operation
from app.blueprints.iam.listing import list_page
from app.blueprints.iam.rendering import read_tags, shown_tags
from app.services import Services

_ARN = "OpenIDConnectProviderArn"


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcProviderOperations:
    """OpenID Connect issuers whose tokens roles and identity pools may trust."""

    services: Services

    @operation("CreateOpenIDConnectProvider")
    def create_open_id_connect_provider(self, call: Call) -> Mapping[str, Any]:
        provider = self.services.oidc_providers.create(
            call.account_id,
            call.input["Url"],
            client_ids=call.input.get("ClientIDList", ()),
            thumbprints=call.input.get("ThumbprintList", ()),
            tags=read_tags(call),
        )
        return {_ARN: provider.arn, "Tags": shown_tags(provider.tags) or None}

    @operation("GetOpenIDConnectProvider")
    def get_open_id_connect_provider(self, call: Call) -> Mapping[str, Any]:
        provider = self.services.oidc_providers.get(call.account_id, call.input[_ARN])
        return {
            "Url": provider.name,
            "ClientIDList": provider.client_ids,
            "ThumbprintList": provider.thumbprints,
            "CreateDate": provider.created_at,
            "Tags": shown_tags(provider.tags),
        }

    @operation("ListOpenIDConnectProviders")
    def list_open_id_connect_providers(self, call: Call) -> Mapping[str, Any]:
        found = self.services.oidc_providers.list_of(call.account_id)
        return {"OpenIDConnectProviderList": [{"Arn": provider.arn} for provider in found]}

    @operation("DeleteOpenIDConnectProvider")
    def delete_open_id_connect_provider(self, call: Call) -> Mapping[str, Any]:
        self.services.oidc_providers.remove(call.account_id, call.input[_ARN])
        return {}

    @operation("AddClientIDToOpenIDConnectProvider")
    def add_client_id(self, call: Call) -> Mapping[str, Any]:
        self.services.oidc_providers.add_client_id(call.account_id, call.input[_ARN], call.input["ClientID"])
        return {}

    @operation("RemoveClientIDFromOpenIDConnectProvider")
    def remove_client_id(self, call: Call) -> Mapping[str, Any]:
        self.services.oidc_providers.remove_client_id(call.account_id, call.input[_ARN], call.input["ClientID"])
        return {}

    @operation("UpdateOpenIDConnectProviderThumbprint")
    def update_thumbprint(self, call: Call) -> Mapping[str, Any]:
        self.services.oidc_providers.update_thumbprints(call.account_id, call.input[_ARN], call.input["ThumbprintList"])
        return {}

    @operation("TagOpenIDConnectProvider")
    def tag_open_id_connect_provider(self, call: Call) -> Mapping[str, Any]:
        self.services.oidc_providers.tag(call.account_id, call.input[_ARN], read_tags(call))
        return {}

    @operation("UntagOpenIDConnectProvider")
    def untag_open_id_connect_provider(self, call: Call) -> Mapping[str, Any]:
        self.services.oidc_providers.untag(call.account_id, call.input[_ARN], set(call.input["TagKeys"]))
        return {}

    @operation("ListOpenIDConnectProviderTags")
    def list_open_id_connect_provider_tags(self, call: Call) -> Mapping[str, Any]:
        provider = self.services.oidc_providers.get(call.account_id, call.input[_ARN])
        shown, more = list_page(call, shown_tags(provider.tags), lambda tag: tag["Key"])
        return {"Tags": shown, **more}
