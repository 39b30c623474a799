"""The rooms of whoever signs: access keys, roles, temporary credentials, and what they may do."""

from dataclasses import dataclass

from app.adapters.sql.configuration import Cached, ConfigurationCache
from app.adapters.sql.db import Database
from app.adapters.sql.principals import SqlAccessKeys
from app.adapters.sql.providers import SqlOidcProviders, SqlSamlProviders
from app.adapters.sql.roles import SqlCutoffs, SqlRoles
from app.config import Settings
from app.core.kernel.clock import Clock
from app.core.kernel.recorder import Recorder
from app.core.kernel.sealing import Hasher, Sealer
from app.core.kernel.secret import Secret
from app.core.principals.authority import Authority
from app.core.principals.model import AccessKey
from app.core.principals.providers import OidcProviders, SamlProviders
from app.core.principals.roles import Roles
from app.core.principals.service import AccessKeys
from app.core.principals.temporary import TemporaryKeys
from app.rooms.brokers import check_role


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """These rooms, as ``Services`` names them."""

    access_keys: AccessKeys
    roles: Roles
    temporary_keys: TemporaryKeys
    authority: Authority
    oidc_providers: OidcProviders
    saml_providers: SamlProviders

    def find_oidc_provider(self, arn: str) -> tuple[str, tuple[str, ...]] | None:
        """URL and client ids of a provider."""
        found = self.oidc_providers.find(arn)
        return None if found is None else (found.url, found.client_ids)

    def find_saml_provider(self, arn: str) -> str | None:
        """The metadata of a provider."""
        found = self.saml_providers.find(arn)
        return None if found is None else found.metadata


def open_access(
    settings: Settings,
    database: Database,
    remembered: ConfigurationCache,
    sealer: Sealer,
    hasher: Hasher,
    *,
    clock: Clock,
    recorder: Recorder,
) -> Access:
    """They need the database and nothing of the other rooms, so the gateway can have them alone."""
    keys, roles, cutoffs = SqlAccessKeys(database, sealer), SqlRoles(database), SqlCutoffs(database)
    oidc, saml = SqlOidcProviders(database), SqlSamlProviders(database)
    find_role = Cached(remembered, "role", roles.find_by_arn)
    read_cutoffs = Cached[str, dict[tuple[str, str], int]](remembered, "cutoffs", lambda _all: cutoffs.list_all())
    return Access(
        access_keys=AccessKeys(
            store=keys,
            read=Cached(remembered, "access_key", keys.find),
            root=_root_key(settings),
            hasher=hasher,
            clock=clock,
            transactions=database,
            recorder=recorder,
        ),
        roles=Roles(
            store=roles,
            read=find_role,
            clock=clock,
            transactions=database,
            recorder=recorder,
            fits=lambda role: check_role(settings, role),
        ),
        temporary_keys=TemporaryKeys(
            sealer=sealer,
            hasher=hasher,
            clock=clock,
            store=cutoffs,
            read_cutoffs=lambda: read_cutoffs("all") or {},
            transactions=database,
            recorder=recorder,
        ),
        authority=Authority(find_role=find_role, sealer=sealer),
        oidc_providers=OidcProviders(
            store=oidc,
            read=Cached(remembered, "oidc_provider", oidc.find),
            clock=clock,
            transactions=database,
            recorder=recorder,
        ),
        saml_providers=SamlProviders(
            store=saml,
            read=Cached(remembered, "saml_provider", saml.find),
            clock=clock,
            transactions=database,
            recorder=recorder,
        ),
    )


def _root_key(settings: Settings) -> AccessKey | None:
    """The administrator's key of the settings, where both halves are given."""
    if settings.root_access_key_id is None or settings.root_secret_access_key is None:
        return None
    return AccessKey(
        access_key_id=settings.root_access_key_id,
        account_id=settings.account_id,
        name="root",
        secret=Secret(settings.root_secret_access_key),
        created_at=0,
    )
