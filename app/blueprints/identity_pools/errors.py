"""What each fact of the core is called by ``cognito-identity``."""

from app.aws.errors import AwsError
from app.aws.models import OperationModel
from app.core.identity_pools import refusals
from app.core.identity_pools.errors import IdentityNotFound, IdentityPoolNotFound
from app.core.kernel import errors as facts

_NAMES: dict[type[facts.Fact], str] = {
    facts.Fact: "InvalidParameterException",
    facts.QuotaExceeded: "LimitExceededException",
    IdentityPoolNotFound: "ResourceNotFoundException",
    IdentityNotFound: "ResourceNotFoundException",
    refusals.LoginRefused: "NotAuthorizedException",
    refusals.LoginsClash: "ResourceConflictException",
    refusals.ConfigurationInvalid: "InvalidIdentityPoolConfigurationException",
    refusals.ProviderUnavailable: "ExternalServiceException",
    refusals.DeveloperUserRegistered: "DeveloperUserAlreadyRegisteredException",
}


def translate(operation: OperationModel, fact: facts.Fact) -> AwsError:
    name = next(_NAMES[kind] for kind in type(fact).__mro__ if kind in _NAMES)
    if name not in operation.errors:
        name = "InvalidParameterException"
    return AwsError(name, fact.text)
