"""Facts of the administration of identity pools; ``refusals.py`` has those between a login and credentials."""

from app.core.kernel.errors import Fact


class IdentityPoolNotFound(Fact):
    """Cognito: ResourceNotFoundException."""

    def __init__(self, identity_pool_id: str) -> None:
        super().__init__(f"IdentityPool '{identity_pool_id}' not found.")


class IdentityNotFound(Fact):
    """Cognito: ResourceNotFoundException."""

    def __init__(self, identity_id: str) -> None:
        super().__init__(f"Identity '{identity_id}' not found.")


class DeveloperUserNotFound(Fact):
    """Cognito: ResourceNotFoundException."""

    message = "Developer user identifier not found."


class LoginNotLinked(Fact):
    """Cognito: ResourceNotFoundException."""

    message = "The login to remove is not linked to the identity."


class DeveloperUserElsewhere(Fact):
    """Cognito: ResourceConflictException."""

    message = "The developer user identifier belongs to another identity."


class IdentitiesUnmergeable(Fact):
    """Two people at one public provider are not one (Cognito: ResourceConflictException)."""

    message = "The users are linked to the same public provider as two different users."
