"""Facts the core raises. Each carries safe words only; every blueprint has one table that turns them into its protocol."""


class Fact(Exception):  # noqa: N818 - a fact, not a failure of the program
    """Something the caller must be told. The text is safe to show: it names no secret and reveals nobody's existence."""

    message = "The request cannot be carried out."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)

    @property
    def text(self) -> str:
        """The sentence to show."""
        return str(self.args[0])


class InvalidParameter(Fact):
    """A value the caller sent does not fit, in a way that is the caller's to mend."""

    message = "Invalid parameter."


class PoolNotFound(Fact):
    message = "User pool does not exist."


class ClientNotFound(Fact):
    message = "User pool client does not exist."


class UserNotFound(Fact):
    message = "User does not exist."


class GroupNotFound(Fact):
    message = "Group not found."


class GroupExists(Fact):
    message = "A group with the name already exists in the user pool."


class IncorrectCredentials(Fact):
    """Wrong password, unknown user or disabled user where existence is concealed: always the same words."""

    message = "Incorrect username or password."


class UserDisabled(Fact):
    message = "User is disabled."


class UserNotConfirmed(Fact):
    message = "User is not confirmed."


class PasswordResetRequired(Fact):
    message = "Password reset required for the user"


class TemporaryPasswordExpired(Fact):
    message = "Temporary password has expired and must be reset by an administrator."


class LockedOut(Fact):
    """Too many wrong guesses for this user. Raised before anything is checked, and not counted."""

    message = "Password attempts exceeded"


class AttemptLimitExceeded(Fact):
    """The hourly allowance of one action for one user is used up."""

    message = "Attempt limit exceeded, please try after some time."


class TooManyRequests(Fact):
    """A rate of one address or one account, not of one user's guesses."""

    message = "Too many requests"


class QuotaExceeded(Fact):
    """There are as many of something as there may be (Cognito: LimitExceededException, quotas)."""

    message = "The quota for this resource is used up."


class UsernameExists(Fact):
    message = "User already exists"


class AliasExists(Fact):
    message = "An account with the given alias already exists."


class SignUpNotPermitted(Fact):
    message = "SignUp is not permitted for this user pool"


class UserAlreadyConfirmed(Fact):
    message = "User cannot be confirmed. Current status is CONFIRMED"


class UnsupportedUserState(Fact):
    message = "The request failed because the user is in an unsupported state."


class UnauthorizedAttribute(Fact):
    message = "A client attempted to write unauthorized attribute"


class AttributeViolation(InvalidParameter):
    """One attribute does not fit its schema. ``attribute`` names it, ``rule`` says which rule, ``bound`` its number."""

    def __init__(self, attribute: str, rule: str, message: str, *, bound: int | None = None) -> None:
        super().__init__(message)
        self.attribute = attribute
        self.rule = rule
        self.bound = bound


class PasswordPolicyViolation(Fact):
    """A new password does not fit. ``rules`` names every rule broken, e.g. ``("too_short", "no_digit", "common")``."""

    def __init__(self, rules: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.rules = rules


class PasswordReused(PasswordPolicyViolation):
    """The password is among the last ones of this user (Cognito: PasswordHistoryPolicyViolationException)."""

    def __init__(self) -> None:
        super().__init__(("reused",), "Password has previously been used")


class CodeMismatch(Fact):
    message = "Invalid verification code provided, please try again."


class CodeExpired(Fact):
    message = "Invalid code provided, please request a code again."


class CodeDeliveryFailed(Fact):
    message = "Unable to deliver the verification code."


class SessionExpired(Fact):
    """The attempt behind a Session string is unknown or past its lifetime."""

    message = "Invalid session for the user, session is expired."


class SessionUsed(Fact):
    message = "Invalid session for the user, session can only be used once."


class NoRecoveryChannel(Fact):
    message = "Cannot reset password for the user as there is no registered/verified email or phone_number"


class RecoveryByAdministratorOnly(Fact):
    message = "Contact administrator to reset password."


class TokenInvalid(Fact):
    """A token that is not ours, not of the right kind, expired or revoked. Never says which to an outsider."""

    message = "Access token is expired, disabled, or deleted, or the user has globally signed out."


class GrantInvalid(Fact):
    """A code or refresh token that cannot be redeemed (RFC 6749 §5.2 ``invalid_grant``)."""

    message = "The provided authorization grant is invalid, expired or revoked."


class RefreshTokenReuse(GrantInvalid):
    message = "Refresh token has been reused."


class Unavailable(Fact):
    """A store this decision depends on does not answer. Controls fail closed with it, never open."""

    message = "The service is temporarily unavailable."


class Conflict(Fact):
    """Somebody else changed the record between our read and our write."""

    message = "The record was changed at the same time."
