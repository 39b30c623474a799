from collections.abc import Sequence
from dataclasses import replace

from app.core.pools.model import Pool
from app.core.users.identifiers import identifiers_of
from app.core.users.model import Identifier, IdentifierKind, User
from app.core.users.ports import IdentifierTaken, UserStore

_STRIPPED = {IdentifierKind.EMAIL: "email", IdentifierKind.PHONE_NUMBER: "phone_number"}


def release_aliases(users: UserStore, pool: Pool, winner: User, wanted: Sequence[Identifier], *, now: int) -> None:
    """Strips whoever else holds one of the wanted aliases: their attribute stays, unverified (Cognito: ForceAliasCreation).

    Only verified addresses move; raises ``IdentifierTaken`` where a username or preferred_username is another's. To be called
    inside the transaction that then saves the winner.
    """
    for identifier in wanted:
        holder = users.find_by_identifiers(pool.pool_id, [identifier])
        if holder is None or holder.sub == winner.sub:
            continue
        attribute = _STRIPPED.get(identifier.kind)
        if attribute is None or attribute not in pool.settings.alias_attributes:
            raise IdentifierTaken(identifier)
        stripped = replace(holder.with_attributes({f"{attribute}_verified": "false"}), updated_at=now)
        users.save(stripped, identifiers_of(pool, stripped))
