from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.operations import operation
from app.blueprints.iam.listing import list_page
from app.blueprints.iam.rendering import read_tags, refuse_members, shown_tags
from app.core.principals.model import SamlProvider
from app.services import Services

_ARN = "SAMLProviderArn"
_KEYS = ("AddPrivateKey", "RemovePrivateKey", "AssertionEncryptionMode")
"""Encrypted assertions."""
_VALID_SECONDS = 100 * 365 * 24 * 3600
"""IAM says a hundred years. What counts is the ``validUntil`` of the metadata, at each sign-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlProviderOperations:
    """SAML identity providers, by their metadata."""

    services: Services

    @operation("CreateSAMLProvider")
    def create_saml_provider(self, call: Call) -> Mapping[str, Any]:
        refuse_members(call, _KEYS)
        provider = self.services.saml_providers.create(
            call.account_id, call.input["Name"], call.input["SAMLMetadataDocument"], tags=read_tags(call)
        )
        return {_ARN: provider.arn, "Tags": shown_tags(provider.tags) or None}

    @operation("GetSAMLProvider")
    def get_saml_provider(self, call: Call) -> Mapping[str, Any]:
        provider = self._named(call)
        return {
            "SAMLProviderUUID": provider.provider_id,
            "SAMLMetadataDocument": provider.metadata,
            "CreateDate": provider.created_at,
            "ValidUntil": provider.created_at + _VALID_SECONDS,
            "Tags": shown_tags(provider.tags),
        }

    @operation("ListSAMLProviders")
    def list_saml_providers(self, call: Call) -> Mapping[str, Any]:
        found = self.services.saml_providers.list_of(call.account_id)
        return {
            "SAMLProviderList": [
                {
                    "Arn": provider.arn,
                    "CreateDate": provider.created_at,
                    "ValidUntil": provider.created_at + _VALID_SECONDS,
                }
                for provider in found
            ]
        }

    @operation("UpdateSAMLProvider")
    def update_saml_provider(self, call: Call) -> Mapping[str, Any]:
        refuse_members(call, _KEYS)
        metadata = call.input.get("SAMLMetadataDocument")
        if metadata is None:
            raise AwsError("InvalidInputException", "SAMLMetadataDocument is what can be updated.")
        return {_ARN: self.services.saml_providers.update(call.account_id, call.input[_ARN], metadata).arn}

    @operation("DeleteSAMLProvider")
    def delete_saml_provider(self, call: Call) -> Mapping[str, Any]:
        self.services.saml_providers.remove(call.account_id, call.input[_ARN])
        return {}

    @operation("TagSAMLProvider")
    def tag_saml_provider(self, call: Call) -> Mapping[str, Any]:
        self.services.saml_providers.tag(call.account_id, call.input[_ARN], read_tags(call))
        return {}

    @operation("UntagSAMLProvider")
    def untag_saml_provider(self, call: Call) -> Mapping[str, Any]:
        self.services.saml_providers.untag(call.account_id, call.input[_ARN], set(call.input["TagKeys"]))
        return {}

    @operation("ListSAMLProviderTags")
    def list_saml_provider_tags(self, call: Call) -> Mapping[str, Any]:
        shown, more = list_page(call, shown_tags(self._named(call).tags), lambda tag: tag["Key"])
        return {"Tags": shown, **more}

    def _named(self, call: Call) -> SamlProvider:
        return self.services.saml_providers.get(call.account_id, call.input[_ARN])
