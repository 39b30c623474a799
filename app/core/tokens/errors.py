"""Facts that only this room raises."""

from app.core.kernel.errors import Fact, GrantInvalid, InvalidParameter


class ScopeExceeded(Fact):
    """A refresh asks for more than was granted (RFC 6749 §6 ``invalid_scope``)."""

    message = "The requested scope exceeds the scope that was granted."


class RefreshExpired(GrantInvalid):
    """A refresh token past its time. The OAuth endpoints never tell it from any other; the API does, as Cognito."""


class RefreshRevoked(GrantInvalid):
    """The session of the refresh token was ended, or its user was disabled, deleted or signed out everywhere."""


class RevocationDisabled(InvalidParameter):
    """The client's ``EnableTokenRevocation`` is off (Cognito: RevokeToken, UnsupportedOperation)."""

    message = "Revocation is not enabled for this client."


class NotRevocable(InvalidParameter):
    """Only refresh tokens are revoked; access and ID tokens fall with theirs (Cognito: UnsupportedTokenType)."""

    message = "Only refresh tokens can be revoked."


class TargetInvalid(Fact):
    """RFC 8707 §2 ``invalid_target``."""

    message = "The resource must be one absolute URI without a fragment."
