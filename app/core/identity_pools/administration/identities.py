from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.core.identity_pools.errors import (
    DeveloperUserElsewhere,
    DeveloperUserNotFound,
    IdentitiesUnmergeable,
    IdentityNotFound,
    LoginNotLinked,
)
from app.core.identity_pools.model import Identity, IdentityPool, Login, VerifiedLogin
from app.core.identity_pools.ports import IdentityStore, LoginVerifier
from app.core.identity_pools.provider_names import OWN, ProviderNames
from app.core.identity_pools.refusals import IdentityForbidden, LoginsDoNotMatch
from app.core.identity_pools.sessions.proof import is_still_vouched
from app.core.kernel.clock import Clock
from app.core.kernel.errors import Conflict, InvalidParameter
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.transactions import Transactions

_MOST_LOGINS = 20
"""Of one identity (Cognito: MergeDeveloperIdentities, quotas)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """Administration of identities: who they are, their end, and the taking away and merging of their logins.

    ``find_pool`` is a lookup that may be a quarter of a second old. ``end_sessions`` makes the live credentials of identities useless.
    """

    store: IdentityStore
    find_pool: Callable[[str], IdentityPool | None]
    verifier: LoginVerifier
    names: ProviderNames
    clock: Clock
    transactions: Transactions
    end_sessions: Callable[[Sequence[str]], None]
    recorder: Recorder = field(default_factory=Unrecorded)

    def locate(self, identity_id: str) -> tuple[IdentityPool, Identity]:
        """An identity by its id alone, with its pool. Raises ``IdentityNotFound``."""
        pool_id = self.store.find_pool_id(identity_id)
        pool = self.find_pool(pool_id) if pool_id is not None else None
        if pool is None:
            raise IdentityNotFound(identity_id)
        return pool, self.get(pool, identity_id)

    def get(self, pool: IdentityPool, identity_id: str) -> Identity:
        """An identity of this pool (Cognito: DescribeIdentity). Raises ``IdentityNotFound``."""
        identity = self.store.find(pool.identity_pool_id, identity_id)
        if identity is None:
            raise IdentityNotFound(identity_id)
        return identity

    def list_page(
        self, pool: IdentityPool, *, after: str | None, limit: int, hide_disabled: bool = False
    ) -> list[Identity]:
        """By id, those behind ``after`` (Cognito: ListIdentities)."""
        return self.store.list_of(pool.identity_pool_id, after=after, limit=limit, hide_disabled=hide_disabled)

    def remove(self, identity_ids: Sequence[str], *, account_id: str, region: str) -> list[str]:
        """Ends the identities of this account and region, with their live credentials; returns the ids of those that are not (Cognito: DeleteIdentities)."""
        pool_ids = self.store.find_pool_ids(identity_ids)
        pools = [self.find_pool(pool_id) for pool_id in sorted(set(pool_ids.values()))]
        mine = {
            pool.identity_pool_id
            for pool in pools
            if pool is not None and (pool.account_id, pool.region) == (account_id, region)
        }
        with self.transactions.transaction():
            gone = self.store.remove(sorted(one for one, pool_id in pool_ids.items() if pool_id in mine))
            if gone:
                self.end_sessions(gone)
            for pool_id in sorted(mine):
                of_pool = [one for one in gone if pool_ids[one] == pool_id]
                self.recorder.record("identity.remove", pool_id, identities=",".join(of_pool))
        return [one for one in dict.fromkeys(identity_ids) if one not in gone]

    def unlink(
        self, identity_id: str, tokens: Mapping[str, str], providers: Sequence[str], *, address: str | None = None
    ) -> None:
        """Takes logins away from who proves to be theirs: every token must be good, and one login the identity's.

        (Cognito: UnlinkIdentity.) Raises ``IdentityNotFound``, ``LoginRefused``, ``ProviderUnavailable``, ``LoginNotLinked``,
        ``InvalidParameter``, ``TooManyRequests``.
        """
        pool, identity = self.locate(identity_id)
        if not identity.enabled:
            raise IdentityForbidden(identity_id)
        if not tokens:
            raise LoginsDoNotMatch
        verified = self.verifier.verify_all(pool, tokens, address=address)
        gone = {self.names.canonical(provider) for provider in providers}
        if pool.developer_provider in gone:
            raise InvalidParameter("A developer user is unlinked with the developer's own credentials.")
        with self.transactions.transaction():
            found = self.store.find_to_change(pool.identity_pool_id, [identity_id])
            if not found:
                raise IdentityNotFound(identity_id)
            identity = found[0]
            if not any(_is_of(pool, identity, one) for one in verified):
                raise LoginsDoNotMatch
            logins = [login for login in identity.logins if login.provider in gone]
            if {login.provider for login in logins} != gone:
                raise LoginNotLinked
            self.store.unlink(identity, logins, now=self.clock.now())
            self.recorder.record("identity.unlink", pool.identity_pool_id, identity=identity_id)

    def look_up_developer_user(
        self,
        pool: IdentityPool,
        *,
        identity_id: str | None,
        developer_user: str | None,
        after: str | None = None,
        limit: int = 60,
    ) -> tuple[str, list[str]]:
        """The identity and its developer user identifiers behind ``after``, or, where both are given, just that both fit.

        (Cognito: LookupDeveloperIdentity.) Raises ``InvalidParameter``, ``IdentityNotFound``, ``DeveloperUserNotFound``,
        ``DeveloperUserElsewhere``.
        """
        provider = _developer_provider(pool)
        if developer_user is None:
            if identity_id is None:
                raise InvalidParameter("Either IdentityId or DeveloperUserIdentifier must be given.")
            found = self.get(pool, identity_id)
        else:
            found = self._developer_user(pool, developer_user)
            if identity_id is not None:
                self.get(pool, identity_id)
                if found.identity_id != identity_id:
                    raise DeveloperUserElsewhere
                return identity_id, [developer_user]
        ids = self.store.list_developer_ids(found.identity_id, provider, after=after, limit=limit)
        return found.identity_id, ids

    def merge_developer_users(self, pool: IdentityPool, provider: str, *, source: str, destination: str) -> str:
        """Two identities of the developer's become the destination's, whose id is returned (Cognito: MergeDeveloperIdentities).

        The source is disabled and all its logins lead to the destination. Raises ``InvalidParameter``, ``DeveloperUserNotFound``,
        ``IdentitiesUnmergeable``, ``Conflict`` where somebody else changed them at the same time.
        """
        _check_provider(pool, provider)
        if source == destination:
            raise InvalidParameter("The source and the destination are the same user.")
        with self.transactions.transaction():
            identities = [self._developer_user(pool, user).identity_id for user in (source, destination)]
            locked = {one.identity_id: one for one in self.store.find_to_change(pool.identity_pool_id, identities)}
            giving, kept = (locked.get(identity_id) for identity_id in identities)
            # Somebody was quicker between the look and the lock.
            if (
                not (_has(giving, provider, source) and _has(kept, provider, destination))
                or giving is None
                or kept is None
            ):
                raise Conflict
            if giving.identity_id != kept.identity_id:
                self._merge(pool, giving, kept)
        return kept.identity_id

    def _merge(self, pool: IdentityPool, giving: Identity, kept: Identity) -> None:
        ours, theirs = ({login.provider for login in one.logins} for one in (kept, giving))
        if (ours & theirs) - {pool.developer_provider}:
            raise IdentitiesUnmergeable
        if len(kept.logins) + len(giving.logins) > _MOST_LOGINS:
            raise InvalidParameter(f"An identity has at most {_MOST_LOGINS} linked logins.")
        now = self.clock.now()
        self.store.unlink(giving, giving.logins, now=now)
        self.store.save(
            replace(giving, enabled=False, merged_into=kept.identity_id, was_authenticated=True, modified_at=now)
        )
        self.store.link(kept, giving.logins, now=now)
        self.end_sessions([giving.identity_id])
        self.recorder.record(
            "identity.merge", pool.identity_pool_id, identity=kept.identity_id, merged=giving.identity_id
        )

    def unlink_developer_user(self, pool: IdentityPool, identity_id: str, provider: str, developer_user: str) -> None:
        """Takes a developer user away from its identity (Cognito: UnlinkDeveloperIdentity).

        Raises ``InvalidParameter``, ``IdentityNotFound``, ``DeveloperUserNotFound``, ``DeveloperUserElsewhere``.
        """
        _check_provider(pool, provider)
        login = Login(provider=provider, subject=developer_user)
        with self.transactions.transaction():
            found = self.store.find_to_change(pool.identity_pool_id, [identity_id])
            if not found:
                raise IdentityNotFound(identity_id)
            identity = found[0]
            if login not in identity.logins:
                self._developer_user(pool, developer_user)
                raise DeveloperUserElsewhere
            self.store.unlink(identity, [login], now=self.clock.now())
            self.recorder.record("identity.unlink", pool.identity_pool_id, identity=identity_id)

    def _developer_user(self, pool: IdentityPool, developer_user: str) -> Identity:
        login = Login(provider=_developer_provider(pool), subject=developer_user)
        found = self.store.find_by_logins(pool.identity_pool_id, [login])
        if not found:
            raise DeveloperUserNotFound
        return found[0]


def _is_of(pool: IdentityPool, identity: Identity, verified: VerifiedLogin) -> bool:
    """One of its logins, or this server's own OpenID token for a developer user that it still has."""
    if verified.login != Login(provider=OWN, subject=identity.identity_id):
        return verified.login in identity.logins
    return is_still_vouched(pool, identity, verified.claims.get("amr", ()))


def _has(identity: Identity | None, provider: str, developer_user: str) -> bool:
    return identity is not None and Login(provider=provider, subject=developer_user) in identity.logins


def _developer_provider(pool: IdentityPool) -> str:
    if pool.developer_provider is None:
        raise InvalidParameter("The identity pool has no developer provider.")
    return pool.developer_provider


def _check_provider(pool: IdentityPool, provider: str) -> None:
    if _developer_provider(pool) != provider:
        raise InvalidParameter("The developer provider name is not that of the identity pool.")
