"""Users as the API shows them."""

from typing import Any

from app.core.pools.model import Pool
from app.core.users.model import User


def user_type(pool: Pool, user: User) -> dict[str, Any]:
    """``UserType``: the attributes stand under ``Attributes``, ``sub`` first."""
    del pool
    attributes = {"sub": user.sub, **user.attributes}
    return {
        "Username": user.username,
        "Attributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
        "UserCreateDate": user.created_at,
        "UserLastModifiedDate": user.updated_at,
        "Enabled": user.enabled,
        "UserStatus": user.status.value,
    }
