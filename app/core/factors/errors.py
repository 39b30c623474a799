"""What a user is told about software tokens, passkeys and choices of factors."""

from app.core.kernel.errors import CodeExpired, CodeMismatch, Fact, IncorrectCredentials


class SoftwareTokenUsed(CodeExpired):
    """The right code, a second time (RFC 6238 §5.2)."""

    message = "Your software token has already been used once."


class SoftwareTokenNotFound(Fact):
    """There is none to prove, or the pool offers none (Cognito: SoftwareTokenMFANotFoundException)."""

    message = "Software token MFA has not been set up for the user."


class SoftwareTokenNotEnabled(SoftwareTokenNotFound):
    message = "Software Token MFA has not been enabled by the user pool"


class SoftwareTokenRefused(CodeMismatch):
    """The first code of a new token is wrong (Cognito: EnableSoftwareTokenMFAException)."""

    message = "Code mismatch"


class PasskeysNotEnabled(Fact):
    """Cognito: WebAuthnNotEnabledException."""

    message = "Passkeys are not enabled for the user pool."


class PasskeysNotConfigured(Fact):
    """Cognito: WebAuthnConfigurationMissingException."""

    message = "The user pool has no relying party id and no domain."


class PasskeyChallengeNotFound(Fact):
    """Cognito: WebAuthnChallengeNotFoundException."""

    message = "The challenge has expired or was used before. Start the registration again."


class PasskeyClientMismatch(Fact):
    """Cognito: WebAuthnClientMismatchException."""

    message = "The registration was started by another app client."


class PasskeyOriginNotAllowed(Fact):
    """Cognito: WebAuthnOriginNotAllowedException."""

    message = "The origin does not belong to the relying party."


class PasskeyRelyingPartyMismatch(Fact):
    """Cognito: WebAuthnRelyingPartyMismatchException."""

    message = "The passkey belongs to another relying party."


class PasskeyNotSupported(Fact):
    """Cognito: WebAuthnCredentialNotSupportedException."""

    message = "The passkey is of a kind that is not supported."


class PasskeyNotFound(Fact):
    message = "The passkey does not exist."


class PasskeyRefused(IncorrectCredentials):
    """A sign-in with a passkey that does not hold; the same for one that nobody has."""

    message = "The passkey could not be verified."
