"""One name for each provider. Clients write a user pool in two ways (contract, section 4); rows, rules and conditions know one."""

import re
from dataclasses import dataclass

_COGNITO = re.compile(r"cognito-idp\.[a-z0-9-]+\.amazonaws\.com/([\w-]+)", re.ASCII)
_POOL = re.compile(r"([a-z0-9-]+)_[0-9A-Za-z]+", re.ASCII)

GUESTS = "unauthenticated"
OWN = "cognito-identity.amazonaws.com"
"""The provider name under which our own OpenID tokens come back (developer-authenticated identities)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderNames:
    """``public_host`` is PUBLIC_URL without its scheme: ``localhost:8000``."""

    public_host: str

    def canonical(self, name: str) -> str:
        """``cognito-idp.<region>.amazonaws.com/<pool>`` for a user pool of this server however it is written; else as given."""
        pool_id = self.find_user_pool(name)
        return name if pool_id is None else self.of_user_pool(pool_id)

    def find_user_pool(self, name: str) -> str | None:
        """The pool id that a provider's name means, None for other providers."""
        found = _COGNITO.fullmatch(name)
        if found:
            return found[1]
        prefix = f"{self.public_host}/"
        rest = name.removeprefix(prefix)
        return rest if name.startswith(prefix) and _POOL.fullmatch(rest) else None

    def of_user_pool(self, pool_id: str) -> str:
        return f"cognito-idp.{pool_id.partition('_')[0]}.amazonaws.com/{pool_id}"

    def spellings(self, name: str) -> tuple[str, ...]:
        """Every way a provider's canonical name may be written in a trust policy's ``amr`` condition."""
        pool_id = self.find_user_pool(name)
        return (name,) if pool_id is None else (self.of_user_pool(pool_id), f"{self.public_host}/{pool_id}")
