"""What each fact of the core is called by ``cognito-idp``. The most specific class decides."""

from app.aws.fact_names import FactNames
from app.core.clients.document import InvalidOAuthFlow, ScopeDoesNotExist
from app.core.clients.service import SecretNotFound
from app.core.devices.model import DeviceKeyExists, DeviceNotFound, DevicesNotRemembered
from app.core.factors import errors as factors
from app.core.kernel import errors as facts
from app.core.pools.errors import FeatureUnavailableInTier, TagsRefused, TierChangeNotAllowed
from app.core.resource_servers.errors import ResourceServerNotFound
from app.core.tokens.errors import NotRevocable, RevocationDisabled
from app.core.tokens.tracking import SessionNotFound

_NAMES: dict[type[facts.Fact], str] = {
    facts.Fact: "InvalidParameterException",
    facts.InvalidParameter: "InvalidParameterException",
    facts.PoolNotFound: "ResourceNotFoundException",
    facts.ClientNotFound: "ResourceNotFoundException",
    facts.GroupNotFound: "ResourceNotFoundException",
    facts.UserNotFound: "UserNotFoundException",
    facts.GroupExists: "GroupExistsException",
    facts.IncorrectCredentials: "NotAuthorizedException",
    facts.UserDisabled: "NotAuthorizedException",
    facts.UserNotConfirmed: "UserNotConfirmedException",
    facts.PasswordResetRequired: "PasswordResetRequiredException",
    facts.TemporaryPasswordExpired: "NotAuthorizedException",
    facts.LockedOut: "NotAuthorizedException",
    facts.AttemptLimitExceeded: "LimitExceededException",
    facts.TooManyRequests: "TooManyRequestsException",
    facts.UsernameExists: "UsernameExistsException",
    facts.AliasExists: "AliasExistsException",
    facts.SignUpNotPermitted: "NotAuthorizedException",
    facts.UserAlreadyConfirmed: "NotAuthorizedException",
    facts.UnsupportedUserState: "UnsupportedUserStateException",
    facts.UnauthorizedAttribute: "NotAuthorizedException",
    facts.PasswordPolicyViolation: "InvalidPasswordException",
    facts.PasswordReused: "PasswordHistoryPolicyViolationException",
    facts.CodeMismatch: "CodeMismatchException",
    facts.CodeExpired: "ExpiredCodeException",
    facts.CodeDeliveryFailed: "CodeDeliveryFailureException",
    facts.SessionExpired: "NotAuthorizedException",
    facts.SessionUsed: "NotAuthorizedException",
    facts.NoRecoveryChannel: "InvalidParameterException",
    facts.RecoveryByAdministratorOnly: "NotAuthorizedException",
    facts.TokenInvalid: "NotAuthorizedException",
    facts.GrantInvalid: "NotAuthorizedException",
    facts.RefreshTokenReuse: "RefreshTokenReuseException",
    facts.Conflict: "ConcurrentModificationException",
    InvalidOAuthFlow: "InvalidOAuthFlowException",
    ScopeDoesNotExist: "ScopeDoesNotExistException",
    facts.QuotaExceeded: "LimitExceededException",
    FeatureUnavailableInTier: "FeatureUnavailableInTierException",
    TagsRefused: "UserPoolTaggingException",
    TierChangeNotAllowed: "TierChangeNotAllowedException",
    ResourceServerNotFound: "ResourceNotFoundException",
    SecretNotFound: "ResourceNotFoundException",
    RevocationDisabled: "UnsupportedOperationException",
    DeviceNotFound: "ResourceNotFoundException",
    DeviceKeyExists: "DeviceKeyExistsException",
    DevicesNotRemembered: "InvalidUserPoolConfigurationException",
    factors.SoftwareTokenNotFound: "SoftwareTokenMFANotFoundException",
    factors.SoftwareTokenRefused: "EnableSoftwareTokenMFAException",
    factors.PasskeysNotEnabled: "WebAuthnNotEnabledException",
    factors.PasskeysNotConfigured: "WebAuthnConfigurationMissingException",
    factors.PasskeyChallengeNotFound: "WebAuthnChallengeNotFoundException",
    factors.PasskeyClientMismatch: "WebAuthnClientMismatchException",
    factors.PasskeyOriginNotAllowed: "WebAuthnOriginNotAllowedException",
    factors.PasskeyRelyingPartyMismatch: "WebAuthnRelyingPartyMismatchException",
    factors.PasskeyNotSupported: "WebAuthnCredentialNotSupportedException",
    factors.PasskeyNotFound: "ResourceNotFoundException",
    SessionNotFound: "ResourceNotFoundException",
    NotRevocable: "UnsupportedTokenTypeException",
}

_INSTEAD = {
    "PasswordHistoryPolicyViolationException": "InvalidPasswordException",
    "InvalidPasswordException": "InvalidParameterException",
    "UserNotFoundException": "ResourceNotFoundException",
    "AliasExistsException": "InvalidParameterException",
    "UserNotConfirmedException": "NotAuthorizedException",
    "PasswordResetRequiredException": "NotAuthorizedException",
    "SoftwareTokenMFANotFoundException": "ResourceNotFoundException",
    "EnableSoftwareTokenMFAException": "CodeMismatchException",
    "ExpiredCodeException": "NotAuthorizedException",
    "CodeMismatchException": "NotAuthorizedException",
    "RefreshTokenReuseException": "NotAuthorizedException",
    "ResourceNotFoundException": "UnauthorizedException",
    "LimitExceededException": "TooManyRequestsException",
    "NotAuthorizedException": "UnauthorizedException",
    "ConcurrentModificationException": "InvalidParameterException",
    "UserPoolTaggingException": "InvalidParameterException",
    "FeatureUnavailableInTierException": "InvalidParameterException",
    "TierChangeNotAllowedException": "InvalidParameterException",
}
"""Where an operation does not model an error, the nearest one that it does."""


_THROTTLED = "TooManyRequestsException"
"""What clients wait and come back for, whether an operation models it or not."""

NAMES = FactNames(names=_NAMES, instead=_INSTEAD, always=frozenset({_THROTTLED}))
