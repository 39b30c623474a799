"""Registrations that wait for their code. Each stands with its own code, so that a code installs the registration whose mail it
came with, and no other: pure, but for what it is handed.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from app.core.factors.one_time_code import CONTESTED, ELSEWHERE, GIVEN, AskedCodes, TakenCode
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.users.attributes import without_registration
from app.core.users.identifiers import candidates
from app.core.users.model import Identifier, PasswordRecord, User, UserStatus


def address_digest(hasher: Hasher, user: User, attribute: str) -> str:
    """What binds a code to the address it was sent to."""
    return hasher.digest("address of a code", user.attributes.get(attribute, ""))


def data_of(hasher: Hasher, applicant: User, attribute: str, address: str | None = None) -> dict[str, str]:
    """What stands with the code of a registration. ``address`` is the stored spelling, where the user is there already."""
    attributes = {**applicant.attributes, attribute: address or applicant.attributes[attribute]}
    registered = replace(applicant, attributes=attributes)
    return {
        "attribute": attribute,
        "value": address_digest(hasher, registered, attribute),
        "registration": applicant.sub,
        "attributes": json.dumps(attributes),
        "password": applicant.password.encoded.reveal() if applicant.password else "",
        "set_at": str(applicant.password.set_at if applicant.password else 0),
    }


def resent(hasher: Hasher, user: User, attribute: str, asked: AskedCodes) -> dict[str, str]:
    """What stands with a code that is sent again: the same registration, marked where another browser asks for it.

    Where several wait, another browser's code stands with none of them: it would be anybody's.
    """
    data = asked.own or (None if CONTESTED in asked.standing else asked.newest)
    if data is None or data["attribute"] != attribute:
        # No registration waits any more; the user is confirmed as stored.
        return {"attribute": attribute, "value": address_digest(hasher, user, attribute), "registration": ""}
    return {**data} if asked.own else {**data, ELSEWHERE: "yes"}


def given_in(data: Mapping[str, str]) -> dict[str, str]:
    """What stands with a new user: which attributes are the registration's and not an administrator's."""
    return {GIVEN: json.dumps(sorted(json.loads(data["attributes"])))}


def withdrawn(user: User, attribute: str, standing: Mapping[str, str]) -> User:
    """The user without what their first registration stored."""
    return without_registration(user, attribute, json.loads(standing.get(GIVEN, "null")))


def may_wait(pool: Pool, owner: User | None, taken: Identifier, attribute: str, typed: str) -> bool:
    """Whether a further registration may wait for its code beside the unconfirmed owner of the same address.

    Only where the address is what both sign in with and what the code proves: else a code would prove one thing and a
    registration take another.
    """
    if owner is None or not owner.enabled or owner.status is not UserStatus.UNCONFIRMED:
        return False
    return taken.kind.value == attribute and taken in candidates(pool, typed) and bool(owner.attributes.get(attribute))


def is_contested(taken: TakenCode) -> bool:
    """Whether somebody confirms from elsewhere than where they registered, though more than one registered: even where the
    others' codes have expired.
    """
    own = taken.own and ELSEWHERE not in taken.data
    return not own and CONTESTED in taken.standing


def confirmed(user: User, taken: TakenCode) -> User:
    """The user as the code proves them, with the registration it stands with.

    Contested, it proves the address and installs nobody's password: a forgotten password is then recovered at that address.
    """
    attribute = taken.data["attribute"]
    proven = {f"{attribute}_verified": "true"}
    if is_contested(taken):
        bare = withdrawn(user, attribute, taken.standing)
        return replace(bare, status=UserStatus.RESET_REQUIRED).with_attributes(proven)
    status = UserStatus.CONFIRMED if _has_password(user, taken) else UserStatus.RESET_REQUIRED
    return replace(_registered(user, taken), status=status).with_attributes(proven)


def _has_password(user: User, taken: TakenCode) -> bool:
    return bool(taken.data.get("password")) or user.password is not None


def _registered(user: User, taken: TakenCode) -> User:
    """The stored user stands as it is where nobody registered beside it; and an administrator's change is never undone."""
    data = taken.data
    if not data.get("registration") or (data["registration"] == user.sub and user.password is not None):
        return user
    password = PasswordRecord(encoded=Secret(data["password"]), set_at=int(data["set_at"]))
    kept = withdrawn(user, data["attribute"], taken.standing).attributes
    return replace(user, attributes={**json.loads(data["attributes"]), **kept}, password=password)
