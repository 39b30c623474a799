"""From verified logins to the one identity they belong to: found, made, upgraded from a guest's, or merged (Cognito: GetId)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from app.core.identity_pools.errors import IdentityNotFound
from app.core.identity_pools.model import Identity, IdentityPool, Login, VerifiedLogin
from app.core.identity_pools.ports import IdentityStore
from app.core.identity_pools.refusals import (
    DeveloperUserRegistered,
    GuestsRefused,
    IdentityForbidden,
    LoginsClash,
    LoginsDoNotMatch,
)
from app.core.identity_pools.sessions.proof import is_still_vouched
from app.core.kernel.clock import Clock
from app.core.kernel.errors import Conflict, QuotaExceeded
from app.core.kernel.ids import new_uuid
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.transactions import Transactions

MOST_LOGINS = 20
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolving:
    """Races end in the store's ``Conflict``, after which everything is looked at again: of two first visits one makes the identity."""

    identities: IdentityStore
    transactions: Transactions
    clock: Clock
    recorder: Recorder = field(default_factory=Unrecorded)

    def of_logins(self, pool: IdentityPool, logins: Sequence[VerifiedLogin]) -> Identity:
        """The identity these lead to, a new one where none of them is known, a new guest without any.

        Raises ``LoginsClash`` where they lead to different ones, ``GuestsRefused``, ``IdentityForbidden``, ``QuotaExceeded``.
        """
        if not logins and not pool.allows_guests:
            raise GuestsRefused
        return self._again(lambda: self._found_or_made(pool, logins))

    def of_identity(self, pool: IdentityPool, identity_id: str, logins: Sequence[VerifiedLogin]) -> Identity:
        """The identity that a caller names, once the logins prove that it is theirs; without any only a guest's.

        A guest's becomes an authenticated one, or is merged into the one that the logins lead to, whose id the caller gets.
        Raises ``IdentityNotFound``, ``IdentityForbidden``, ``LoginsDoNotMatch``, and as ``of_logins``.
        """
        return self._again(lambda: self._proven(pool, identity_id, logins))

    def of_developer(
        self, pool: IdentityPool, identity_id: str | None, logins: Sequence[VerifiedLogin], developer: Login
    ) -> Identity:
        """As ``of_logins``, for a backend whose word is enough to link its user to any identity of the pool.

        Raises ``DeveloperUserRegistered`` where the user belongs to another identity than the one named.
        """
        if identity_id is None:
            return self._again(lambda: self._found_or_made(pool, logins))
        return self._again(lambda: self._vouched(pool, identity_id, logins, developer))

    def _again(self, attempt: Callable[[], Identity]) -> Identity:
        for _ in range(_ATTEMPTS - 1):
            try:
                return attempt()
            except Conflict:
                continue
        return attempt()

    def _found_or_made(self, pool: IdentityPool, logins: Sequence[VerifiedLogin]) -> Identity:
        known = self.known(pool, logins)
        if len(known) > 1:
            raise LoginsClash
        if known:
            return self._linked(pool, known[0], logins)
        now = self.clock.now()
        made = Identity(
            identity_id=f"{pool.region}:{new_uuid()}",
            identity_pool_id=pool.identity_pool_id,
            logins=_plain(logins),
            created_at=now,
            modified_at=now,
        )
        self.identities.add(made)
        return made

    def _proven(self, pool: IdentityPool, identity_id: str, logins: Sequence[VerifiedLogin]) -> Identity:
        if not logins:
            current = self._get(pool, identity_id)
            if not current.is_guest:
                raise IdentityForbidden(identity_id)
            if not pool.allows_guests:
                raise GuestsRefused
            return current
        known = self.known(pool, logins)
        if len(known) > 1:
            raise LoginsClash
        if known and known[0].identity_id == identity_id:
            return self._linked(pool, known[0], logins)
        current = self._get(pool, identity_id)
        if not current.is_guest:
            raise LoginsDoNotMatch
        if not known:
            return self._linked(pool, current, logins)
        with self.transactions.transaction():
            merged = self._linked(pool, known[0], logins)
            self._retire(current, merged)
        return merged

    def _vouched(
        self, pool: IdentityPool, identity_id: str, logins: Sequence[VerifiedLogin], developer: Login
    ) -> Identity:
        current = self._get(pool, identity_id)
        others = [found for found in self.known(pool, logins) if found.identity_id != identity_id]
        if any(developer in found.logins for found in others):
            raise DeveloperUserRegistered
        if others:
            raise LoginsClash
        return self._linked(pool, current, logins)

    def _get(self, pool: IdentityPool, identity_id: str) -> Identity:
        found = self.identities.find(pool.identity_pool_id, identity_id)
        if found is None:
            raise IdentityNotFound(identity_id)
        if not found.enabled:
            raise IdentityForbidden(identity_id)
        return found

    def known(self, pool: IdentityPool, logins: Sequence[VerifiedLogin]) -> list[Identity]:
        """Every identity that one of the logins leads to. A token of our own names its identity itself."""
        found = {
            each.identity_id: each for each in self.identities.find_by_logins(pool.identity_pool_id, _plain(logins))
        }
        for login in logins:
            if login.own:
                named = self._get(pool, login.login.subject)
                if not is_still_vouched(pool, named, login.claims["amr"]):
                    # The developer took the user away: what was issued before says nothing any more.
                    raise IdentityForbidden(named.identity_id)
                found[named.identity_id] = named
        for each in found.values():
            if not each.enabled or each.identity_pool_id != pool.identity_pool_id:
                raise IdentityForbidden(each.identity_id)
        return list(found.values())

    def _linked(self, pool: IdentityPool, identity: Identity, logins: Sequence[VerifiedLogin]) -> Identity:
        """The identity with those of the logins that it had not yet. Two users of one public provider are two identities' users."""
        added = tuple(login for login in _plain(logins) if login not in identity.logins)
        if not added:
            return identity
        taken = {login.provider for login in identity.logins if login.provider != pool.developer_provider}
        if any(login.provider in taken for login in added):
            raise LoginsClash
        if len(identity.logins) + len(added) > MOST_LOGINS:
            raise QuotaExceeded(f"An identity has at most {MOST_LOGINS} logins.")
        now = self.clock.now()
        with self.transactions.transaction():
            locked = self.identities.find_to_change(identity.identity_pool_id, [identity.identity_id])
            # Of two people who upgrade one guest at once, or link themselves to one identity, the second must be asked again.
            if not locked or locked[0].logins != identity.logins:
                raise Conflict
            self.identities.link(identity, added, now=now)
            self._record("identity.link", identity, providers=" ".join(login.provider for login in added))
        return replace(identity, logins=tuple(sorted((*identity.logins, *added))), modified_at=now)

    def _retire(self, guest: Identity, into: Identity) -> None:
        """Disables a guest's identity for good, unless somebody has upgraded it meanwhile."""
        locked = self.identities.find_to_change(guest.identity_pool_id, [guest.identity_id])
        if not locked or not locked[0].is_guest or not locked[0].enabled:
            raise Conflict
        retired = replace(locked[0], enabled=False, merged_into=into.identity_id, modified_at=self.clock.now())
        self.identities.save(retired)
        self._record("identity.merge", into, merged=guest.identity_id)

    def _record(self, event: str, identity: Identity, **detail: str) -> None:
        self.recorder.record(event, identity.identity_pool_id, identity=identity.identity_id, **detail)


def _plain(logins: Sequence[VerifiedLogin]) -> tuple[Login, ...]:
    return tuple(login.login for login in logins if not login.own)
