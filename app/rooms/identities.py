"""The rooms of identity pools: their administration, and the way from a login to credentials."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.adapters.sql.configuration import Cached, ConfigurationCache
from app.adapters.sql.db import Database
from app.adapters.sql.identity_pools import SqlIdentities, SqlIdentityPools
from app.adapters.sql.keys import SqlKeys
from app.adapters.system.bulkhead import Bulkhead
from app.adapters.system.outbound import GuardedOutbound
from app.adapters.upstream.assertions import SamlAssertions
from app.adapters.upstream.social import AskedProviders
from app.adapters.upstream.web_keys import DiscoveredKeys
from app.config import Settings
from app.core.identity_pools.administration.identities import Identities
from app.core.identity_pools.administration.pools import IdentityPools
from app.core.identity_pools.logins.user_pools import UserPoolLogins
from app.core.identity_pools.logins.verifying import Logins
from app.core.identity_pools.logins.web_tokens import WebTokens
from app.core.identity_pools.open_id import OpenIdTokens
from app.core.identity_pools.provider_names import ProviderNames
from app.core.identity_pools.resolving import Resolving
from app.core.identity_pools.service import IdentityCredentials
from app.core.identity_pools.web_identities import WebIdentities
from app.core.kernel.clock import Clock
from app.core.kernel.recorder import Recorder
from app.core.kernel.sealing import Sealer
from app.core.keys.model import KeyPurpose, SigningKey
from app.core.keys.ports import KeyFactory
from app.core.keys.service import Keys
from app.core.limits.rates import Rates
from app.core.principals.web_identity import AssumedRoles
from app.core.tokens.service import Tokens
from app.rooms.access import Access
from app.rooms.brokers import WEB_IDENTITY, choose_broker


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRooms:
    """These rooms, as ``Services`` names them."""

    identity_credentials: IdentityCredentials
    open_id_tokens: OpenIdTokens
    issuer_keys: Keys
    identity_pools: IdentityPools
    identities: Identities
    assumed_roles: AssumedRoles


def open_identities(
    settings: Settings,
    database: Database,
    remembered: ConfigurationCache,
    sealer: Sealer,
    *,
    access: Access,
    tokens: Tokens,
    key_factory: KeyFactory,
    rates: Rates,
    clock: Clock,
    recorder: Recorder,
) -> IdentityRooms:
    """They verify logins with the rooms of user pools, and ask providers elsewhere through the guard of outbound calls."""
    names = ProviderNames(public_host=urlsplit(settings.public_url).netloc)
    pools, identities = SqlIdentityPools(database), SqlIdentities(database)
    key_store = SqlKeys(database, sealer, of_issuers=True)

    def find_keys(name: str) -> list[SigningKey] | None:
        return key_store.list_of(name) or None

    issuer_keys = Keys(
        store=key_store,
        read_keys=Cached(remembered, "issuer_keys", find_keys),
        factory=key_factory,
        transactions=database,
        clock=clock,
        recorder=recorder,
        purposes=(KeyPurpose.ID,),
        # Whoever asks for these keys is an STS, and Ceph's looks for certificates.
        certified=True,
    )

    def find_oidc_provider(arn: str) -> tuple[str, tuple[str, ...]] | None:
        provider = access.oidc_providers.find(arn)
        return None if provider is None else (provider.url, provider.client_ids)

    def find_saml_provider(arn: str) -> str | None:
        provider = access.saml_providers.find(arn)
        return None if provider is None else provider.metadata

    open_id_tokens = OpenIdTokens(
        keys=issuer_keys, clock=clock, find_end=access.temporary_keys.cut_off_at, public_url=settings.public_url
    )
    places = Bulkhead()
    outbound = GuardedOutbound(allow=settings.outbound_allow, allow_loopback=settings.dev, places=places)
    bases = dict(settings.upstream_urls)
    logins = Logins(
        names=names,
        user_pools=UserPoolLogins(
            names=names,
            keys=tokens.keys,
            find_pool=tokens.find_pool,
            find_client=tokens.find_client,
            sessions=tokens.store,
            users=tokens.users,
            clock=clock,
            public_url=settings.public_url,
        ),
        open_id_tokens=open_id_tokens,
        web_tokens=WebTokens(keys=DiscoveredKeys(fetch=outbound, clock=clock, places=places, bases=bases), clock=clock),
        social=AskedProviders(fetch=outbound, bases=bases),
        assertions=SamlAssertions(public_url=settings.public_url),
        find_oidc_provider=find_oidc_provider,
        find_saml_provider=find_saml_provider,
        rates=rates,
        clock=clock,
    )
    find_pool = Cached(remembered, "identity_pool", pools.find)
    return IdentityRooms(
        identity_pools=IdentityPools(
            store=pools,
            read=find_pool,
            names=names,
            clock=clock,
            transactions=database,
            end_sessions=lambda pool_id: access.temporary_keys.end("identity-pool", [pool_id]),
            recorder=recorder,
        ),
        identities=Identities(
            store=identities,
            find_pool=find_pool,
            verifier=logins,
            names=names,
            clock=clock,
            transactions=database,
            end_sessions=lambda identity_ids: access.temporary_keys.end("identity", identity_ids),
            recorder=recorder,
        ),
        identity_credentials=IdentityCredentials(
            find_pool=find_pool,
            find_role=access.roles.find_by_arn,
            identities=identities,
            resolving=Resolving(identities=identities, transactions=database, clock=clock, recorder=recorder),
            logins=logins,
            open_id_tokens=open_id_tokens,
            broker=choose_broker(settings, access.temporary_keys, clock, places),
            wants_token=settings.credentials == WEB_IDENTITY,
            rates=rates,
            clock=clock,
        ),
        open_id_tokens=open_id_tokens,
        issuer_keys=issuer_keys,
        assumed_roles=AssumedRoles(
            tokens=WebIdentities(
                names=names,
                open_id_tokens=open_id_tokens,
                web_tokens=logins.web_tokens,
                find_identity_pool=find_pool,
                find_identity=identities.find,
                find_provider=access.oidc_providers.find_by_issuer,
                find_pool=tokens.find_pool,
                keys=tokens.keys,
                clock=clock,
                public_url=settings.public_url,
            ),
            find_role=access.roles.find_by_arn,
            keys=access.temporary_keys,
            clock=clock,
            transactions=database,
            recorder=recorder,
        ),
    )
