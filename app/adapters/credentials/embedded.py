from dataclasses import dataclass

from app.core.identity_pools.model import VendRequest
from app.core.kernel.clock import Clock
from app.core.principals.model import Credentials, RoleSession
from app.core.principals.temporary import TemporaryKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedBroker:
    """The ``CredentialBroker`` that needs nobody: this server's own temporary keys, which its gateway and its APIs understand."""

    keys: TemporaryKeys
    clock: Clock

    def vend(self, asked: VendRequest) -> Credentials:
        now = self.clock.now()
        return self.keys.issue(
            RoleSession(
                role_arn=asked.role.arn,
                role_id=asked.role.role_id,
                session_name=asked.session_name,
                account_id=asked.role.account_id,
                context=asked.context,
                tags=asked.tags,
                session_policies=asked.session_policies,
                issued_at=now,
                expires_at=now + asked.seconds,
                identity_pool_id=asked.identity_pool_id,
                identity_id=asked.identity_id,
                source=asked.source,
            )
        )
