"""The rooms of one process, over its adapters: one after the other, those it needs before it."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from app.adapters.messaging.choose import Messaging
from app.adapters.sql.audit import SqlAuditLog
from app.adapters.sql.clients import SqlClients
from app.adapters.sql.configuration import Cached, ConfigurationCache
from app.adapters.sql.customizations import SqlCustomizations
from app.adapters.sql.db import Database
from app.adapters.sql.deliveries import SqlDeliveries
from app.adapters.sql.devices import SqlDevices
from app.adapters.sql.groups import SqlGroups
from app.adapters.sql.keys import SqlKeys
from app.adapters.sql.passkeys import SqlPasskeys
from app.adapters.sql.pools import SqlDomains, SqlPools
from app.adapters.sql.recovery_codes import SqlRecoveryCodes
from app.adapters.sql.resource_servers import SqlResourceServers
from app.adapters.sql.sessions import SqlConsents, SqlParticipants
from app.adapters.sql.software_tokens import SqlSoftwareTokens
from app.adapters.sql.tokens import SqlTokens
from app.adapters.sql.users import SqlUsers
from app.adapters.system.argon2 import Argon2Hasher
from app.adapters.system.big_numbers import choose_power
from app.adapters.system.clock import SystemClock
from app.adapters.system.common_passwords import ZxcvbnPasswords
from app.adapters.system.counters import SharedCounters
from app.adapters.system.drainer import Drainer
from app.adapters.system.outbound import GuardedOutbound
from app.aws.validation import BotocoreSchema
from app.config import Settings
from app.core.account.administration import AdministrationRecord
from app.core.account.attributes import UserAttributes
from app.core.account.service import Account
from app.core.attempts.service import Attempts
from app.core.audit.changes import RecordedChanges
from app.core.audit.operator import AttributedAudit
from app.core.audit.repeats import RepeatsCollapsed
from app.core.audit.tally import CountedAudit
from app.core.branding import parse_branding
from app.core.branding.customization import Customization, Customizations
from app.core.clients.service import Clients
from app.core.deliveries.service import Deliveries
from app.core.devices.service import Devices
from app.core.factors.one_time_code import OneTimeCodes
from app.core.factors.passkeys import Passkeys
from app.core.factors.password import Passwords
from app.core.factors.preferences import Preferences
from app.core.factors.recovery_codes import RecoveryCodes
from app.core.factors.totp import Totp
from app.core.groups.service import Groups
from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.ids import PoolId
from app.core.kernel.sealing import Hasher, Sealer
from app.core.keys.model import SigningKey
from app.core.keys.ports import KeyFactory
from app.core.keys.service import Keys
from app.core.limits.lockout import Lockout
from app.core.limits.rates import Rates
from app.core.messages.posting import Post
from app.core.messages.service import NOTICE, Messages, QueuedNotices
from app.core.pools.service import Pools
from app.core.recovery.service import Recovery
from app.core.resource_servers.service import ResourceServers
from app.core.sessions.backchannel import BackchannelLogout
from app.core.sessions.consent import Consents
from app.core.sessions.ended import EndedSessions
from app.core.sessions.logout import BACKCHANNEL_LOGOUT, Logouts
from app.core.sessions.service import Sessions
from app.core.sign_in.factor_codes import FactorCodes
from app.core.sign_in.service import SignIn
from app.core.sign_in.srp_exchange import SrpExchange
from app.core.sign_up.service import SignUp
from app.core.tokens.hint import Hints
from app.core.tokens.introspection import Introspection
from app.core.tokens.service import Tokens
from app.core.tokens.tracking import UserSessions
from app.core.users.service import Directory
from app.rooms.access import open_access
from app.rooms.identities import open_identities
from app.services import Services
from app.web.letters import ThemedEnvelope
from app.web.pages import Pages


def open_rooms(
    settings: Settings,
    database: Database,
    remembered: ConfigurationCache,
    sealer: Sealer,
    hasher: Hasher,
    *,
    clock: Clock,
    counters: SharedCounters,
    ephemeral: Ephemeral,
    messaging: Messaging,
    drainer: Drainer,
    logout_drainer: Drainer,
    pages: Pages,
    key_factory: KeyFactory,
) -> Services:
    """One room after the other, those it needs before it."""
    schema = BotocoreSchema()
    # Every event is counted, also the repeated refusals that leave no row.
    rows = SqlAuditLog(database, clock, days=settings.audit_days)
    counted = CountedAudit(log=RepeatsCollapsed(inner=rows, ephemeral=ephemeral, clock=clock), tally=counters)
    audit = AttributedAudit(audit=counted)
    changes = RecordedChanges(audit=audit)
    users, group_store, pool_store, domain_store = (
        SqlUsers(database),
        SqlGroups(database),
        SqlPools(database),
        SqlDomains(database),
    )
    client_store, key_store = SqlClients(database, sealer), SqlKeys(database, sealer)
    find_pool = Cached(remembered, "pool", pool_store.find)
    find_client = Cached(remembered, "client", client_store.find)

    def check_branding(document: Mapping[str, object]) -> None:
        parse_branding(document, themes=pages.theme_names)

    def find_keys(pool_id: str) -> list[SigningKey] | None:
        return key_store.list_of(pool_id) or None

    keys = Keys(
        store=key_store,
        read_keys=Cached(remembered, "keys", find_keys),
        factory=key_factory,
        transactions=database,
        clock=clock,
        recorder=changes,
    )
    pools = Pools(
        store=pool_store,
        domains=domain_store,
        read=find_pool,
        read_domain=Cached(remembered, "domain", domain_store.find),
        schema=schema,
        keys=keys,
        check_branding=check_branding,
        clock=clock,
        transactions=database,
        public_hostname=urlsplit(settings.public_url).hostname or "",
        recorder=changes,
    )
    server_store = SqlResourceServers(database)
    clients = Clients(
        store=client_store,
        read=find_client,
        scopes_of=server_store.scopes_of,
        schema=schema,
        check_branding=check_branding,
        clock=clock,
        transactions=database,
        recorder=changes,
    )
    customization_store = SqlCustomizations(database)

    def read_customization(key: tuple[PoolId, str]) -> Customization:
        return customization_store.get(*key)

    customizations = Customizations(
        store=customization_store,
        read=Cached(remembered, "customization", read_customization),
        domains_of=pools.list_domains,
        clock=clock,
        transactions=database,
        recorder=changes,
    )
    post = Post(transports=messaging.transports, envelope=ThemedEnvelope(pages), public_url=settings.public_url)
    deliveries = Deliveries(
        store=SqlDeliveries(database, sealer, but=(BACKCHANNEL_LOGOUT,)),
        clock=clock,
        audit=audit,
        handlers={NOTICE: QueuedNotices(post=post, find_pool=find_pool).deliver},
        wake=drainer.wake,
    )
    drainer.serve(deliveries.drain)
    messages = Messages(post=post, deliveries=deliveries)
    ended = EndedSessions(ephemeral=ephemeral, clock=clock)
    tokens = Tokens(
        store=SqlTokens(database),
        ended=ended,
        users=users,
        groups=group_store,
        keys=keys,
        find_pool=find_pool,
        find_client=find_client,
        audit=audit,
        tally=counters,
        hasher=hasher,
        clock=clock,
        public_url=settings.public_url,
    )
    # A lane of its own: a client that hangs must not hold up anybody's code.
    notifications = Deliveries(
        store=SqlDeliveries(database, sealer, only=(BACKCHANNEL_LOGOUT,)),
        clock=clock,
        audit=audit,
        handlers={
            BACKCHANNEL_LOGOUT: BackchannelLogout(
                find_pool=find_pool,
                find_client=find_client,
                issuer=tokens.issuer,
                subject_for=tokens.subject_for,
                keys=keys,
                outbound=GuardedOutbound(allow=settings.outbound_allow, allow_loopback=settings.dev),
                clock=clock,
            ).deliver
        },
        wake=logout_drainer.wake,
    )
    logout_drainer.serve(notifications.drain)
    logouts = Logouts(
        store=SqlParticipants(database),
        find_client=find_client,
        issuer=tokens.issuer,
        queue=notifications,
        ended=ended,
        clock=clock,
        transactions=database,
    )
    lockout, rates = Lockout(ephemeral=ephemeral, clock=clock), Rates(ephemeral=ephemeral, clock=clock)
    passwords = Passwords(
        hasher=Argon2Hasher(settings.password_hashing, tally=counters),
        common=ZxcvbnPasswords(),
        power=choose_power(),
        sealer=sealer,
        users=users,
        clock=clock,
    )
    attempts = Attempts(ephemeral=ephemeral, clock=clock, hasher=hasher)
    codes = OneTimeCodes(ephemeral=ephemeral, clock=clock, hasher=hasher)
    devices = Devices(store=SqlDevices(database), audit=audit, clock=clock, transactions=database)
    recovery_codes = RecoveryCodes(
        store=SqlRecoveryCodes(database), hasher=hasher, audit=audit, clock=clock, transactions=database
    )
    passkeys = Passkeys(
        store=SqlPasskeys(database),
        users=users,
        list_domains=pools.list_domains,
        ephemeral=ephemeral,
        hasher=hasher,
        audit=audit,
        clock=clock,
        transactions=database,
        public_url=settings.public_url,
    )
    sessions = Sessions(ephemeral=ephemeral, users=users, hasher=hasher, clock=clock)
    administration = AdministrationRecord(audit=audit, messages=messages, logouts=logouts)
    totp = Totp(store=SqlSoftwareTokens(database, sealer), users=users, audit=audit, clock=clock, transactions=database)
    access = open_access(settings, database, remembered, sealer, hasher, clock=clock, recorder=changes)
    identities = open_identities(
        settings,
        database,
        remembered,
        sealer,
        access=access,
        tokens=tokens,
        key_factory=key_factory,
        rates=rates,
        clock=clock,
        recorder=changes,
    )
    return Services(
        clock=clock,
        hasher=hasher,
        ephemeral=ephemeral,
        audit=audit,
        access_keys=access.access_keys,
        roles=access.roles,
        temporary_keys=access.temporary_keys,
        authority=access.authority,
        identity_credentials=identities.identity_credentials,
        open_id_tokens=identities.open_id_tokens,
        issuer_keys=identities.issuer_keys,
        oidc_providers=access.oidc_providers,
        saml_providers=access.saml_providers,
        identity_pools=identities.identity_pools,
        identities=identities.identities,
        assumed_roles=identities.assumed_roles,
        pools=pools,
        clients=clients,
        customizations=customizations,
        groups=Groups(store=group_store, schema=schema, clock=clock, transactions=database, recorder=changes),
        resource_servers=ResourceServers(
            store=server_store,
            read_scopes=Cached(remembered, "scopes", server_store.scopes_of),
            schema=schema,
            clock=clock,
            transactions=database,
            recorder=changes,
        ),
        keys=keys,
        sessions=sessions,
        user_sessions=UserSessions(store=tokens.store, sessions=sessions, logouts=logouts, audit=audit, clock=clock),
        tokens=tokens,
        introspection=Introspection(tokens=tokens),
        consents=Consents(store=SqlConsents(database), ephemeral=ephemeral, hasher=hasher, clock=clock),
        logouts=logouts,
        hints=Hints(keys=keys, find_pool=find_pool, public_url=settings.public_url),
        messages=messages,
        users=Directory(
            users=users,
            passwords=passwords,
            administration=administration,
            clock=clock,
            transactions=database,
        ),
        sign_in=SignIn(
            exchange=SrpExchange(passwords=passwords, hasher=hasher, power=choose_power(), real_time=SystemClock()),
            codes=FactorCodes(hasher=hasher, messages=messages),
            software_tokens=totp,
            passkeys=passkeys,
            devices=devices,
            recovery_codes=recovery_codes,
            users=users,
            passwords=passwords,
            attempts=attempts,
            lockout=lockout,
            rates=rates,
            audit=audit,
            clock=clock,
            hasher=hasher,
            transactions=database,
        ),
        sign_up=SignUp(
            users=users,
            passwords=passwords,
            codes=codes,
            attempts=attempts,
            rates=rates,
            messages=messages,
            audit=audit,
            clock=clock,
            hasher=hasher,
            transactions=database,
        ),
        recovery=Recovery(
            users=users,
            passwords=passwords,
            codes=codes,
            lockout=lockout,
            rates=rates,
            messages=messages,
            audit=audit,
            clock=clock,
            hasher=hasher,
            transactions=database,
        ),
        account=Account(
            users=users,
            attributes=UserAttributes(
                users=users,
                codes=codes,
                messages=messages,
                rates=rates,
                audit=audit,
                clock=clock,
                hasher=hasher,
                transactions=database,
            ),
            administration=administration,
            passwords=passwords,
            lockout=lockout,
            rates=rates,
            audit=audit,
            clock=clock,
            transactions=database,
        ),
        totp=totp,
        devices=devices,
        recovery_codes=recovery_codes,
        passkeys=passkeys,
        preferences=Preferences(users=users, software_tokens=totp, audit=audit, clock=clock, transactions=database),
    )
