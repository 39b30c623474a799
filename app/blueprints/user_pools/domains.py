from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.operations import operation
from app.blueprints.user_pools.access import pool_of
from app.core.pools.model import Domain, Pool
from app.services import Services

_MEMBERS = ("ManagedLoginVersion", "CustomDomainConfig", "Routing")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPoolDomains:
    """The prefix and the custom domain of a pool. What AWS's CloudFront is to a custom domain, this server's own name is here."""

    services: Services

    @operation("CreateUserPoolDomain")
    def create_user_pool_domain(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        return self._changed(self.services.pools.add_domain(pool.pool_id, call.input["Domain"], _document(call)))

    @operation("DescribeUserPoolDomain")
    def describe_user_pool_domain(self, call: Call) -> Mapping[str, Any]:
        """Cognito answers an empty description for a name that is nobody's, or not the caller's to see."""
        domain = self.services.pools.find_domain(call.input["Domain"])
        pool = self.services.pools.find(domain.pool_id) if domain else None
        if domain is None or pool is None or (pool.account_id, pool.region) != (call.account_id, call.region):
            return {"DomainDescription": {}}
        return {"DomainDescription": self._description(pool, domain)}

    @operation("UpdateUserPoolDomain")
    def update_user_pool_domain(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        return self._changed(self.services.pools.update_domain(pool.pool_id, call.input["Domain"], _document(call)))

    @operation("DeleteUserPoolDomain")
    def delete_user_pool_domain(self, call: Call) -> Mapping[str, Any]:
        self.services.pools.remove_domain(pool_of(self.services, call).pool_id, call.input["Domain"])
        return {}

    def _changed(self, domain: Domain) -> dict[str, Any]:
        return {
            "ManagedLoginVersion": domain.document.get("ManagedLoginVersion", 1),
            "CloudFrontDomain": self._target(domain),
            "Routing": domain.document.get("Routing"),
        }

    def _description(self, pool: Pool, domain: Domain) -> dict[str, Any]:
        return {
            "UserPoolId": pool.pool_id,
            "AWSAccountId": pool.account_id,
            "Domain": domain.domain,
            "CloudFrontDistribution": self.services.pools.public_hostname,
            "Version": str(domain.created_at),
            "Status": "ACTIVE",
            "CustomDomainConfig": domain.document.get("CustomDomainConfig", {}),
            "ManagedLoginVersion": domain.document.get("ManagedLoginVersion", 1),
            "Routing": domain.document.get("Routing"),
        }

    def _target(self, domain: Domain) -> str | None:
        """Where the custom domain's DNS record must point."""
        return self.services.pools.public_hostname if domain.custom else None


def _document(call: Call) -> dict[str, Any]:
    return {member: call.input[member] for member in _MEMBERS if member in call.input}
