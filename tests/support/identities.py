"""Identity pools and identities of a house, for tests through stock AWS clients."""

from typing import Any

from app.core.identity_pools.model import Identity, Login
from app.core.kernel.ids import new_uuid
from tests.support.aws_house import AwsHouse

PROVIDER = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AAAAAAAAA"
NOWHERE = "us-east-1:00000000-0000-4000-8000-000000000000"
DEVELOPER = "login.shop"


def identity_pool(house: AwsHouse, **settings: Any) -> dict[str, Any]:
    """What CreateIdentityPool answers, and UpdateIdentityPool takes."""
    given = {"IdentityPoolName": "pool", "AllowUnauthenticatedIdentities": True, **settings}
    answer: dict[str, Any] = house.identity.create_identity_pool(**given)
    return {member: value for member, value in answer.items() if member != "ResponseMetadata"}


def stored_identity(house: AwsHouse, identity_pool_id: str, **logins: str | list[str]) -> Identity:
    """An identity with logins, which are given by the first word of their provider's name: ``facebook="anna"``."""
    names = {"facebook": "graph.facebook.com", "google": "accounts.google.com", "developer": DEVELOPER}
    linked = [
        Login(provider=names[word], subject=subject)
        for word, subjects in logins.items()
        for subject in ([subjects] if isinstance(subjects, str) else subjects)
    ]
    now = house.clock.now()
    identity = Identity(
        identity_id=f"us-east-1:{new_uuid()}",
        identity_pool_id=identity_pool_id,
        logins=tuple(sorted(linked)),
        created_at=now,
        modified_at=now,
    )
    house.services.identities.store.add(identity)
    return identity
