"""Facts that only this room raises."""

from app.core.kernel.errors import Fact, InvalidParameter


class ResourceServerNotFound(Fact):
    """Cognito: ResourceNotFoundException."""

    message = "Resource server does not exist."


class ResourceServerExists(InvalidParameter):
    """Cognito answers InvalidParameterException for an identifier that is taken."""

    message = "A resource server with this identifier already exists in the user pool."
