"""What a user is told about software tokens, passkeys and choices of factors."""

from app.core.kernel.errors import CodeExpired, CodeMismatch, Fact


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
