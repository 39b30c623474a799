"""What stands between a login and credentials, in AWS's own words where they are known."""

from app.core.kernel.errors import Fact, InvalidParameter

_FORBIDDEN = "Access to Identity '{}' is forbidden."


class LoginRefused(Fact):
    """A login that proves nothing here (Cognito: NotAuthorizedException)."""

    message = "Invalid login token. Not a valid OpenId Connect identity token."


class ProviderNotSupported(LoginRefused):
    message = "Token is not from a supported provider of this identity pool."


class LoginsDoNotMatch(LoginRefused):
    message = "Logins don't match. Please include at least one valid login for this identity or identity pool."


class GuestsRefused(LoginRefused):
    message = "Unauthenticated access is not supported for this identity pool."


class IdentityForbidden(LoginRefused):
    """Somebody else's, a disabled one, or one whose last login was taken away."""

    def __init__(self, identity_id: str) -> None:
        super().__init__(_FORBIDDEN.format(identity_id))


class RoleRefused(LoginRefused):
    """No rule or claim of the login's grants the role."""

    message = "Invalid login token. The role cannot be chosen with this login."


class LoginsClash(Fact):
    """The logins belong to different identities (Cognito: ResourceConflictException)."""

    message = "Logins are already linked to different identities."


class ConfigurationInvalid(Fact):
    """Cognito: InvalidIdentityPoolConfigurationException."""

    message = "Invalid identity pool configuration. Check assigned IAM roles for this pool."

    def __init__(self, reason: str) -> None:
        """``reason`` is for whoever runs the pool, not for the caller, who may be anybody."""
        super().__init__()
        self.reason = reason


class ProviderUnavailable(Fact):
    """A provider did not answer, or not in its own protocol (Cognito: ExternalServiceException)."""

    message = "The identity provider cannot be reached at the moment."


class DeveloperUserRegistered(Fact):
    """Cognito: DeveloperUserAlreadyRegisteredException."""

    message = "The developer user identifier is already registered to another identity."


class DoesNotFit(Fact):
    """The STS could not carry the session policy."""


class CredentialsRefused(Fact):
    """An STS elsewhere did not answer with credentials."""

    message = "The credentials could not be obtained."


class ClassicFlowOff(InvalidParameter):
    message = "Basic (classic) flow is not enabled, please use enhanced flow."


class ClassicFlowWithMappings(InvalidParameter):
    message = "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow."
