"""What each fact of the core is called by ``cognito-identity``. The most specific class decides."""

from app.aws.fact_names import FactNames
from app.core.identity_pools import errors as missing
from app.core.identity_pools import refusals
from app.core.kernel import errors as facts

_NAMES: dict[type[facts.Fact], str] = {
    facts.Fact: "InvalidParameterException",
    facts.InvalidParameter: "InvalidParameterException",
    facts.QuotaExceeded: "LimitExceededException",
    facts.TooManyRequests: "TooManyRequestsException",
    facts.Conflict: "ResourceConflictException",
    missing.IdentityPoolNotFound: "ResourceNotFoundException",
    missing.IdentityNotFound: "ResourceNotFoundException",
    missing.DeveloperUserNotFound: "ResourceNotFoundException",
    missing.LoginNotLinked: "ResourceNotFoundException",
    missing.DeveloperUserElsewhere: "ResourceConflictException",
    missing.IdentitiesUnmergeable: "ResourceConflictException",
    refusals.LoginRefused: "NotAuthorizedException",
    refusals.LoginsClash: "ResourceConflictException",
    refusals.ConfigurationInvalid: "InvalidIdentityPoolConfigurationException",
    refusals.CredentialsRefused: "InvalidIdentityPoolConfigurationException",
    refusals.ProviderUnavailable: "ExternalServiceException",
    refusals.DeveloperUserRegistered: "DeveloperUserAlreadyRegisteredException",
}

_INSTEAD = {
    "DeveloperUserAlreadyRegisteredException": "ResourceConflictException",
    "ExternalServiceException": "NotAuthorizedException",
    "ResourceConflictException": "ConcurrentModificationException",
}
"""Where an operation does not model an error, the nearest one that it does."""

NAMES = FactNames(names=_NAMES, instead=_INSTEAD)
