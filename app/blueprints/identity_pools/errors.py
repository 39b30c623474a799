"""What each fact of the core is called by ``cognito-identity``. The most specific class decides."""

from app.aws.errors import AwsError
from app.aws.models import OperationModel
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
"""Where an operation does not model an error, the nearest one that it does. Everything models InvalidParameterException."""


def name_of(fact: type[facts.Fact]) -> str:
    """The exception that stands for this kind of fact, whatever the operation."""
    return next(_NAMES[kind] for kind in fact.__mro__ if kind in _NAMES)


def translate(operation: OperationModel, fact: facts.Fact) -> AwsError:
    """The fact as one of the operation's own modelled errors."""
    name = name_of(type(fact))
    while name not in operation.errors and name in _INSTEAD:
        name = _INSTEAD[name]
    if name not in operation.errors:
        name = "InvalidParameterException"
    return AwsError(name, fact.text)
