"""The rooms of identity pools."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.adapters.sql.configuration import Cached, ConfigurationCache
from app.adapters.sql.db import Database
from app.adapters.sql.identity_pools import SqlIdentities, SqlIdentityPools
from app.config import Settings
from app.core.identity_pools.identities import Identities
from app.core.identity_pools.model import IdentityPool, VerifiedLogin
from app.core.identity_pools.pools import IdentityPools
from app.core.identity_pools.provider_names import ProviderNames
from app.core.identity_pools.refusals import ProviderNotSupported
from app.core.kernel.clock import Clock
from app.core.kernel.recorder import Recorder


class _NobodyVerified:
    """The ``LoginVerifier`` where no provider's tokens can be checked: none is believed."""

    def verify(self, pool: IdentityPool, provider: str, token: str) -> VerifiedLogin:  # noqa: ARG002 - the port's
        raise ProviderNotSupported


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRooms:
    """These rooms, as ``Services`` names them."""

    identity_pools: IdentityPools
    identities: Identities


def open_identities(
    settings: Settings,
    database: Database,
    remembered: ConfigurationCache,
    *,
    clock: Clock,
    recorder: Recorder,
) -> IdentityRooms:
    """Pools and the identities in them."""
    pools, identities = SqlIdentityPools(database), SqlIdentities(database)
    find_pool = Cached(remembered, "identity_pool", pools.find)
    names = ProviderNames(public_host=urlsplit(settings.public_url).netloc)
    return IdentityRooms(
        identity_pools=IdentityPools(
            store=pools, read=find_pool, names=names, clock=clock, transactions=database, recorder=recorder
        ),
        identities=Identities(
            store=identities,
            find_pool=find_pool,
            verifier=_NobodyVerified(),
            names=names,
            clock=clock,
            transactions=database,
            recorder=recorder,
        ),
    )
